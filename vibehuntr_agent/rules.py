"""What a message says about a plan, found by rules: pure, no ADK, no clock of its own.

Guarantees: nobody is in the result who is not named in the message or on the roster; clauses of which no rule could use a word come
back in `unused`, word for word. It reads English; it is no language model, and what it does not know it leaves in `unused`.
"""
# ruff: noqa: RUF001  people type both apostrophes
# ruff: noqa: E501  a pattern reads best with one rule on a line

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from .planning import people, phrases
from .planning.errors import PersonError
from .planning.people import ME

_WORD: Final = r"[^\W\d_]+(?:['’-](?!s\b|m\b|re\b|ll\b|t\b)[^\W\d_]+)*"
_NAME: Final = rf"(?-i:(?!(?:And|Or|The)\b)[^\W\d_a-zà-öø-ÿ])(?:{_WORD})?"
MAX_TEXT: Final = 4_000
_NUMBERS: Final = {
    word: n for n, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1)
}
_NUMBER: Final = rf"\d{{1,2}}|{'|'.join(_NUMBERS)}"
_KINDS: Final = r"dinner|lunch|brunch|breakfast|coffee|drinks|movie|hike|picnic|party|barbecue|bbq|game\s+night|meeting"
_CURRENCIES: Final = {
    "€": "EUR",
    "eur": "EUR",
    "$": "USD",
    "usd": "USD",
    "dol": "USD",
    "£": "GBP",
    "gbp": "GBP",
    "pou": "GBP",
    "chf": "CHF",
}
_UNIT: Final = r"€|\$|£|euros?|eur|dollars?|usd|pounds?|gbp|chf"
_DIETS: Final = r"vegans?|vegetarians?|pescatarians?|halal|kosher|coeliac|celiac|gluten[\s-]free|lactose[\s-](?:free|intolerant)|dairy[\s-]free|nut[\s-]free|allergic\s+to\s+\w+"

