"""Who is spoken of: names on the roster and new ones, "me", "everyone but Jonas", "the others", "she"; who has to come and who need not.

A name is a word with a capital where names stand, or an item of a list of names ("w/ anna, ben n cleo", "me, pekka, noor"). Nobody is added
who is not named in a list, invited, or said to be free.
"""
# ruff: noqa: RUF001  people type several apostrophes
# ruff: noqa: E501  a pattern reads best with one rule on a line

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from vibehuntr_agent.planning import people
from vibehuntr_agent.planning.errors import PersonError
from vibehuntr_agent.planning.people import ME

from .context import Call, Context, Reading
from .words import NOT_NAMES

_WORD: Final = r"[^\W\d_]+(?:['’-](?!s\b|m\b|re\b|ll\b|ve\b|d\b|t\b)[^\W\d_]+)*"
_ME: Final = r"(?:me|myself|i|yours\s+truly)"
_SEP: Final = r"\s*(?:,\s*(?:and\s+|&\s*|plus\s+|or\s+)?|\band\s+|\bn\s+|&\s*|\+\s*|\bplus\s+|/\s*|\bas\s+well\s+as\s+)\s*"
_RUN: Final = re.compile(rf"(?i)\b{_WORD}(?:[ ]\([^)]{{1,40}}\))?(?:{_SEP}{_WORD}(?:[ ]\([^)]{{1,40}}\))?)+")
_SPLIT: Final = re.compile(rf"(?i)(?:[ ]\([^)]{{1,40}}\))?(?:{_SEP})|[ ]\([^)]{{1,40}}\)$")
_LEAD: Final = re.compile(
    r"(?i)(?:\b(?:with|w|w/|invit(?:e|ing)|called|named|meet(?:ing)?|between|for|it['’]?s|it\s+is|are|we['’]re|means?|guests?|guest\s+list|attendees|"
    r"participants|people|invited|asking|taking|get|besides|that['’]?s|bring(?:ing)?|join(?:ed|ing)?(?:\s+by)?|together)\b|=|w/)\s*(?:are|is)?\s*:?\s*(?:also\s+)?$"
)
_FOLLOWED: Final = re.compile(
    r"(?i)^\s*(?:are|is|and\s+i\b|want|wants|would|will|can|could|have|has|had|said|says|is\s+coming|am|were|need|might|might|$|[,.;:!?)=]|on\b|in\b|at\b|for\b|round\b|out\b|to\b|too\b|who\b|must\b|from\b|free\b|\d)"
)
_INVITED: Final = re.compile(
    rf"(?i)\b(?P<who>{_WORD})(?:['’]s|\s+is|\s+are|\s+will\s+be|\s+wants\s+to)?\s+(?:also\s+)?(?:coming|joining|join|comes|joins|invited)\b(?:\s+(?:too|along|as\s+well))?"
    rf"|\b(?:invite|add|bring|include)\s+(?P<who2>{_WORD})\b"
)
_GONE: Final = re.compile(
    rf"(?i)\b(?:without|remove|uninvite|drop|take\s+out)\s+(?P<who1>{_WORD})(?!\s*['’])|\b(?P<who2>{_WORD})\s+(?:is\s*n['’]?o?t|is\s+no\s+longer|won['’]t\s+be|will\s+not\s+be)\s+(?:coming|joining|there)\b"
    rf"|\b(?P<who3>{_WORD})\s+(?:can['’]?t|cannot|won['’]t)\s+(?:come|make\s+it|join)(?:\s+(?:after\s+all|any\s*more))?\s*(?=[.!;\n]|$)|\b(?P<who4>{_WORD})\s+(?:is\s+out|dropped\s+out|has\s+cancelled)\b"
)
_BEFORE: Final = re.compile(
    r"(?i)(?:^|[.,;:&+(!?\n\"“*•-]|\b(?:with|and|n|invite|add|for|plus|but|while|both|also|is|are|or|then|as|of|to|of|that|about|from|says?|get|asking|met|called|rang|meet|meeting|taking|besides|without|of\s+course|if|so|because|just|suits?|when|since|not|like|have|wants?|call|give|giving|apart\s+from|except))\s*$"
)
_AFTER: Final = re.compile(
    r"(?i)^(?:\s*(?:[,&+;:.!?)(=]|$)|['’]s\b|\s+(?:and|n|is|are|can|can['’]?t|cannot|could|has|have|had|free|busy|from|will|would|won['’]t|isn['’]t|does|joins?|comes?|works?|too|until|till|after|before|only|any\s?time|all|not|no|maybe|on|at|between|said|says|prefers?|plus|but|who|lives?|in|wrote|writes?|finishes|must|again|tells?|turns|called|just|gets?|leaves|needs?|told|as|really|absolutely|also|either|to|out|round|together|a|there|i|isn|yes|mon|tue|wed|thu|fri|sat|sun|today|tomorrow|later|might|may|should|does|did|doesn['’]t|didn['’]t|swapped|works|blocked|prefers|available|unavailable|\d))"
)
_PRONOUN: Final = re.compile(
    r"(?i)(?P<me>\b(?:i(?!\s+(?:mean|asked|must|think|guess|hope|suppose|should\s+(?:think|say)|called|rang|wrote)\b)|me|myself|mine|my(?:\s+own)?\s+(?:time|times|evening|window|day|answer|availability)|im|yours\s+truly)\b)"
    r"|(?P<group>\b(?:everyone|everybody|every\s+one\s+of\s+us|all\s+(?:of\s+us|of\s+them|four|three|five|two|our)|each\s+of\s+(?:us|the\s+\w+\s+of\s+us)|both(?=\s+(?:of\s+us|of\s+them|can|are|have)\b)(?:\s+of\s+(?:us|them))?"
    r"|we(?=\s+(?:are\s+all|are|can|could|all|both|have)\b|['’]re\b)|all(?=\s+(?:are|free|can)\b)|the\s+(?:two|three|four|five|six)\s+of\s+us|the\s+lot\s+of\s+us|everyones?(?=\s+free))\b)"
    r"|(?P<others>\b(?:the\s+(?:\w+\s+)?others?|the\s+rest(?:\s+of\s+us)?|the\s+other\s+(?:two|three|four|five)|(?:all\s+)?others)\b)"
    r"|(?P<last>\b(?:he|she|him|her|his|hers)\b)|(?P<several>\b(?:they(?!\s+are\s+\d)|them|those\s+(?:two|three|four)|neither|the\s+other\s+three)\b)"
)
_EXCEPT: Final = re.compile(r"(?i)^\s*(?:,\s*)?(?:except(?:\s+for)?|apart\s+from|but(?=\s+[A-Z])|other\s+than|save)\s*$")
_INCLUDED: Final = re.compile(r"(?i)^\s*,?\s*(?:(?:incl(?:\.|uding)?|and)\s+me\b|me\s+included\b|so\s+(?:am|can|have)\s+i\b)")
_WITH_ME: Final = re.compile(r"(?i)\b(?:i|we|us|our|ours|let['’]?s|lets|me|myself|my)\b")
_FOR_OTHERS: Final = re.compile(
    r"(?i)\b(?:schedule\s+a\s+meeting\s+for|looking\s+for\s+a\s+(?:slot|time|meeting)\b[^.;!?]{0,30}\bfor|get\b[^.;!?]{0,80}\btogether\b|\bcan\s+all\s+meet|want\s+to\s+meet\s+for)\b"
)
_MUST: Final = (
    re.compile(
        r"(?i)\b(?:must|has\s+to|have\s+to|needs\s+to|absolutely\s+has\s+to|really\s+must|gotta|should\s+definitely)\s+(?:absolutely\s+|really\s+|definitely\s+)?(?:be\s+(?:there|with\s+us|here|present)|come|attend|join|make\s+it)\b"
    ),
    re.compile(r"(?i)\b(?:is|are)\s+(?:absolutely\s+)?(?:required|essential|a\s+must|mandatory|indispensable)\b"),
)
_WITHOUT: Final = re.compile(
    rf"(?i)(?:(?:\bnot|n['’]?t|\bnever|\bno\s+\w+|\bcannot)\b[^.;!?]{{0,30}}\bwithout\s+(?P<one>{_WORD})|\bwithout\s+(?P<two>{_WORD})[^.;!?]{{0,24}}(?:can['’]?t|cannot|don['’]?t|won['’]t|no))\b"
)
_LABELLED: Final = re.compile(
    rf"(?i)\b(?P<kind>must\s+come|required|optional|important|attendance\s+of)\s*(?:is|are)?:?\s+(?P<names>{_WORD}(?:{_SEP}{_WORD})*)(?P<rest>\s*:\s*(?:required|optional|important))?"
)
_CAN_SKIP: Final = re.compile(
    r"(?i)\b(?:(?:come|comes|join)\s+if\s+(?:they|he|she|it)\s*(?:can|suits?|like|want|works?)(?:\s+(?:them|him|her))?|(?:are|is|['’]re|would\s+be)\s+(?:optional|nice\s+to\s+have|welcome\b[^.;!?]{0,24}\bnot\s+(?:needed|required))"
    r"|optional|need\s*n['’]?o?t|needn['’]t|don['’]?t\s+(?:have|need)\s+to|no\s+tragedy\s+if|can\s+skip|don['’]?t\s+(?:have|need)\s+to\s+come|nice\s+to\s+have|not\s+needed)\b"
)
_IMPORTANT: Final = re.compile(r"(?i)\b(?:is|are)\s+important\b|\bshould\s+(?:really\s+)?be\s+there\b")
_OFF_TOPIC: Final = re.compile(
    r"(?i)^\W*(?:tell\s+me\s+(?:about|a)|write|explain|translate|who\s+(?:is|was|won)|what\s+(?:is|are|was)|why|how\s+(?:is|are|do|does|many|much))\b"
)
_ALSO_NAMES: Final = frozenset(
    [
        "Mark",
        "Will",
        "Grace",
        "Rose",
        "Hope",
        "Joy",
        "Faith",
        "Max",
        "Rich",
        "Art",
        "Dot",
        "Guy",
        "Don",
        "Bill",
        "Jack",
        "Drew",
        "Pat",
        "Iris",
        "Olive",
        "Summer",
        "Dawn",
        "Robin",
        "Jay",
        "Ray",
        "Dean",
        "Chase",
        "Grant",
        "Miles",
        "Lou",
        "Gene",
        "Frank",
        "Nick",
    ]
)
"""Words that are names too, when they have a capital."""
_SENTENCE: Final = re.compile(r"[^.!?;\n]+[.!?;\n]*")
Means = Literal["name", "me", "group", "others", "he", "they"]


