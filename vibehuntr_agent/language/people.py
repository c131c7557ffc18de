"""Who is spoken of: names on the roster and new ones, "me", "everyone but Jonas", "the others", "she"; who has to come and who need not.

Guarantees: nobody is added who is not named in a list, invited, or said to be free, and no name twice; at most one more than a plan holds, so
that the tool says so. A name is a word with a capital where names stand, or an item of a list of names ("w/ anna, ben n cleo", "me, pekka,
noor"). In quoted speech "I" is who is quoted. Not claimed: names of two words, and which of two people "she" means besides the last.
"""
# ruff: noqa: RUF001  people type several apostrophes
# ruff: noqa: E501  a pattern reads best with one rule on a line
# ruff: noqa: SIM905  a column of quotes would hide the words

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from vibehuntr_agent.planning import people
from vibehuntr_agent.planning.errors import PersonError
from vibehuntr_agent.planning.people import MAX_PEOPLE, ME, Attendance

from .context import Call, Context, Reading
from .words import NOT_NAMES
from .zones import in_cities

Means = Literal["name", "me", "group", "others", "he", "they"]

_WORD: Final = r"[^\W\d_]+(?:['’-](?!(?:s|m|re|ll|ve|d|t)\b)[^\W\d_]+)*"
_ME: Final = r"(?:me|myself|i|yours\s+truly)"
_SEP: Final = r"\s*+(?:,\s*+(?:and\s+|&|plus\s+|or\s+)?|\band\s+|\bn\s+|&|\+|\bplus\s+|/|\bas\s+well\s+as\s+)\s*+"
_ASIDE: Final = r"(?:[ ]\([^)]{1,40}\))?"
_WITH: Final = r"\b(?:with|w|w/)\s+"
_NAME: Final = re.compile(_WORD)
_LIST: Final = re.compile(rf"(?i)\b{_WORD}{_ASIDE}(?:{_SEP}{_WORD}{_ASIDE})+")
_SPLIT: Final = re.compile(rf"(?i){_ASIDE}{_SEP}|[ ]\([^)]{{1,40}}\)$")
_BEFORE_LIST: Final = re.compile(
    r"""(?ix)(?:\b(?:with|w|w/|invit(?:e|ing)|called|named|meet(?:ing)?|between|for|it['’]?s|it\s+is|are|we['’]re|means?|guests?|guest\s+list
    |attendees|participants|people|invited|asking|taking|get|besides|that['’]?s|bring(?:ing)?|join(?:ed|ing)?(?:\s+by)?|together)\b|=|w/)
    \s*(?:are|is)?\s*:?\s*(?:also\s+)?$"""
)
_AFTER_LIST: Final = re.compile(
    r"""(?ix)^\s*(?:are|is|and\s+i\b|want|wants|would|will|can|could|have|has|had|said|says|is\s+coming|am|were|need|might|$|[,.;:!?)=]
    |on\b|in\b|at\b|for\b|round\b|out\b|to\b|too\b|who\b|must\b|from\b|free\b|\d)"""
)
_LIST_AFTER_WITH: Final = re.compile(rf"(?i){_WITH}(?P<names>{_WORD}(?:{_SEP}{_WORD})*)")
_RUN_AFTER_WITH: Final = re.compile(rf"(?i){_WITH}(?P<names>{_WORD}(?:(?:{_SEP}|\s+){_WORD})+)")
_RUN_AFTER_ME: Final = re.compile(rf"(?i)\bme(?P<names>(?:\s+{_WORD}){{2,8}})\s*$")
_JOINERS: Final = frozenset({"and", "n", "plus"})
_INVITED: Final = re.compile(
    rf"""(?ix)\b(?P<who1>{_WORD})(?:['’]s|\s+is|\s+are|\s+will\s+be|\s+wants\s+to)?\s+(?:also\s+)?(?:coming|joining|join|comes|joins|invited)\b
    |\b(?:invite|add|bring|include)\s+(?P<who2>{_WORD})\b"""
)
_CELEBRATES: Final = re.compile(
    rf"(?i)\b(?:birthday\s+(?:girl|boy|child)|throwing|giving|b(?:irth)?day\s+(?:dinner|lunch|brunch|party|drinks)\s+for)\s+(?P<who>{_WORD})"
)
_GONE: Final = re.compile(
    rf"""(?ix)\b(?P<word>without|remove|uninvite|drop|take\s+out)\s+(?P<taken>{_WORD})(?!\s*['’])
    |\b(?P<away>{_WORD})\s+(?:is\s*n['’]?o?t|is\s+no\s+longer|won['’]t\s+be|will\s+not\s+be)\s+(?:coming|joining|there)\b
    |\b(?P<unable>{_WORD})\s+(?:can['’]?t|cannot|won['’]t)\s+(?:come|make\s+it|join)(?:\s+(?:after\s+all|any\s*more))?\s*(?=[.!;\n]|$)
    |\b(?P<out>{_WORD})\s+(?:is\s+out(?=\s*(?:[.,;!\n]|$))|dropped\s+out|has\s+cancelled)\b"""
)
_SAYS_DAY: Final = re.compile(r"(?i)\d|\b(?:mon|tue|wed|thu|fri|sat|sun)")
_BEFORE_NAME: Final = re.compile(
    r"""(?ix)(?:^|[.,;:&+(!?\n\"“*•-]
    |\b(?:with|and|n|invite|add|for|plus|but|while|both|also|is|are|or|then|as|of|to|that|about|from|says?|get|asking|met|called|rang|meet|meeting
    |taking|besides|without|if|so|because|just|suits?|when|since|not|like|have|wants?|call|give|giving|except))\s*$"""
)
_AFTER_NAME: Final = re.compile(
    r"""(?ix)^(?:\s*(?:[,&+;:.!?)(=]|$)|['’]s\b
    |\s+(?:and|n|is|are|can|can['’]?t|cannot|could|has|have|had|free|busy|from|will|would|won['’]t|isn['’]t|does|joins?|comes?|works?|too|until|till
    |after|before|only|any\s?time|all|not|no|maybe|on|at|between|said|says|prefers?|plus|but|who|lives?|in|wrote|writes?|finishes|must|again|tells?
    |turns|called|just|gets?|leaves|needs?|told|as|really|absolutely|also|either|to|out|round|together|a|there|i|isn|yes|mon|tue|wed|thu|fri|sat|sun
    |with|today|tomorrow|later|might|may|should|did|doesn['’]t|didn['’]t|swapped|blocked|available|unavailable|\d))"""
)
_INVITES: Final = re.compile(r"(?i)\b(?:with|invite|add|and|plus)\s+$")
_TIME_FOLLOWS: Final = re.compile(
    r"""(?ix)^\s*(?:(?:is|was|will\s+be|can|could|has|would)\b[^.;!?]{0,30}(?:free|time|busy|\d)
    |(?:only\s+)?(?:from|until|till|after)\s+(?:about\s+|around\s+)?(?:\d|noon|half|quarter|(?:one|two|three|four|five|six|seven|eight|nine|ten)\b)
    |['’]s\s+(?:free|busy)|\s+\d)"""
)
_PRONOUN: Final = re.compile(
    r"""(?ix)
    (?P<me>\b(?:i(?!\s+(?:mean|meant|asked|must|think|guess|hope|suppose|should\s+(?:think|say)|called|rang|wrote)\b)|me|myself|mine
        |my(?:\s+own)?\s+(?:time|times|evening|window|day|answer|availability)|im|yours\s+truly)\b)
   |(?P<group>\b(?:everyone|everybody|nobody|none\s+of\s+(?:us|them)|everyones(?=\s+free)|every\s+one\s+of\s+us|all\s+(?:of\s+us|of\s+them|four|three|five|two|our|\d{1,2}(?:\s+of\s+us)?)|each\s+of\s+(?:us|the\s+\w+\s+of\s+us)
        |both(?=\s+(?:of\s+us|of\s+them|can|are|have)\b)(?:\s+of\s+(?:us|them))?
        |we(?=\s+(?:are\s+all|are|can|could|all|both|have)\b|['’]re\b)|all(?=\s+(?:are|free|can)\b)|the\s+(?:two|three|four|five|six|lot)\s+of\s+us)\b)
   |(?P<others>\b(?:the\s+(?:\w+\s+)?others?|the\s+rest(?:\s+of\s+us)?|the\s+other\s+(?:two|three|four|five)|(?:all\s+)?others)\b)
   |(?P<last>\b(?:he|she|him|her|his|hers)\b)
   |(?P<several>\b(?:they(?!\s+are\s+\d)|them|those\s+(?:two|three|four)|neither(?![^.;!?]{0,60}\bnor\b))\b)"""
)
_EXCEPT: Final = re.compile(r"(?i)\s*+(?:,\s*+)?(?:except(?:\s+for)?|apart\s+from|but|other\s+than|save)\s*")
_AND_ME: Final = re.compile(r"(?i)\s*+,?\s*+(?:incl(?:\.|uding)?|and)?\s*+")
_INCLUDED: Final = re.compile(r"(?i)\s*+,?\s*+(?:(?:incl(?:\.|uding)?|and)\s+me\b|me\s+included\b|so\s+(?:am|can|have)\s+i\b)")
_SEPARATOR: Final = re.compile(r"(?i)\s*+(?:,\s*+)?(?:(?:and|n|&|\+|plus|or|nor|but\s+also|/)\s*+)?(?:(?:for|also|with)\s+)?\s*+")
_QUOTED: Final = re.compile(
    rf"(?i)\b(?P<who>{_WORD})\s+(?:again|wrote|writes|says?|said|texted|answered|told\s+me)?\s*+(?:again)?\s*+[:,]?\s*+[\"“](?P<said>[^\"”]*)[\"”]"
)
_OF_US: Final = re.compile(r"(?i)\b(?:i|we|us|our|ours|let['’]?s|lets|me|myself|my)\b")
_FOR_OTHERS: Final = re.compile(
    r"""(?ix)\b(?:schedule\s+a\s+meeting\s+for|looking\s+for\s+a\s+(?:slot|time|meeting)\b[^.;!?]{0,30}\bfor|get\b[^.;!?]{0,80}\btogether\b
    |can\s+all\s+meet|want\s+to\s+meet\s+for)\b"""
)
"""Who arranges a meeting for others is not in it."""
_WITHOUT: Final = re.compile(
    rf"""(?ix)(?:(?:\bnot|n['’]t|\b(?:can|do|does|wo)nt|\bnever|\bno\s+\w+|\bcannot)\b[^.;!?]{{0,30}}\bwithout\s+(?P<one>{_WORD})
    |\bwithout\s+(?P<two>{_WORD})[^.;!?]{{0,24}}(?:can['’]?t|cannot|don['’]?t|won['’]t|no))\b"""
)
_NEGATED: Final = re.compile(r"(?i)\b(?:must|can['’]?t|not|no|without)\b")
_LABELLED: Final = re.compile(
    rf"(?i)\b(?P<kind>must\s+come|required|optional|important|attendance\s+of)\s*(?:is|are)?:?\s+(?P<names>{_WORD}(?:{_SEP}{_WORD})*)(?P<rest>\s*:\s*(?:required|optional|important))?"
)
_LEVELS: Final[Sequence[tuple[re.Pattern[str], Attendance]]] = (
    (
        re.compile(
            r"""(?ix)\b(?:(?:come|comes|join)\s+if\s+(?:they|he|she|it)\s*(?:can|suits?|like|want|works?)(?:\s+(?:them|him|her))?
            |(?:are|is|['’]re|would\s+be)\s+(?:optional|nice\s+to\s+have|welcome\b[^.;!?]{0,24}\bnot\s+(?:needed|required))
            |optional|not\s+a\s+must|need\s*n['’]?o?t|don['’]?t\s+(?:have|need)\s+to|no\s+tragedy\s+if|can\s+skip|nice\s+to\s+have|not\s+needed)\b"""
        ),
        "optional",
    ),
    (re.compile(r"(?i)\b(?:is|are)\s+important\b|\bshould\s+(?:really\s+)?be\s+there\b"), "important"),
    (
        re.compile(
            r"""(?ix)\b(?:must|has\s+to|have\s+to|needs\s+to|absolutely\s+has\s+to|really\s+must|gotta|should\s+definitely)\s+
            (?:absolutely\s+|really\s+|definitely\s+)?(?:be\s+(?:there|with\s+us|here|present)|come|attend|join|make\s+it)\b
            |\b(?:is|are)\s+(?:absolutely\s+)?(?:required|essential|a\s+must|mandatory|indispensable)\b"""
        ),
        "required",
    ),
)
_OFF_TOPIC: Final = re.compile(
    r"(?i)^\W*(?:tell\s+me\s+(?:about|a)|write|explain|translate|who\s+(?:is|was|won)|what\s+(?:is|are|was)|why|how\s+(?:is|are|do|does|many|much))\b"
)
_ALSO_NAMES: Final = frozenset(
    """Mark Will Grace Rose Hope Joy Faith Max Rich Art Dot Guy Don Bill Jack Drew Pat Iris Olive Summer Dawn Robin Jay Ray Dean Chase Grant Miles
    Lou Gene Frank Nick""".split()
)
"""Words that are names too, when they have a capital."""
_LEAST_LIST: Final = 2
_LEAST_SLIP: Final = 5
"""Letters of a name from which a slip of the pen is forgiven."""
_BESIDE: Final = 16
_FARTHER: Final = 50
"""Characters beside a word that may show it to be a name."""