_MONEY: Final = re.compile(
    rf"(?i)(?:\b(?:about|around|max(?:imum)?|under|up\s+to|at\s+most|roughly|for|budget(?:\s+(?:is|of))?:?)\s+)*"
    rf"(?:(?P<unit1>[€$£])\s*(?P<amount1>\d+(?:[.,]\d+)?)|(?P<amount2>\d+(?:[.,]\d+)?)\s*(?P<unit2>{_UNIT}))(?!\w)"
    rf"(?:\s*(?:each|apiece|per\s+(?:person|head)|a\s+(?:head|person)|pp|p\.p\.))?"
)
_SIZE: Final = re.compile(
    rf"(?i)\b(?:(?P<plus>me|i)\s+(?:and|plus|with)\s+(?P<friends>{_NUMBER})\s+(?:friends|others|people)"
    rf"|(?:for|party\s+of|group\s+of|table\s+for|we\s+are|there\s+are|we['’]re|are)?\s*\b(?P<count>{_NUMBER})\s+(?:of\s+us|people|persons|friends|guests)"
    rf"|(?:for|party\s+of|table\s+for|group\s+of|we\s+are|we['’]re)\s+(?P<bare>{_NUMBER})\b(?!\s*(?:[€$£:.]|h\b|hours?|hrs?|min|days?|weeks?|euros?|eur|am\b|pm\b|o['’]clock)))"
)
_DIET: Final = re.compile(
    rf"(?i)\b(?:(?:{_WORD}|\d+)(?:\s+of\s+(?:us|them))?\s+(?:is|are|eats?|am|['’]m|needs?)\s+(?:a\s+|strictly\s+)?|i['’]m\s+(?:a\s+)?)?(?:{_DIETS})\b(?:\s+food)?"
)
_CITY: Final = re.compile(rf"\b(?:in|near|around)\s+(?P<city>(?!(?:{phrases.MONTH})\b){_NAME})", re.IGNORECASE)
_KIND: Final = re.compile(rf"(?i)\b(?P<kind>{_KINDS})\b")
_ZONE: Final = re.compile(r"\b(?P<zone>[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+|UTC)\b")
_ASKS: Final = re.compile(
    r"(?i)\b(?:find|when\s+(?:can|could|are|is|do|should|would)|what\s+time|which\s+(?:time|day)|best\s+(?:time|slot|day)|suggest|propose|common\s+(?:time|slot)|works?\s+for\s+(?:all|every))\b"
)
_PLANS: Final = re.compile(
    rf"(?i)\b(?:{_KINDS}|find|plan|organi[sz]e|schedule|let['’]?s|want|would\s+like|meet|how\s+about|what\s+about)\b|^\s*(?:when|what|which)\b"
)
_SAYS_FREE: Final = re.compile(
    r"(?i)\b(?:free|available|busy|unavailable|can['’]?t|cannot|can\s+(?:do|make|only|come|be)|could|works?|has\s+time|have\s+time)\b"
)
_SELF: Final = re.compile(
    r"(?i)\b(?:what\s+(?:can|do)\s+you\s+do|who\s+are\s+you|what\s+are\s+you|are\s+you\s+(?:an?\s+)?(?:real|human|ai|bot|robot|person|model|language|llm|chatgpt|gpt|gemini)\w*|how\s+do\s+you\s+work|what\s+model)|^\s*help\b"
)
_OTHER_QUESTION: Final = re.compile(r"(?i)^\W*(?:(?:what|how)(?!\s+about\b)|who|why|where|tell\s+me|write|explain|translate|do\s+you)\b")
_THANKS: Final = re.compile(r"(?i)^\W*(?:thanks?(?:\s+you)?|thank\s+you(?:\s+\w+){0,3}|great|perfect|ok(?:ay)?|cool|nice|yes|good)\W*$")
_HELLO: Final = re.compile(r"(?i)^\W*(?:hi|hello|hey|good\s+(?:morning|evening|afternoon))(?:\s+there)?\W*$")
_GONE: Final = re.compile(
    rf"(?i)\b(?:without|remove|uninvite|drop)\s+(?P<who1>{_WORD})|\b(?P<who2>{_WORD})\s+(?:is\s*n['’]?o?t|is\s+no\s+longer|won['’]t\s+be|will\s+not\s+be)\s+(?:coming|joining|there)|\b(?P<who3>{_WORD})\s+(?:can['’]?t|cannot|won['’]t)\s+(?:come|make\s+it|join)\b|\b(?P<who4>{_WORD})\s+(?:is\s+out|dropped\s+out|cancelled)\b"
)
_SENTENCE: Final = re.compile(r"[^.!?;\n]+(?:(?<=\d)[.](?=\d)[^.!?;\n]+|(?<=\b[aApP])[.][mM][.]?[^.!?;\n]*)*[.!?;\n]?")
_LIST_LEAD: Final = re.compile(
    r"(?i)^\W*(?:(?:it['’]?s|it\s+is|that['’]?s|we\s+are|we['’]re|they\s+are|with|just|only|and|also|the\s+(?:four|three|two|others?)\s+(?:of\s+us\s+)?are|people:?|names:?|who:?)\s+)+"
)
_CONTEXT_BEFORE: Final = re.compile(r"(?i)(?:^|[.,;:&+(!?\n]|\b(?:with|and|invite|add|for|plus|but|while|both|also|is|are|or|then))\s*$")
_NAME_WORDS: Final = 3
_NEAR: Final = 16
"""Characters around a word that tell whether it is a name."""
_LEADS_NAME: Final = re.compile(r"(?i)\b(?:with|invite|and|plus)\s+$")
_CONTEXT_AFTER: Final = re.compile(
    r"(?i)^(?:\s*(?:[,&+;:.!]|$)|['’]s\b|\s+(?:and|is|are|can|can['’]?t|cannot|could|has|have|free|busy|from|will|won['’]t|isn['’]t|joins?|comes?|works?|too|from|until|after|before|only|any\s?time|all|not|maybe|on|at|between|said|says|prefers?|plus|but|\d))"
)
_STOP: Final = frozenset(
    """a about add after afternoon again all also always an and any anyone anytime are at available be because before best between
    both brunch breakfast busy but by can cannot cant coffee common could day days dinner do does each eat either english euro
    euros evening every everybody everyone except find for four free friend friends from get give good great group have he hello
    help her hey hi him his how i if in invite is it its just kind know later let lets like lunch make many maybe me meet meeting
    midnight mine more morning movie my need next night nine no none noon not nothing of ok okay on one only or other others our
    party people perfect perhaps plan please pm possibly rest same she should so somebody someone sorry sure ten thank thanks that
    the their them then there they this three time times to today together tomorrow tonight too two until us utc vegan vegetarian
    we week weekend what when where which who why will with without works would yes you your am works until till mon tue tues wed
    thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday january february march april june july
    august september october november december jan feb mar apr jun jul aug sep sept oct nov dec may actually instead now well it's
    let's i'm drinks hike picnic barbecue bbq nobody both schedule organise organize how's five six seven eight eleven twelve
    budget think really guys hmm nope yep yeah cool nice fine doesn isn aren won don see weather tell book order love hate could
    start suggest propose pizza food restaurant""".split()  # noqa: SIM905  a hundred lines of quotes would hide the words
)
_FILLER: Final = _STOP | {
    "each",
    "please",
    "euros",
    "need",
    "want",
    "would",
    "looking",
    "trying",
    "some",
    "slot",
    "much",
    "out",
    "up",
    "he's",
    "she's",
    "as",
    "was",
    "been",
}
_SAYS_ME: Final = re.compile(r"(?i)\b(?:i|me|i['’]m)\b")
_PRONOUNS: Final = re.compile(
    r"(?i)(?P<me>\b(?:i|me|myself|i['’]m|im)\b)|(?P<group>\b(?:everyone|everybody|all\s+(?:of\s+us|four|three|five|two)|both(?:\s+of\s+us)?|we(?=\s+(?:are|can|could|all)\b|['’]re\b)|all(?=\s+are\b|\s+free\b))\b)|(?P<others>\b(?:the\s+others?|the\s+rest|others)\b)|(?P<last>\b(?:he|she|they|him|her)\b)"
)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known before a message: today, the plan's facts, its people in order, whom times are missing of, and whom "she" means."""

    today: date
    plan: Mapping[str, Any] = field(default_factory=dict[str, Any])
    roster: tuple[str, ...] = ()
    untimed: tuple[str, ...] = ()
    last_person: str | None = None

    @property
    def lacks_names(self) -> bool:
        """Whether somebody is still to be named."""
        return not self.roster or self.plan.get("number_of_people", 0) > len(self.roster)