@dataclass(frozen=True, slots=True)
class Who:
    """Some people, where the text speaks of them."""

    at: int
    end: int
    names: tuple[str, ...]
    means: Means = "name"


def read(text: str, context: Context, *, venue_words: str = "") -> Reading:
    """The people to add and to take out, and who has to come. `venue_words` are words that name places here, not people."""
    reading = Reading(text)
    names = new_names(text, context)
    gone = _removed(text, context, names)
    roster = list(context.roster)
    add: list[dict[str, str]] = []
    for name in names:
        if name not in roster and name not in gone:
            add.append({"name": name})
    everyone = [*roster, *(entry["name"] for entry in add)]
    levels = _attendance(text, everyone, context)
    for entry in add:
        if level := levels.pop(entry["name"], None):
            entry["attendance"] = level
    known = {person["name"]: person.get("attendance", "required") for person in context.people}
    add += [{"name": name, "attendance": level} for name, level in levels.items() if known.get(name) != level]
    args = {key: value for key, value in {"add": add, "remove": gone}.items() if value}
    if args:
        reading.calls.append(Call("set_people", args))
    return reading


def new_names(text: str, context: Context) -> list[str]:
    """People named in `text` who are not on the roster yet, in its order, the one who types last."""
    found: dict[str, int] = {}
    with_me = False
    lower = lacks_people(context)
    for match in _RUN.finditer(text):
        items = [item.strip() for item in _SPLIT.split(match[0]) if item and item.strip()]
        before, after = text[max(0, match.start() - 24) : match.start()], text[match.end() : match.end() + 24]
        listed = _list_items(items, before, after, lower=lower)
        if listed:
            with_me |= ME in listed
            for name in listed:
                found.setdefault(name, match.start() + match[0].find(name))
    lines = [line.strip(" ,.-*•") for line in text.strip().split("\n")]
    if len(lines) > 1 and all(_as_name(line) for line in lines):  # a name on each line
        with_me |= ME in map(_as_name, lines)
        found.update({str(_as_name(line)): place for place, line in enumerate(lines)})
    for word, at in _single_names(text, context):
        found.setdefault(word, at)
    found.update({name: at for name, at in _after_leads(text, lower=lower).items() if name not in found})
    names = [name for name in sorted(found, key=lambda name: found[name]) if name != ME]
    names = [name for name in names if not _on_roster(name, context.roster)]
    names = [name for i, name in enumerate(names) if not _on_roster(name, names[:i])]
    if ME not in context.roster and (with_me or ((names or not context.roster) and _takes_part(text, context, names))):
        names.append(ME)
    return names