@dataclass(frozen=True, slots=True)
class Who:
    """Some people, where the text speaks of them."""

    at: int
    end: int
    names: tuple[str, ...]
    means: Means = "name"


def read(text: str, context: Context) -> Reading:
    """The people to add and to take out, and who has to come."""
    reading = Reading(text)
    names = new_names(text, context)
    gone = _removed(text, context, names)
    new = [name for name in names if name not in gone]
    levels = _attendance(text, [*context.roster, *new], context)
    known = {person["name"]: person.get("attendance", "required") for person in context.people}
    add: list[dict[str, str]] = [{"name": name, "attendance": levels[name]} if name in levels else {"name": name} for name in new]
    add += [{"name": name, "attendance": level} for name, level in levels.items() if name not in new and known.get(name) != level]
    args = {key: value for key, value in {"add": add, "remove": gone}.items() if value}
    if args:
        reading.calls.append(Call("set_people", args))
    return reading


# ------------------------------------------------------------------------------------------------------------------ new names


def new_names(text: str, context: Context) -> list[str]:
    """People named in `text` who are not on the roster yet, in its order, the one who types last."""
    places: dict[str, int] = {}
    for find in (_in_lists, _on_lines, _alone, _after_with, _after_me, _elsewhere):
        for name, at in find(text, context):
            places.setdefault(name, at)
    names: list[str] = []
    for name in sorted(places, key=lambda name: places[name]):
        if len(names) <= MAX_PEOPLE and name != ME and not on_roster(name, context.roster) and not on_roster(name, names):
            names.append(name)
    if ME not in context.roster and (ME in places or ((names or not context.roster) and _takes_part(text, context, names))):
        names.append(ME)
    return names