@dataclass(slots=True)
class Heard:
    """What one message says."""

    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    add: list[str] = field(default_factory=list[str])
    remove: list[str] = field(default_factory=list[str])
    times: dict[str, tuple[phrases.Group, ...]] = field(default_factory=dict[str, tuple[phrases.Group, ...]])
    asks_times: bool = False
    asks_self: bool = False
    small_talk: str = ""
    unused: list[str] = field(default_factory=list[str])
    last_person: str | None = None

    @property
    def empty(self) -> bool:
        """Whether no rule could use anything."""
        return not (self.facts or self.add or self.remove or self.times or self.asks_times or self.asks_self or self.small_talk)


def understand(text: str, context: Context) -> Heard:
    """What `text` says, given what is known. Of a text over 4,000 characters the end is not read, and said to be unused."""
    heard = _understand(text[:MAX_TEXT], context)
    if len(text) > MAX_TEXT:
        heard.unused.append(f"everything after the first {MAX_TEXT:,} characters")
    return heard


def _understand(text: str, context: Context) -> Heard:
    heard = Heard(asks_self=bool(_SELF.search(text)), asks_times=bool(_ASKS.search(text)), last_person=context.last_person)
    heard.small_talk = "thanks" if _THANKS.match(text) else "hello" if _HELLO.match(text) else ""
    if heard.asks_self or heard.small_talk:
        return heard
    if _OTHER_QUESTION.match(text) and not heard.asks_times:
        heard.unused = [" ".join(text.split())]
        return heard
    plain = _take_facts(text, heard, context)
    _take_removals(plain, heard, context)
    names = _names_in(plain, heard, context)
    for note in heard.facts.get("notes", ()):  # "Anna is vegan" makes Anna the one whom "she" means
        heard.last_person = next((name for name in context.roster if re.search(rf"\b{re.escape(name)}\b", note)), heard.last_person)
    for sentence in _sentences(plain):
        _take_sentence(sentence, names, heard, context)
    _take_days(plain, heard, context)
    heard.unused = [clause for clause in _clauses(text, plain) if not _used(clause, names)]
    return heard