def lacks_people(context: Context) -> bool:
    """Whether somebody is still to be named."""
    return not context.roster or int(context.plan.get("number_of_people") or 0) > len(context.roster)


def mentions(text: str, context: Context, roster: Sequence[str]) -> list[Who]:
    """Where the text speaks of whom, in its order; lists of names are one mention each."""
    quoted = _quoted_speakers(text, roster)
    words: list[Who] = []
    for match in re.finditer(_WORD, text):
        name = _on_roster(match[0], roster, strict=match[0][:1].islower())
        if name and name != ME:
            words.append(Who(*match.span(), (name,)))
        elif match[0].casefold().endswith("s") and len(match[0]) > 3 and (known := _on_roster(match[0][:-1], roster, strict=True)):
            words.append(Who(*match.span(), (known,)))  # "toms free"
    taken = [(who.at, who.end) for who in words]
    last = context.last_person
    every = list(words)
    for match in _PRONOUN.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        who = _pronoun(match, roster, quoted)
        if who:
            every.append(who)
    every.sort(key=lambda who: who.at)
    return _resolved(_joined(every, text), text, roster, last, [name for name in roster if context.availability.get(name)])


def _pronoun(match: re.Match[str], roster: Sequence[str], quoted: Sequence[tuple[int, int, str]]) -> Who | None:
    at, end = match.span()
    speaker = next((name for start, stop, name in quoted if start <= at < stop), ME)
    if match["me"]:
        return Who(at, end, (speaker,), "me")
    if match["group"]:
        return Who(at, end, tuple(roster), "group")
    if match["others"]:
        return Who(at, end, (), "others")
    if match["several"]:
        return Who(at, end, (), "others" if "other" in match[0].lower() else "they")
    return Who(at, end, (), "he")