def _lacks_people(context: Context) -> bool:
    """Whether somebody is still to be named: then words without a capital may be names."""
    return not context.roster or int(context.plan.get("number_of_people") or 0) > len(context.roster)


def _in_lists(text: str, context: Context) -> Iterator[tuple[str, int]]:
    """Items of lists of names: "Anna, Ben and me"."""
    lower = _lacks_people(context)
    for match in _LIST.finditer(text):
        items = [item.strip() for item in _SPLIT.split(match[0]) if item and item.strip()]
        before, after = text[max(0, match.start() - 24) : match.start()], text[match.end() : match.end() + 24]
        for name in _list_items(items, before, after, lower=lower):
            yield name, match.start() + match[0].find(name)


def named_twice(text: str) -> list[str]:
    """Names that stand twice in one list of names."""
    found: list[str] = []
    for match in _LIST.finditer(text):
        items = [item.strip() for item in _SPLIT.split(match[0]) if item and item.strip()]
        names = [name for item in items if item[:1].isupper() and (name := _as_name(item)) and name != ME]
        found += [name for name in dict.fromkeys(names) if names.count(name) > 1]
    return found


def _list_items(items: Sequence[str], before: str, after: str, *, lower: bool) -> list[str]:
    """The names of a run of words that is a list of names; words that are none may stand at its ends."""
    good = [_as_name(item) for item in items]
    start = next((i for i, name in enumerate(good) if name), len(good))
    end = next((i for i in range(len(good) - 1, -1, -1) if good[i]), -1) + 1
    names = [name for name in good[start:end] if name]
    if len(names) < max(_LEAST_LIST, end - start):
        return []
    small = [item for item in items[start:end] if item[:1].islower() and _as_name(item) != ME]
    if not small:
        return names if any(item[:1].isupper() and item != "I" for item in items[start:end]) else []
    led = start == 0 and (_BEFORE_LIST.search(before) or (not before.strip(" \n") and _AFTER_LIST.match(after)))
    return names if lower and (led or ME in names) else []