def number(word: str) -> int:
    """The value of "4" or "four"."""
    return _NUMBERS.get(word.lower()) or int(word)


def _sentences(text: str) -> list[str]:
    return [found[0] for found in _SENTENCE.finditer(text) if found[0].strip()]


def _blank(text: str, found: re.Match[str]) -> str:
    return text[: found.start()] + " " * (found.end() - found.start()) + text[found.end() :]


def _take_facts(text: str, heard: Heard, context: Context) -> str:
    """Put money, number of people, diets, length, city, zone and occasion into `heard`; give the text without those words."""
    plain = text
    for take in (_take_money, _take_diets, _take_length, _take_size, _take_place):
        plain = take(plain, heard)
    if (kind := _KIND.search(plain)) and not context.plan.get("kind"):
        heard.facts["kind"] = " ".join(kind["kind"].lower().split())
    return plain


def _take_money(text: str, heard: Heard) -> str:
    if not (found := _MONEY.search(text)):
        return text
    unit = (found["unit1"] or found["unit2"]).lower()[:3]
    heard.facts["budget_per_person"] = float((found["amount1"] or found["amount2"]).replace(",", "."))
    heard.facts["currency"] = _CURRENCIES[unit]
    return _blank(text, found)


def _take_diets(text: str, heard: Heard) -> str:
    for found in list(_DIET.finditer(text)):
        heard.facts.setdefault("notes", []).append(" ".join(found[0].split()))
        text = _blank(text, found)
    return text


def _take_length(text: str, heard: Heard) -> str:
    found, minutes = phrases.length_match(text), phrases.read_length(text)
    if not (found and minutes):
        return text
    heard.facts["duration_minutes"] = minutes
    return _blank(text, found)


def _take_size(text: str, heard: Heard) -> str:
    if not (found := _SIZE.search(text)):
        return text
    heard.facts["number_of_people"] = number(found["friends"]) + 1 if found["friends"] else number(found["count"] or found["bare"])
    return _blank(text, found)


def _take_place(text: str, heard: Heard) -> str:
    if zone := _ZONE.search(text):
        heard.facts["zone"] = zone["zone"]
        return _blank(text, zone)
    city = _CITY.search(text)
    if city and city["city"].casefold() not in _STOP:
        heard.facts["city"] = city["city"]
        return _blank(text, city)
    return text


def _take_removals(text: str, heard: Heard, context: Context) -> None:
    for found in _GONE.finditer(text):
        if found["who3"] and phrases.read_days(text, context.today):
            continue
        name = _on_roster(next(filter(None, found.groups())), context.roster)
        if name:
            heard.remove.append(name)


def _on_roster(word: str, roster: Sequence[str]) -> str | None:
    """The name on the roster that `word` is, in any case; a slip of the pen counts only with a capital."""
    if word.casefold() in _STOP:
        return None
    persons = [people.Person(name) for name in roster if name != ME]
    try:
        found = people.find_person(word, persons).name
    except PersonError:
        return None
    return found if word[:1].isupper() or word.casefold() in found.casefold().split() else None