def _joined(found: Sequence[Who], text: str) -> list[Who]:
    """Names with nothing but "and" or commas between them become one mention."""
    joined: list[Who] = []
    for who in found:
        before = joined[-1] if joined else None
        gap = text[before.end : who.at] if before else ""
        if (
            before
            and before.means in {"name", "me"}
            and who.means in {"name", "me"}
            and not set(who.names) & set(before.names)
            and _is_separator(gap)
        ):
            joined[-1] = Who(before.at, who.end, (*before.names, *(n for n in who.names if n not in before.names)), "name")
        elif before and before.means in {"group"} and who.means == "name" and _EXCEPT.match(gap):
            joined[-1] = Who(before.at, who.end, tuple(n for n in before.names if n not in who.names), "group")
        elif before and before.means in {"others"} and who.means == "me" and re.match(r"(?i)^\s*,?\s*(?:incl(?:\.|uding)?|and)?\s*$", gap):
            joined[-1] = Who(before.at, who.end, (ME,), "others")
        else:
            joined.append(who)
    return joined


def _is_separator(gap: str) -> bool:
    return bool(re.fullmatch(r"(?i)\s*(?:,\s*)?(?:(?:and|n|&|\+|plus|or|but\s+also|/)\s*)?(?:for\s+|also\s+|with\s+)?\s*", gap)) and (
        bool(gap.strip()) or True
    )