def _on_lines(text: str, _context: Context) -> Iterator[tuple[str, int]]:
    """A name on each line, and nothing else."""
    lines = [_as_name(line.strip(" ,.-*•")) for line in text.strip().split("\n")]
    if len(lines) > 1 and all(lines):
        yield from ((name, at) for at, name in enumerate(lines) if name)


def _alone(text: str, context: Context) -> Iterator[tuple[str, int]]:
    """Names that stand where names stand: "Anna is free", "Ben from 7pm", "mateo is coming"."""
    if _OFF_TOPIC.match(text):
        return
    for match in _NAME.finditer(text):
        if _is_name_here(text, match, lacks=_lacks_people(context)) and (name := _as_name(match[0])) != ME and name:
            yield name, match.start()
    for match in (*_CELEBRATES.finditer(text), *_INVITED.finditer(text)):
        word = next(filter(None, match.groups()))
        lower = not context.roster and match.re is _INVITED
        if (name := _as_name(word)) and name != ME and (word[:1].isupper() or lower):
            yield name, match.start()


def _is_name_here(text: str, match: re.Match[str], *, lacks: bool) -> bool:
    """Whether a word with a capital stands where names do. Once nobody is lacking, it must be invited or have a time."""
    word, (at, end) = match[0], match.span()
    if not word[:1].isupper() or word.isupper() or (word in _ALSO_NAMES and re.match(r"\s*[\d€$£]", text[end:])):
        return False
    before = text[max(0, at - _BESIDE) : at] if at > _BESIDE else "\n" + text[:at]
    if not _BEFORE_NAME.search(before) or not _AFTER_NAME.match(text[end : end + _BESIDE]):
        return False
    return lacks or bool(_INVITES.search(before) or _TIME_FOLLOWS.match(text[end : end + _FARTHER]))