def _names_in(text: str, heard: Heard, context: Context) -> dict[str, str]:
    """Every word that names a person, with the name it means; new names go into `heard.add`."""
    names: dict[str, str] = {}
    if context.lacks_names and (listed := _name_list(text)):
        for item in listed:
            _note_name(item, item if item[:1].isupper() else item.title(), names, heard, context)
        return names
    for found in re.finditer(rf"{_NAME}(?:[ ]{_NAME})?", text):
        for word in _name_words(found[0]):
            start = found.start() + found[0].index(word)
            if _placed_like_a_name(text, start, start + len(word)) or _on_roster(word, context.roster):
                _note_name(word, word, names, heard, context)
    for word in re.findall(_WORD, text):
        if word not in names and word[:1].islower() and (known := _on_roster(word, context.roster)):
            names[word] = known
    if (names or context.lacks_names) and re.search(
        r"(?i)(?:\b(?:and|with|plus|for)|,)\s+(?:me|i|myself)\b(?!\s*['’])|\b(?:me|i)(?:,|\s+and\s+|\s*$)", text
    ):
        _note_name("me", ME, names, heard, context)
    return names


def _name_words(found: str) -> list[str]:
    """A name of one or two words, less the words that are no names."""
    words = [word for word in found.split() if word.casefold() not in _STOP]
    return [found] if len(words) == len(found.split()) else words


def _placed_like_a_name(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _NEAR) : start] if start > _NEAR else "\n" + text[:start]
    return bool(_LEADS_NAME.search(before) or (_CONTEXT_BEFORE.search(before) and _CONTEXT_AFTER.match(text[end : end + _NEAR])))


def _note_name(word: str, name: str, names: dict[str, str], heard: Heard, context: Context) -> None:
    clean = people.clean_name(name)
    known = clean if clean == ME else _on_roster(clean, context.roster) or clean
    names[word] = known
    if known not in context.roster and known not in heard.add and known not in heard.remove:
        heard.add.append(known)


def _name_list(text: str) -> list[str]:
    """The items of a message that is nothing but names ("anna, ben and me"), else nothing."""
    bare = _LIST_LEAD.sub("", text).strip(" .!?\n")
    items = [item.strip() for item in re.split(r"\s*(?:,|;|\n|&|\+|\band\b)\s*", bare) if item.strip()]
    if not items or phrases.has_time(bare) or not all(_could_be_name(item) for item in items):
        return []
    return items if len(items) > 1 or items[0][:1].isupper() or items[0].lower() in {"me", "i", "myself"} else []


def _could_be_name(item: str) -> bool:
    words = item.split()
    return item.lower() in {"me", "i", "myself"} or (
        1 <= len(words) <= _NAME_WORDS and all(re.fullmatch(_WORD, word) and word.casefold() not in _STOP for word in words)
    )


def _take_sentence(sentence: str, names: Mapping[str, str], heard: Heard, context: Context) -> None:
    """The availability that one sentence states, if it states any."""
    if _PLANS.search(sentence) and (not _SAYS_FREE.search(sentence) or _ASKS.search(sentence)):
        return
    marks = _subjects(sentence, names, heard, context)
    part = _context_part(context, heard)
    if not marks:
        marks = _unnamed(sentence, context, heard)
    days = phrases.read_days(sentence[: marks[0][0]], context.today) if marks else ()
    waiting: list[str] = []
    for index, (_, end, subjects) in enumerate(marks):
        until = marks[index + 1][0] if index + 1 < len(marks) else len(sentence)
        waiting += [name for name in subjects if name not in waiting]
        if not phrases.has_time(sentence[end:until]) or not _says_times(sentence[end:until]):
            continue
        groups = phrases.read_groups(sentence[end:until], context.today, part)
        groups = tuple(phrases.Group(group.days or days, group.ranges, group.kind) for group in groups)
        days = next((group.days for group in reversed(groups) if group.days), days)
        for name in waiting:
            _note_times(name, groups, heard, context)
        waiting = []


def _says_times(text: str) -> bool:
    return phrases.says_when(text) or bool(_SAYS_FREE.search(text))