def _resolved(found: Sequence[Who], text: str, roster: Sequence[str], last: str | None, timed: Sequence[str]) -> list[Who]:
    """Pronouns get their names: the person spoken of before; "the others" are those whom the text has not named."""
    done: list[Who] = []
    several: tuple[str, ...] = ()
    for who in found:
        names = who.names
        if who.means == "he":
            names = (last,) if last in roster and last else ()
        elif who.means == "others":
            named = {name for other in done for name in other.names if other.means == "name"} or set(timed)
            with_me = ME in who.names or bool(_INCLUDED.match(text[who.end :]))
            names = tuple(name for name in roster if name not in named and (name != ME or with_me))
            names = names or tuple(name for name in roster if name != last and (name != ME or with_me))
        elif who.means == "they":
            names = several or tuple(name for name in roster if name != ME)
        if who.means == "name":
            persons = [name for name in names if name != ME]
            last = persons[-1] if len(persons) == 1 else last
            several = tuple(names) if len(names) > 1 else several
        if names:
            done.append(Who(who.at, who.end, names, who.means))
    return done


def last_person(text: str, context: Context, roster: Sequence[str]) -> str | None:
    """Whom "she" would mean after this message."""
    named = [who.names[-1] for who in mentions(text, context, roster) if who.means == "name" and [n for n in who.names if n != ME]]
    persons = [name for name in named if name != ME]
    return persons[-1] if persons else context.last_person


def _quoted_speakers(text: str, roster: Sequence[str]) -> list[tuple[int, int, str]]:
    """Stretches of quoted speech, and who speaks: `Tom wrote: "I can do 8"`."""
    spans: list[tuple[int, int, str]] = []
    for match in re.finditer(
        rf"(?i)\b(?P<who>{_WORD})\s+(?:again|wrote|writes|says?|said|texted|answered|told\s+me)?\s*(?:again)?\s*[:,]?\s*[\"“](?P<said>[^\"”]*)[\"”]",
        text,
    ):
        if name := _on_roster(match["who"], roster):
            spans.append((*match.span("said"), name))
    return spans


def _list_items(items: Sequence[str], before: str, after: str, *, lower: bool) -> list[str]:
    """The names of a run of words that is a list of names; words that are none may stand at its ends."""
    good = [_as_name(item) for item in items]
    start = next((i for i, name in enumerate(good) if name), len(good))
    end = next((i for i in range(len(good) - 1, -1, -1) if good[i]), -1) + 1
    names = [name for name in good[start:end] if name]
    if not names or None in good[start:end] or len(names) < 2:
        return []
    capitals = [item for item in items[start:end] if item[:1].isupper() and item != "I"]
    others = [item for item in items[start:end] if item[:1].islower() and _as_name(item) != ME]
    if not others:
        return names if capitals else []
    led = bool(_LEAD.search(before)) and start == 0
    me = ME in names
    return names if lower and (led or me or (start == 0 and not before.strip(" \n") and _FOLLOWED.match(after))) else []