def _after_with(text: str, context: Context) -> Iterator[tuple[str, int]]:
    """Names after "with"; those without a capital, and without commas, while somebody is lacking: "with lea omar jonas"."""
    lower = _lacks_people(context)
    for match in _LIST_AFTER_WITH.finditer(text):
        for word in _NAME.finditer(match["names"]):
            if (word[0][:1].isupper() or lower) and (name := _as_name(word[0])) and name != ME:
                yield name, match.start("names") + word.start()
    for match in _RUN_AFTER_WITH.finditer(text) if lower else ():
        for word in _NAME.finditer(match["names"]):
            name = _as_name(word[0])
            if not name and word[0].lower() not in _JOINERS:
                break
            if name and name != ME:
                yield name, match.start("names") + word.start()


def _after_me(text: str, context: Context) -> Iterator[tuple[str, int]]:
    """Names beside the one who types, without commas: "me lea omar jonas", "priya tom + me"."""
    if not _lacks_people(context):
        return
    for segment in re.finditer(r"[^,.;:!?\n=/]+", text):
        words = [word for word in re.split(r"[\s+&]+", segment[0]) if word and word.casefold() not in _JOINERS]
        tail = _RUN_AFTER_ME.search(segment[0])
        with_me = any(re.fullmatch(_ME, word, re.IGNORECASE) for word in (words[:1] + words[-1:]))
        for run in (words if len(words) > _LEAST_LIST and with_me else [], tail["names"].split() if tail else []):
            names = [_as_name(word) for word in run]
            if all(names):
                yield from ((name, segment.start() + i) for i, name in enumerate(names) if name and name != ME)


def _elsewhere(text: str, context: Context) -> Iterator[tuple[str, int]]:
    """Names of whom it is said where they are, when several are: "sam in new york, imani in london"."""
    found = [(name, at) for word, at in in_cities(text) if (name := _as_name(word))] if _lacks_people(context) else []
    yield from found if len(found) > 1 else ()


def _as_name(item: str) -> str | None:
    """The word as a name with its capital, or `ME`; None when it is another word."""
    said = item.strip()
    if re.fullmatch(_ME, said, re.IGNORECASE):
        return ME
    if len(said) < _LEAST_LIST or not _NAME.fullmatch(said) or (said.casefold() in NOT_NAMES and said not in _ALSO_NAMES):
        return None
    return said if said[:1].isupper() else said.title()


def _takes_part(text: str, context: Context, names: Sequence[str]) -> bool:
    """Whether the one who types is one of the group."""
    if names and re.search(rf"(?i){_WITH}(?:{'|'.join(map(re.escape, names))})\b", text):
        return True
    return bool(names or context.roster) and bool(_OF_US.search(" ".join([*context.earlier[-3:], text]))) and not _FOR_OTHERS.search(text)