def _note_times(name: str, groups: tuple[phrases.Group, ...], heard: Heard, context: Context) -> None:
    heard.times[name] = heard.times.get(name, ()) + groups
    if name not in context.roster and name not in heard.add:
        heard.add.append(name)


def _context_part(context: Context, heard: Heard) -> phrases.Minutes | None:
    """The part of the day that the plan is about."""
    said = context.plan.get("part_of_day")
    if said in phrases.PARTS:
        return phrases.PARTS[said]
    kind = heard.facts.get("kind") or context.plan.get("kind")
    return phrases.PARTS["evening"] if kind in {"dinner", "drinks"} else None


def _subjects(sentence: str, names: Mapping[str, str], heard: Heard, context: Context) -> list[tuple[int, int, list[str]]]:
    """Where the sentence says of whom it speaks, in its order."""
    marks: list[tuple[int, int, list[str]]] = []
    for word, name in names.items():
        if word != "me":
            marks += [(found.start(), found.end(), [name]) for found in re.finditer(rf"\b{re.escape(word)}\b", sentence)]
    taken = [(start, end) for start, end, _ in marks]
    named = frozenset(name for _, _, who in marks for name in who) | ({ME} if _SAYS_ME.search(sentence) else set[str]())
    for found in _PRONOUNS.finditer(sentence):
        who = _pronoun(found, named, heard, context)
        if (who or not found["last"]) and not any(start < found.end() and found.start() < end for start, end in taken):
            marks.append((found.start(), found.end(), who))
    marks.sort()
    persons = [who[0] for _, _, who in marks if len(who) == 1 and who[0] != ME]
    heard.last_person = persons[-1] if persons else heard.last_person
    return marks


def _pronoun(found: re.Match[str], named: frozenset[str], heard: Heard, context: Context) -> list[str]:
    """Whom a pronoun means; "the others" are those of whom nothing is known and whom the sentence does not name."""
    everyone = [*context.roster, *(name for name in heard.add if name not in context.roster)]
    if found["me"]:
        return [ME]
    if found["group"]:
        return everyone
    if found["others"]:
        return [
            name for name in everyone if name not in named and name not in heard.times and (name in context.untimed or name in heard.add)
        ]
    return [heard.last_person] if heard.last_person else []


def _unnamed(sentence: str, context: Context, heard: Heard) -> list[tuple[int, int, list[str]]]:
    """Times without a name are those of the one person whose times are missing, else of whoever types when they say "free"."""
    if len(context.untimed) == 1 and not heard.add and phrases.says_when(sentence):
        return [(0, 0, list(context.untimed))]
    return []


def _take_days(text: str, heard: Heard, context: Context) -> None:
    """The plan's days and part of the day, from what is not somebody's availability."""
    if heard.times:
        return
    if days := phrases.read_days(text, context.today):
        heard.facts["date_from"], heard.facts["date_to"] = days[0].isoformat(), days[-1].isoformat()
    part = phrases.read_part(text)
    evening = heard.facts.get("kind") in {"dinner", "drinks"} and not context.plan.get("part_of_day")
    part = part or (phrases.PARTS["evening"] if evening else None)
    if part:
        heard.facts["part_of_day"] = next(name for name, span in phrases.PARTS.items() if span == part)


def _clauses(text: str, plain: str) -> list[str]:
    """The clauses of the text that no fact has used up, as they were written."""
    parts = re.finditer(r"[^,;.!?\n]+", text)
    return [" ".join(found[0].split()) for found in parts if plain[found.start() : found.end()] == found[0]]


def _used(clause: str, names: Mapping[str, str]) -> bool:
    """Whether a rule used the clause, or it has no word worth quoting."""
    if phrases.says_when(clause) or _KIND.search(clause) or _ASKS.search(clause) or _SAYS_FREE.search(clause) or _GONE.search(clause):
        return True
    named = {part.casefold() for word in names for part in word.split()}
    return all(word.casefold() in _FILLER or word.casefold() in named for word in re.findall(rf"{_WORD}|\d+", clause))
