"""Short replies to what the planner has just asked: "yes", "nobody else", "whenever", "Helsinki", "show me more".

By itself such a message says nothing; with the question at the end of the last answer it does. A reply becomes calls, or a whole sentence
that the other readers take ("whenever" after "When is Leo free?" is "Leo is free any time").

Guarantees: without a question that fits, nothing is read here; a yes is a yes only to a question that a yes answers, and a no changes
nothing. Not claimed: replies to a question that is older than the last answer.
"""
# ruff: noqa: RUF001  people type several apostrophes
# ruff: noqa: E501  a pattern reads best with one rule on a line

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from vibehuntr_agent.planning.people import ME, listed

from . import clock, days, outings
from .context import Call, Context
from .outings import CUISINE

TAKE_FIRST: Final = "Shall we take the first one?"
MAKE_FILE: Final = "Shall I make the calendar file?"
WHICH_ONE: Final = "Which one do you take?"
WHO_ELSE: Final = "Who else is coming?"
WHEN_FREE: Final = re.compile(r"When (?:is|are) (?P<names>.+) free(?:, and on which day)?\?$")
"""The questions of the planner that short replies answer, as `offline` puts them."""
_LONGEST: Final = 120
"""Characters of a reply."""

_EASE: Final = r"(?:please|pls|thanks|thank\s+you|thx|then|do\s+(?:it|that|so)|go\s+ahead|make\s+it|let['’]?s(?:\s+do\s+(?:it|that))?|i\s+think|of\s+course|why\s+not|with\s+pleasure|sounds\s+\w+|for\s+(?:me|us)|we\s+(?:shall|do|can)|you\s+(?:may|can)|that\s+(?:is|would\s+be)\s+\w+|by\s+all\s+means)"
_YES: Final = r"(?:yes|yeah|yea|yep|yup|ya|sure|ok|okay|okey|k|aye|absolutely|definitely|certainly|gladly|agreed|deal|done|correct|right|exactly|perfect|great|good|fine|cool|nice|lovely|super|brilliant|alright|all\s+right|sounds\s+(?:good|great|fine|perfect|lovely)|(?:that|it)(?:['’]s|\s+is)?\s+(?:\w+\s+)?(?:works?|fine|good|great|perfect|ok|okay)|works|go\s+(?:ahead|for\s+it)|do\s+(?:it|that|so)|(?:please|pls)(?:\s+do)?|make\s+it|let['’]?s\s+(?:do|take|go\s+(?:with|for))\s+(?:it|that)|we\s+(?:shall|do)|i\s+(?:do|agree)|of\s+course|why\s+not|👍+)"
_IS_YES: Final = re.compile(rf"(?i)^[^\w👍]*+(?>{_YES}(?!\w))(?>[\s,.!;:-]+(?:{_YES}|{_EASE})(?!\w))*+\W*$")
_YES_AND: Final = re.compile(
    r"(?i)^\W*(?:yes|yeah|yep|yup|sure|ok|okay|absolutely|definitely|perfect|great)\b(?:\s+please|\s+do)?\s*(?:[.!;]|,?\s*(?:and|then)\b|,\s*(?=(?:please|now|find|show|look|make|where|what|add|export)\b))"
)
_IS_NO: Final = re.compile(
    r"(?ix)^\W*(?:no|nope|nah|naw|not\s+(?:yet|now|really|this\s+time|quite|that\s+one|those|these)|never|maybe\s+later|(?:please\s+)?do(?:n['’]?t|\s+not)|i['’]?d\s+rather\s+not|rather\s+not|none(?:\s+of\s+(?:them|these|those))?|neither"
    r"|(?:any|some)thing\s+else|wait|hold\s+on|hmm?\s+no)(?:[\s,.!;-]+(?:thanks?|thank\s+you|please|yet|later|not\s+(?:yet|now)|i['’]?d\s+rather\s+not|we\s+don['’]?t|none\s+of\s+(?:them|these|those)|something\s+else|really|sorry))*\W*$"
)
_ALL_HERE: Final = re.compile(
    r"(?ix)^\W*(?:(?:no|nope|ok|sorry|oh|well|actually)\W+)*(?:no\s*(?:body|one)(?:\s+else)?|none|no\s+more|(?:and\s+)?that(?:['’]s|\s+is)\s+(?:all|everyone|everybody|it|us)(?:\s+of\s+us)?|(?:it(?:['’]s|\s+is)\s+)?(?:just|only)\s+(?:us|we|them|me|these|those|(?:the\s+)?\w+(?:\s+of\s+us)?)"
    r"|we(?:['’]re|\s+are)\s+(?:complete|all|only\s+\w+|just\s+\w+)|no)\W*$"
)
_MORE: Final = re.compile(
    r"(?ix)^\W*(?:(?:ok|and|please|no|hm+|yes)\W+)*(?:(?:can\s+(?:you|we|i)\s+)?(?:show|see|get|find|give)\s+(?:me\s+|us\s+)?)?(?:some\s+|any\s+|a\s+few\s+|the\s+)?(?:more|others?|other\s+(?:ones|places|times|options|slots)|more\s+(?:of\s+(?:them|those)|places|options|times))(?:\s+(?:please|are\s+there|do\s+you\s+have))?\W*$"
    r"|^\W*(?:what|which|anything|any)\s+(?:else|others?|more)(?:\s+(?:is|are)\s+there|\s+do\s+you\s+have|\s+have\s+you\s+got)?\W*$"
)
_CUISINE: Final = re.compile(
    rf"(?i)^\W*(?:(?:ok|and|no|hm+|or|rather|maybe|perhaps|then|well|please|something|anything|some|any|(?:what|how)\s+about|i['’]d\s+(?:like|prefer)|we['’]d\s+(?:like|prefer)|(?:any|some)thing)\W+)*(?P<cuisine>{CUISINE})(?:\s+(?:food|ones?|places?|then|please|instead|rather))*\W*$"
)
_ANY_TIME: Final = re.compile(
    r"(?ix)^\W*(?:(?:i|we|s?he|they|it)(?:['’]?(?:m|re|s|ll))?\s+(?:am\s+|is\s+|are\s+|can\s+(?:do\s+|make\s+|come\s+)?|could\s+)?|(?:is|are|can)\s+)?(?:free\s+|available\s+|flexible\s*|fine\s+)?(?:(?:at\s+)?any\s?time|when\s?ever|always|all\s+(?:day|the\s+time)|the\s+(?:whole|entire)\s+day|no\s+(?:limits?|restrictions?|plans)|(?:any|every)\s+time\s+(?:works|is\s+fine|suits)|when\s+you\s+(?:like|want)|i\s+don['’]t\s+mind|doesn['’]?t\s+matter|does\s+not\s+matter)(?:\s+(?:works|is\s+fine|suits?)(?:\s+(?:me|us))?)?\W*$"
    r"|^\W*(?:(?:i|we|s?he|they)(?:['’]?(?:m|re|s)|\s+(?:am|is|are))\s+)?(?:completely\s+|totally\s+|very\s+|all\s+)?(?:free|flexible|available)(?:\s+then|\s+that\s+day)?\W*$"
)
_CANNOT: Final = re.compile(
    r"(?ix)^\W*(?:no\W+|sorry\W+)*(?:(?:i|we|s?he|they)\s+)?(?:can['’]?t|can\s?not)(?:\s+(?:make\s+it|come|do\s+(?:it|that)))?(?:\s+(?:at\s+all|then|that\s+day|sorry))*\W*$"
    r"|^\W*(?:(?:i|we|s?he|they)(?:['’]?(?:m|re|s)|\s+(?:am|is|are))\s+)?(?:not\s+(?:at\s+all|free|available)(?:\s+then|\s+that\s+day|\s+at\s+all)?|busy(?:\s+(?:all\s+day|then|that\s+day))?|never)\W*$"
)
_UNKNOWN: Final = re.compile(
    r"(?ix)^\W*(?:(?:i|we)\s+)?(?:(?:have\s+)?no\s+idea|(?:do(?:n['’]?t|\s+not)\s+)?(?:know|dunno)|dunno|not\s+sure|(?:i['’]?ll|let\s+me)\s+(?:ask|check|see)(?:\s+\w+)?|unknown|not\s+known)(?:\s+(?:yet|now|that))*\W*$"
)
_OF_TIME: Final = re.compile(
    r"(?ix)^(?:\W|\d|\b(?:i|we|s?he|they|me|us|can|could|am|is|are|m|re|s|free|available|from|to|til|till|until|after|before|between|and|or|at|around|about|by|on|in|the|only|any|some|time|anytime|all|whole|entire|evenings?|mornings?|afternoons?|nights?|midnight|noon|lunch\s?time|day|late|early|later|earlier|am|pm|a\.m|p\.m|h|o['’]clock|half|past|quarter|onwards?|latest|earliest|works?|is\s+fine|fine|good|ok|okay|best|for|that|not|but|except|then|than|no|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|mon|tues?|wed|thurs?|fri|sat|sun|mon\w*day|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow|today|tonight|both|days?|either|well|maybe|probably|i\s+think|say|like|same|as|also|please|would|be|do|make|it|come)\b)++$"
)
_SUBJECT: Final = re.compile(
    r"(?i)^\W*(?:i|we|s?he|they|it)\b(?:['’](?:m|re|s))?\s*(?:am|is|are|can|could)?\s*(?:do|make|come)?\s*(?:free|available)?\s*"
)
_SAME_AS: Final = re.compile(
    r"(?i)^\W*(?:(?:i|we|s?he|they)\b(?:['’](?:m|re|s))?\s*(?:am|is|are|can)?\s*(?:do|make)?\s*(?:free)?\s*)?(?P<same>(?:at\s+)?(?:the\s+)?same\s+(?:times?\s+|hours?\s+)?as\s+[^\W\d_][\w'’-]*)\W*$"
)
_SAME: Final = re.compile(r"(?i)^\W*(?:same(?:\s+(?:here|times?|for\s+me))?|the\s+same|ditto|likewise)\W*$")
_PART: Final = re.compile(r"(?i)\b(?:mornings?|lunch\s?time|afternoons?|evenings?|nights?|all\s+day|any\s?time)\b")
_LATER: Final = re.compile(
    r"(?ix)^\W*(?:(?:no|nope|hm+|ok|and|but|rather|maybe|please|can\s+we|could\s+we|let['’]?s|(?:is|are)\s+there|do\s+you\s+have|what\s+about|how\s+about|any\s?(?:thing|times?)?|something|a\s+(?:time|slot)|meet|start|go|make\s+it|a\s+(?:bit|little))\W+)*(?P<way>later|earlier)(?:\s+(?:times?|ones?|please|slots?|possible|instead))*\W*$"
)
_MANY: Final = 10
_MOST: Final = 20
_FEW: Final = 5
"""So many times, so many places at most, and so many more places when more are asked for."""
_STEP: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reply means: `calls`, words to say (`problems`), and `text`, what the other readers have to read instead of the message."""

    calls: tuple[Call, ...] = ()
    problems: tuple[str, ...] = ()
    text: str = ""


def read(text: str, context: Context) -> Reply | None:
    """What `text` means as a reply to the last answer; None when it is none."""
    if context.requested and (_IS_YES.match(text) or _IS_NO.match(text)):
        return Reply((context.requested,)) if _IS_YES.match(text) else Reply(problems=("All right, nothing is changed.",))
    question = context.last_answer.rstrip().rpartition("\n")[2].strip()
    if not question.endswith("?") or len(text) > 2 * _LONGEST:
        return None
    short = len(text.strip()) <= _LONGEST
    if (yes := _YES_TO.get(question)) and (led := _YES_AND.match(text)) and not _IS_YES.match(text):
        return Reply((yes,), text=" " * led.end() + text[led.end() :])
    if not short:
        return None
    if found := _to_offer(text, question):
        return found
    if question in {TAKE_FIRST, WHICH_ONE} and (found := _to_list(text, question, context)):
        return found
    if question.endswith(WHO_ELSE) and _ALL_HERE.match(text) and context.people:
        return Reply((Call("update_plan", {"number_of_people": len(context.people)}),))
    asked = WHEN_FREE.search(question)
    return _to_when(text, asked["names"], context) if asked else None


_YES_TO: Final = {TAKE_FIRST: Call("decide", {"what": "time", "choice": "1"}), MAKE_FILE: Call("export_calendar")}
_NO_TO: Final = {
    TAKE_FIRST: "All right, nothing is decided. Say which other time you would take, or what has to be different.",
    MAKE_FILE: "All right, no file for now.",
    WHICH_ONE: "All right, none of these. Tell me what else to look for, or name a place of your own.",
}


def _to_offer(text: str, question: str) -> Reply | None:
    """A plain yes or no."""
    if (yes := _YES_TO.get(question)) and _IS_YES.match(text):
        return Reply((yes,))
    if (no := _NO_TO.get(question)) and _IS_NO.match(text):
        return Reply(problems=(no,))
    return None


def _to_list(text: str, question: str, context: Context) -> Reply | None:
    """More of the list, or another cuisine."""
    more = _MORE.match(text)
    if question == TAKE_FIRST:
        found = _LATER.match(text)
        bounds = _moved(found["way"].lower(), context) if found else {}
        return Reply((Call("find_times", bounds or {"limit": _MANY}),)) if more or bounds else None
    before = outings.search_before(context)
    if not before:
        return None
    if more:
        return Reply((Call("search_venues", {**before.args, "limit": min(_MOST, len(context.shown.get("items") or ()) + _FEW)}),))
    if found := _CUISINE.match(text):
        kind = str(before.args["what"]).split()[-1]
        return Reply((Call("search_venues", {**before.args, "what": f"{found['cuisine'].title()} {kind}"}),))
    return None


def _moved(way: str, context: Context) -> dict[str, str]:
    """The bound of a search for times that start after the first of the list, or end before it does."""
    first = next(iter(context.shown.get("items") or ()), {}) if context.shown.get("of") == "slots" else {}
    if not first:
        return {}
    if way == "later":
        return {"earliest": (datetime.fromisoformat(first["start"]) + _STEP).isoformat()}
    return {"latest": (datetime.fromisoformat(first["end"]) - _STEP).isoformat()}


def _busy(name: str, context: Context) -> Reply | None:
    """Not on any day of the plan."""
    first, last = (context.plan.get(key) for key in ("date_from", "date_to"))
    if not first or not last:
        return None
    window = {"start": f"{first}T00:00", "end": f"{date.fromisoformat(str(last)) + timedelta(days=1)}T00:00", "kind": "busy"}
    return Reply((Call("set_availability", {"person": "me" if name == ME else name, "windows": [window], "mode": "replace"}),))


def _to_when(text: str, names: str, context: Context) -> Reply | None:
    """Somebody's time, told without saying whose; "she is free" is for the other readers."""
    if re.match(r"(?i)\W*(?:s?he|they)\b", text):
        return None
    asked = [name for name in context.roster if re.search(rf"\b{re.escape('you' if name == ME else name)}\b", names)]
    if _UNKNOWN.match(text):
        return Reply(problems=("All right, tell me when you know.",))
    if len(asked) == 1 and _CANNOT.match(text):
        return _busy(asked[0], context)
    said = _time_said(text, context) if asked else ""
    if not said:
        return None
    if re.match(r"(?i)\W*i\b", text):
        who = "I am"
    elif len(asked) == 1:
        who = "I am" if asked == [ME] else f"{asked[0]} is"
    elif re.match(r"(?i)\W*(?:we|all|both)\b", text):
        others = listed([name for name in asked if name != ME])
        who = f"{others} and I are" if ME in asked else f"{others} are"
    elif re.search(r"(?i)\b(?:i|me|my|us|we)\b", text) or not (clock.find(text) or _PART.search(text)):
        return None
    else:
        return Reply(problems=(f"Whose time is “{' '.join(text.split())}”? If it is that of all, begin with “we are all free”.",))
    return Reply(text=f"{who} {said}")


def _time_said(text: str, context: Context) -> str:
    """What a reply says that is nothing but a time, after "I am"."""
    if _ANY_TIME.match(text):
        return "free any time"
    if same := _SAME_AS.match(text):
        return f"free {same['same']}"
    if _SAME.match(text):
        return "free as well"
    said = _SUBJECT.sub("", text, count=1).strip()
    if not _OF_TIME.match(text.strip()):
        return ""
    if clock.find(text) or _PART.search(text):
        return f"free {said}"
    return f"free all day {said}" if context.plan.get("date_from") and days.has_day(text) else ""