def _as_name(item: str) -> str | None:
    said = item.strip()
    if re.fullmatch(_ME, said, re.IGNORECASE):
        return ME
    words = said.split()
    if len(words) != 1 or len(said) < 2 or (said.casefold() in NOT_NAMES and said not in _ALSO_NAMES):  # noqa: PLR2004  no name has one letter
        return None
    return said if said[:1].isupper() else said.title()


def _after_leads(text: str, *, lower: bool) -> dict[str, int]:
    """Names after "with": lists, also without commas when the one who types is in it ("me lea omar jonas")."""
    found: dict[str, int] = {}
    for match in re.finditer(rf"(?i)\b(?:with|w|w/)\s+(?P<list>{_WORD}(?:(?:{_SEP}){_WORD})*)", text):
        for word in re.finditer(_WORD, match["list"]):
            name = _as_name(word[0]) if (word[0][:1].isupper() or lower) else None
            if name and name != ME:
                found.setdefault(name, match.start("list") + word.start())
    for match in re.finditer(rf"(?i)\b(?:with|w|w/)\s+(?P<list>{_WORD}(?:(?:{_SEP}|\s+){_WORD})+)", text) if lower else ():
        for word in re.finditer(_WORD, match["list"]):
            name = _as_name(word[0])
            if not name and word[0].lower() not in {"and", "n", "plus", "&"}:
                break
            if name and name != ME:
                found.setdefault(name, match.start("list") + word.start())
    for segment in re.finditer(r"[^,.;:!?\n=/]+", text):
        words = segment[0].split()
        if len(words) > 2 and re.fullmatch(_ME, words[0], re.IGNORECASE) and lower:
            names = [_as_name(word) for word in words]
            if all(names):
                found.update({name: segment.start() + i for i, name in enumerate(names) if name and name != ME})
        tail = re.search(rf"(?i)\b(?:me)((?:\s+{_WORD}){{2,8}})\s*$", segment[0])
        if tail and lower and all(_as_name(word) for word in tail[1].split()):
            found.update({str(_as_name(word)): segment.start() + i for i, word in enumerate(tail[1].split())})
    return found


def _single_names(text: str, context: Context) -> list[tuple[str, int]]:
    """Names that stand alone where names stand: "Anna is free", "Ben from 7pm", "mateo is coming"."""
    found: list[tuple[str, int]] = []
    if _OFF_TOPIC.match(text):
        return found
    for match in re.finditer(_WORD, text):
        word = match[0]
        name = _as_name(word)
        if not name or name == ME or (name in _ALSO_NAMES and re.match(r"\s*[\d€$£]", text[match.end() :])):
            continue
        before, after = text[max(0, match.start() - 16) : match.start()], text[match.end() : match.end() + 16]
        if word[:1].isupper() and not word.isupper():
            lacks = lacks_people(context)
            strong = re.search(r"(?i)\b(?:with|invite|add|and|plus)\s+$", before) or re.match(
                r"(?i)^\s*(?:(?:is|was|will\s+be|can|could|has|would)\b[^.;!?]{0,30}(?:free|time|busy|\d)|(?:only\s+)?(?:from|until|till|after)\s+(?:about\s+|around\s+)?(?:\d|noon|half|quarter|one\b|two\b|three\b|four\b|five\b|six\b|seven\b|eight\b|nine\b|ten\b)|['’]s\s+(?:free|busy)|\s+\d)",
                text[match.end() : match.end() + 50],
            )
            if _BEFORE.search(before if match.start() > 16 else "\n" + before) and _AFTER.match(after) and (lacks or strong):  # noqa: PLR2004  a few words of context
                found.append((name, match.start()))
    for match in re.finditer(rf"(?i)\b(?:birthday\s+(?:girl|boy|child)|throwing|giving)\s+(?P<who>{_WORD})", text):
        if (name := _as_name(match["who"])) and name != ME and match["who"][:1].isupper():
            found.append((name, match.start()))
    for match in _INVITED.finditer(text):
        word = match["who"] or match["who2"]
        name = _as_name(word)
        if name and name != ME and (word[:1].isupper() or not context.roster):
            found.append((name, match.start()))
    return found