# ------------------------------------------------------------------------------------------------------------------- mentions


def mentions(text: str, context: Context, roster: Sequence[str]) -> list[Who]:
    """Where the text speaks of whom, in its order; lists of names are one mention each."""
    words = list(_names_said(text, roster))
    ends = [who.end for who in words]
    quoted = _quoted_speakers(text, roster)
    every = list(words)
    for match in _PRONOUN.finditer(text):
        after = bisect_right(ends, match.start())
        if after == len(words) or words[after].at >= match.end():
            every.append(_pronoun(match, roster, quoted))
    every.sort(key=lambda who: who.at)
    talk = _Talk(text, roster, context.last_person, frozenset(name for name in roster if context.availability.get(name)))
    return [who for who in map(talk.resolve, _joined(every, text)) if who.names]


def last_person(text: str, context: Context, roster: Sequence[str]) -> str | None:
    """Whom "she" would mean after this message."""
    named = [who.names[-1] for who in mentions(text, context, roster) if who.means == "name" and who.names[-1] != ME]
    return named[-1] if named else context.last_person


def on_roster(word: str, roster: Sequence[str]) -> str | None:
    """The name on the roster that `word` is, in any case or by a slip of the pen."""
    return _on_roster(word, tuple(roster))


@lru_cache(maxsize=4096)
def _on_roster(word: str, roster: tuple[str, ...]) -> str | None:
    folded = word.casefold()
    if folded in {"me", "i", "myself"}:
        return None
    known = _by_word(roster).get(folded)
    if known or folded in NOT_NAMES or len(word) < _LEAST_SLIP:
        return known
    try:
        return people.find_person(word, [people.Person(name) for name in roster if name != ME]).name
    except PersonError:
        return None


@lru_cache(maxsize=64)
def _by_word(roster: tuple[str, ...]) -> Mapping[str, str]:
    """The first name on the roster for each word, and for each name as a whole."""
    found: dict[str, str] = {}
    for name in roster:
        for word in (name.casefold(), *name.casefold().split()):
            found.setdefault(word, name)
    return found


def _names_said(text: str, roster: Sequence[str]) -> Iterator[Who]:
    for match in _NAME.finditer(text):
        word = match[0]
        name = on_roster(word, roster)
        if not name and word[-1] in "sS" and len(word) > _LEAST_LIST + 1:
            name = on_roster(word[:-1], roster)  # "toms free"
        if name and name != ME:
            yield Who(*match.span(), (name,))


def _quoted_speakers(text: str, roster: Sequence[str]) -> list[tuple[int, int, str]]:
    """Stretches of quoted speech, and who speaks: `Tom wrote: "I can do 8"`."""
    return [(*match.span("said"), name) for match in _QUOTED.finditer(text) if (name := on_roster(match["who"], roster))]


def _pronoun(match: re.Match[str], roster: Sequence[str], quoted: Sequence[tuple[int, int, str]]) -> Who:
    at, end = match.span()
    if match["me"]:
        return Who(at, end, (next((name for start, stop, name in quoted if start <= at < stop), ME),), "me")
    if match["group"]:
        return Who(at, end, tuple(roster), "group")
    means: Means = "others" if match["others"] else "they" if match["several"] else "he"
    return Who(at, end, (), means)


def _joined(found: Sequence[Who], text: str) -> list[Who]:
    """Names with nothing but "and" or commas between them become one mention, and then so does "everyone except Anna and Ben"."""
    for join in (_as_list, _as_group):
        joined: list[Who] = []
        for who in found:
            one = join(joined[-1], who, text[joined[-1].end : who.at]) if joined else None
            joined[-1:] = [one] if one else [*joined[-1:], who]
        found = joined
    return list(found)


def _as_list(before: Who, who: Who, gap: str) -> Who | None:
    persons = {"name", "me"}
    if before.means in persons and who.means in persons and not set(who.names) & set(before.names) and _SEPARATOR.fullmatch(gap):
        return Who(before.at, who.end, (*before.names, *who.names))
    return None


def _as_group(before: Who, who: Who, gap: str) -> Who | None:
    if before.means == "group" and who.means in {"name", "me"} and _EXCEPT.fullmatch(gap):
        return Who(before.at, who.end, tuple(name for name in before.names if name not in who.names), "group")
    if before.means == "others" and who.means == "me" and _AND_ME.fullmatch(gap):
        return Who(before.at, who.end, (ME,), "others")
    if before.means == "group" and who.means == "me" and _AND_ME.fullmatch(gap):
        return Who(before.at, who.end, before.names, "group")
    return None