def _takes_part(text: str, context: Context, names: Sequence[str]) -> bool:
    """Whether the one who types is one of the group."""
    if re.search(rf"(?i)\b(?:with|w|w/)\s+(?:{'|'.join(map(re.escape, names))})\b", text) if names else False:
        return True
    return bool(names or context.roster) and bool(_WITH_ME.search(" ".join([*context.earlier[-3:], text]))) and not _FOR_OTHERS.search(text)


def _removed(text: str, context: Context, new: Sequence[str]) -> list[str]:
    gone: list[str] = []
    for match in _GONE.finditer(text):
        word = next(filter(None, match.groups()))
        name = _on_roster(word, context.roster)
        if not name or name in new or name == ME or (match["who1"] and _WITHOUT.search(text)):
            continue
        if (
            match["who1"]
            and re.match(r"(?i)without", match[0])
            and re.search(r"(?i)\b(?:must|can['’]?t|not|no|without)\b", text.replace(match[0], ""))
        ):
            continue
        if match["who3"] and re.search(r"(?i)\d|\b(?:mon|tue|wed|thu|fri|sat|sun)", text):
            continue
        gone.append(name)
    return list(dict.fromkeys(gone))


def _attendance(text: str, everyone: Sequence[str], context: Context) -> dict[str, str]:
    """Who has to come, who matters and who may stay away, by name."""
    levels: dict[str, str] = {}
    for match in _LABELLED.finditer(text):
        kind = (match["rest"] or match["kind"]).lower().strip(" :")
        level = "optional" if "optional" in kind else "important" if "important" in kind else "required"
        for word in re.findall(_WORD, match["names"]):
            if name := _on_roster(word, everyone):
                levels[name] = level
    for match in _WITHOUT.finditer(text):
        if name := _on_roster(match["one"] or match["two"], everyone):
            levels[name] = "required"
    spoken = [who for who in mentions(text, context, everyone) if any(name != ME for name in who.names)]
    said = {name for match in _WITHOUT.finditer(text) if (name := _on_roster(match["one"] or match["two"], everyone))}
    for pattern, level in ((_CAN_SKIP, "optional"), (_IMPORTANT, "important"), *((must, "required") for must in _MUST)):
        for match in pattern.finditer(text):
            for name in _meant(text, match, spoken):
                if name not in said or level == "required":
                    levels[name] = level
    return {name: level for name, level in levels.items() if name in everyone}


def _meant(text: str, match: re.Match[str], spoken: Sequence[Who]) -> tuple[str, ...]:
    """Of whom it is said: the people named last before it, or right after it."""
    before = [who for who in spoken if who.end <= match.start() and not re.search(r"[!?;\n]", text[who.end : match.start()])]
    after = [who for who in spoken if who.at >= match.end() and not re.search(r"[.!?;\n]", text[match.end() : who.at])]
    nearest = before[-1] if before else after[0] if after else None
    return tuple(name for name in nearest.names if name != ME) if nearest else ()


def _on_roster(word: str, roster: Sequence[str], *, strict: bool = False) -> str | None:
    """The name on the roster that `word` is, in any case; a slip of the pen counts unless `strict`."""
    folded = word.casefold()
    if folded in {"me", "i", "myself"}:
        return None
    for name in roster:
        if folded == name.casefold() or folded in name.casefold().split():
            return name
    if folded in NOT_NAMES or len(word) < 5:  # noqa: PLR2004  in a short name one letter makes another name
        return None
    try:
        return people.find_person(word, [people.Person(name) for name in roster if name != ME]).name
    except PersonError:
        return None


on_roster = _on_roster