@dataclass(slots=True)
class _Talk:
    """Whom the talk is of, for the pronouns that follow: they are resolved in the order of the text."""

    text: str
    roster: Sequence[str]
    last: str | None
    timed: frozenset[str]
    several: tuple[str, ...] = ()
    named: set[str] = field(default_factory=set[str])

    def resolve(self, who: Who) -> Who:
        """The mention with its names: the person or the people spoken of before; "the others" are those whom the text has not named."""
        match who.means:
            case "he":
                return Who(who.at, who.end, (self.last,) if self.last in self.roster and self.last else (), who.means)
            case "others":
                return Who(who.at, who.end, self._others(with_me=ME in who.names or bool(_INCLUDED.match(self.text, who.end))), who.means)
            case "they":
                return Who(who.at, who.end, self.several or tuple(name for name in self.roster if name != ME), who.means)
            case "name":
                self._heard(who.names)
                return who
            case _:
                return who

    def _heard(self, names: tuple[str, ...]) -> None:
        persons = [name for name in names if name != ME]
        self.last = persons[0] if len(persons) == 1 else self.last
        self.several = names if len(names) > 1 else self.several
        self.named.update(names)

    def _others(self, *, with_me: bool) -> tuple[str, ...]:
        rest = [name for name in self.roster if name != ME or with_me]
        told = self.named or self.timed
        return tuple(name for name in rest if name not in told) or tuple(name for name in rest if name != self.last)


# ----------------------------------------------------------------------------------------------------- who has to come, who drops out


def _removed(text: str, context: Context, new: Sequence[str]) -> list[str]:
    gone: list[str] = []
    for match in _GONE.finditer(text):
        word = next(filter(None, match.group("taken", "away", "unable", "out")))
        name = on_roster(word, context.roster)
        if name and name != ME and name not in new and _drops_out(match, text):
            gone.append(name)
    return list(dict.fromkeys(gone))


def _drops_out(match: re.Match[str], text: str) -> bool:
    """Whether somebody is out for good: not "we can't do it without Tom", and not "Tom can't come on Friday"."""
    if match["unable"]:
        return not _SAYS_DAY.search(text)
    if match["taken"]:
        without = match["word"].lower() == "without"
        return not _WITHOUT.search(text) and not (without and _NEGATED.search(text[: match.start()] + text[match.end() :]))
    return True


def _attendance(text: str, everyone: Sequence[str], context: Context) -> dict[str, Attendance]:
    """Who has to come, who matters and who may stay away, by name."""
    levels: dict[str, Attendance] = {}
    for match in _LABELLED.finditer(text):
        for word in _NAME.findall(match["names"]):
            if name := on_roster(word, everyone):
                levels[name] = _labelled(match)
    indispensable = {name for match in _WITHOUT.finditer(text) if (name := on_roster(match["one"] or match["two"], everyone))}
    levels.update(dict.fromkeys(indispensable, "required"))
    said: list[tuple[re.Match[str], Attendance]] = [(match, level) for pattern, level in _LEVELS for match in pattern.finditer(text)]
    spoken = [who for who in mentions(text, context, everyone) if any(name != ME for name in who.names)] if said else []
    for match, level in said:
        for name in _meant(text, match, spoken):
            if level == "required" or name not in indispensable:
                levels[name] = level
    return levels


def _labelled(match: re.Match[str]) -> Attendance:
    said = (match["rest"] or match["kind"]).lower()
    return "optional" if "optional" in said else "important" if "important" in said else "required"


def _meant(text: str, match: re.Match[str], spoken: Sequence[Who]) -> tuple[str, ...]:
    """Of whom it is said: the people named last before it in the sentence, or right after it."""
    count = bisect_right([who.end for who in spoken], match.start())
    before = spoken[count - 1] if count else None
    after = next((who for who in spoken[count:] if who.at >= match.end()), None)
    if before and re.search(r"[!?;\n]", text[before.end : match.start()]):
        before = None
    if after and re.search(r"[.!?;\n]", text[match.end() : after.at]):
        after = None
    nearest = after if after and text[match.end() : after.at].isspace() else before or after
    return tuple(name for name in nearest.names if name != ME) if nearest else ()
