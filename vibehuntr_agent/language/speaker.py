"""Who types a message, and the plain words in which the readers of facts and of votes look for people.

Guarantees: somebody else speaks only when the message says so, by an introduction ("Ben here on the same laptop: ...", "This is Ben at the
keyboard.") or by the name of somebody known and a colon before words in the first person ("Ben: I'm vegetarian"). "Ben: vegan" and what
stands in quotation marks are words of the one who types. All of it holds for this one message; nothing is remembered.

Words are plain in that "he's" is "he is", "don't" is "do not", "n" is "and", and all are in lower case; each knows where it stands in the text.
"""
# ruff: noqa: RUF001  people type several apostrophes and dashes
# ruff: noqa: E501  a pattern reads best with one rule on a line
# ruff: noqa: SIM905  a column of quotes would hide the words

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from rapidfuzz import fuzz

from vibehuntr_agent.language.context import Context
from vibehuntr_agent.language.words import NOT_NAMES
from vibehuntr_agent.planning.people import ME

MASKED: Final = "¤"
"""What a word reads that must not be read."""
_TOKEN: Final = re.compile(r"\d+(?:[.:]\d+)+(?!\w)|[^\W_]+(?:['’`´-][^\W_]+)*|\n|[^\w\s]|_")
_MARKS: Final = str.maketrans(dict.fromkeys("’`´", "'"))
_SHORT: Final = {
    "im": "i am", "ive": "i have", "hes": "he is", "shes": "she is", "theyre": "they are", "thats": "that is", "whats": "what is",
    "whos": "who is", "dont": "do not", "doesnt": "does not", "didnt": "did not", "cant": "can not", "can't": "can not", "cannot": "can not", "wont": "will not",
    "won't": "will not", "isnt": "is not", "arent": "are not", "wasnt": "was not", "lets": "let us", "let's": "let us", "u": "you",
    "n": "and", "&": "and", "+": "and", "\n": "\n", "w": "with",
}  # fmt: skip
_ENDINGS: Final = {"n't": "not", "'m": "am", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would", "'s": "'s"}
_THINGS_THAT_ARE: Final = frozenset("he she it that this what who where there here how when".split())
SENTENCE_ENDS: Final = frozenset(".!?;\n")
_CLAUSE_ENDS: Final = SENTENCE_ENDS | frozenset(",:()[]–—-")
_QUOTES: Final = {'"': '"', "“": "”", "„": "“", "«": "»"}
_SAYING: Final = frozenset(
    "say says said write writes wrote writing text texts texted answer answers answered reply replies replied".split()
)
_CLOSE: Final = 82.0
_LONG_ENOUGH: Final = 4

STOP: Final = frozenset(
    """a able about above across actually add after afternoon again age ago all allergic allergies allergy almost along already also although
    always am among an and another answer any anybody anymore anyone anything anyway are around as ask asks at available away back bad bar be
    because been before begin being best better between bistro book both boss boy breakfast brother brunch budget busy but buy by cafe café
    can cancel change check child choice chose choose city coffee colleague come comes coming common cook cooking correct correction could
    cousin cuisine cuisines dad date daughter day days decide decided definitely diet diets did different dinner do does done down drink drinks
    each early eat eats either else end enough euro euros even evening ever every everybody everyone everything except facts family father
    favorite favourite few find fine first five food foods for forget form four friday friend friends from front full fun fyi get gets girl
    girlfriend boyfriend give gives go goes going good great group guest guests guy guys had half happy hardly has have having he hello help
    her here hers hey hi him his home hope hour hours how however husband i idea if ill important in indeed instead into is it item its
    itself just keep keeps kid kids kind kitchen know knows last late later least leave less let like likes list ll location love loves lunch
    made make makes many mate maybe me meal meals mean means meat meet meeting menu message mine minute minutes mom monday money month more
    morning most mother much mum must my myself name names near need needs neither never new next nice night no nobody none noon nor not note
    nothing now number of off often oh ok okay old on once one ones only onto open option options or order other others our ours out over own
    parent parents part partner party people per perhaps person pizza place places plan please pls plus poll possible prefer prefers present
    pretty probably put question quite rather ravintola ready really remember rest restaurant restaurants result right same saturday say says
    second see sees set several shall she should show since sister six so some somebody someone something son soon sorry sort sound spot spots
    still stop such sunday sure take takes talk tell ten than thank thanks that the their theirs them then there these they thing things think
    third this those though three thursday till time times to today together tomorrow tonight too town trouble true truth try tuesday two type
    uncle aunt until up update upon us use usually venue venues very vote votes wait want wants was way we wednesday week weekend welcome well
    were what whatever when where whether which while who whole whom whose why wife will wish with without woman word words work works would
    wow wrong yeah year years yep yes yesterday yet you your yours zone january february march april june july august september october november
    december seven eight nine eleven twelve mon tue wed thu thur thurs fri sat sun jan feb mar apr jun jul aug sep sept oct nov dec ps edit
    favourites everybody's staff waiter menu's table group's budget's half oops hm hmm ah lol omg btw anyways besides finally honestly apparently
    meanwhile otherwise additionally furthermore unfortunately""".split()
)
"""Words that name nobody, also with a capital."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a mark, in its plain form; `said` is as typed."""

    said: str
    plain: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The words between two quotation marks, and who is said to have said them."""

    first: int
    last: int
    by: str | None


@dataclass
class Words:
    """The words of a text, and the same as one string with a space between any two, in which patterns are looked for."""

    words: list[Word]
    _starts: list[int] = field(default_factory=list[int])

    @classmethod
    def of(cls, text: str) -> Words:
        """All words of a text."""
        return cls([word for found in _TOKEN.finditer(text) for word in _split(found)])

    @cached_property
    def plain(self) -> str:
        """All words, plain, one space apart."""
        self._starts = []
        at = 0
        for word in self.words:
            self._starts.append(at)
            at += len(word.plain) + 1
        return " ".join(word.plain for word in self.words)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.words)

    def at(self, index: int) -> str:
        """The plain word there, or the end of a sentence where there is none."""
        return self.words[index].plain if 0 <= index < len(self.words) else "."

    def index(self, position: int) -> int:
        """Which word stands at a position of `plain`."""
        return bisect_right(self._starts, position) - 1 if self.plain else 0

    def position(self, index: int) -> int:
        """Where in `plain` a word begins."""
        return self._starts[index] if self.plain and index < len(self._starts) else len(self.plain)

    def found(self, match: re.Match[str], group: int | str = 0) -> tuple[int, int]:
        """The first word of a match in `plain`, and the one after its last."""
        start, end = match.span(group)
        return self.index(start), self.index(max(start, end - 1)) + 1

    def masked(self, hidden: Iterable[int]) -> Words:
        """The same words, of which some cannot be read."""
        gone = set(hidden)
        return Words([Word(w.said, MASKED, w.start, w.end) if n in gone else w for n, w in enumerate(self.words)])

    def sentence(self, index: int) -> tuple[int, int]:
        """The first word of the sentence that a word is in, and the one after its last, which is the mark that ends it if there is one."""
        at = bisect_right(self.sentences, (index, len(self.words) + 1)) - 1
        return self.sentences[max(0, at)] if self.sentences else (0, 0)

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """All sentences, each with the mark that ends it."""
        ends = [index + 1 for index, word in enumerate(self.words) if word.plain in SENTENCE_ENDS]
        if not ends or ends[-1] < len(self.words):
            ends.append(len(self.words))
        return tuple(zip([0, *ends], ends, strict=False)) if self.words else ()

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where in the text the words from `first` to before `last` stand."""
        return self.words[first].start, self.words[last - 1].end


def _split(found: re.Match[str]) -> Iterator[Word]:
    said = found[0]
    plain = said.translate(_MARKS).lower()
    parts = _SHORT.get(plain, "").split(" ") if plain in _SHORT else _contraction(plain)
    if len(parts) == 1:
        yield Word(said, parts[0], *found.span())
        return
    cut = len(parts[0]) if plain.startswith(parts[0]) else len(plain) - 3
    cut += found.start()
    yield Word(said[: cut - found.start()], parts[0], found.start(), cut)
    yield Word(said[cut - found.start() :], parts[1], cut, found.end())


def _contraction(plain: str) -> list[str]:
    for ending, meaning in _ENDINGS.items():
        stem = plain.removesuffix(ending)
        if stem and stem != plain:
            return [stem, "is" if meaning == "'s" and stem in _THINGS_THAT_ARE else meaning]
    return [plain]


class Names:
    """Whom the words of one message mean: those known from before, in any case and with a slip of the pen, and those it names itself."""

    def __init__(self, words: Words, context: Context, things: Iterable[str] = ()) -> None:
        """`things` are words that name no people, such as cuisines."""
        self.words, self.context = words, context
        voters = [name for poll in context.polls for name in poll.get("ballots") or {}]
        last = [context.last_person] if context.last_person else []
        every = [*context.roster, *context.facts, *context.availability, *voters, *last]
        self.known = {part.casefold(): name for name in reversed(every) if name != ME for part in (*name.split(), name)}
        self.things = {part.casefold() for name in (*things, *_things(context)) for part in name.split()}
        self._likely: dict[str, str | None] = {}
        self.quotes = tuple(self._quotes())

    def known_at(self, index: int) -> str | None:
        """The known person whom a word names."""
        plain = self.words.at(index)
        if plain in self.known:
            return self.known[plain]
        if len(plain) >= _LONG_ENOUGH and plain[-1] == "s" and plain[:-1] in self.known:  # "bens budget"
            return self.known[plain[:-1]]
        if plain in STOP or plain in self.things or len(plain) < _LONG_ENOUGH or not plain[0].isalpha():
            return None
        if plain not in self._likely:
            close = [name for key, name in self.known.items() if len(key) >= _LONG_ENOUGH and fuzz.ratio(plain, key) >= _CLOSE]
            self._likely[plain] = close[0] if len(set(close)) == 1 else None
        return self._likely[plain]

    def person(self, index: int, *, loose: bool = False) -> str | None:
        """The person whom a word means: a pronoun, a known name, a new name with a capital, or, if `loose`, in small letters."""
        plain = self.words.at(index)
        if plain in {"i", "me", "myself", "my", "mine"}:
            return self.speaker_at(index)
        if plain in {"he", "she", "him", "her", "his", "hers"}:
            return self.meant_by_pronoun(index)
        return self.known_at(index) or self.new_at(index, loose=loose)

    def new_at(self, index: int, *, loose: bool = False) -> str | None:
        """A name that nobody has said before."""
        if not self._could_be_name(index):
            return None
        said = self.words.words[index].said
        before = index - 1
        told = self.words.at(before) == "that" and self.words.at(before - 1) in _TELLING
        if not said[0].isupper():
            named = loose and said not in _NO_SMALL_NAMES and (told or self.words.at(before) not in _BEFORE_THINGS)
            return said.title() if named else None
        if self.words.at(before) in _BEFORE_PLACES:
            return None
        if self._could_be_name(before) and self.words.words[before].said[0].isupper() and self.words.at(before) not in self.known:
            return f"{self.words.words[before].said} {said}"
        return said

    def _could_be_name(self, index: int) -> bool:
        if not 0 <= index < len(self.words):
            return False
        plain = self.words.at(index)
        return len(plain) > 1 and plain.replace("-", "").replace("'", "").isalpha() and plain not in STOP and plain not in self.things

    def speaker_at(self, index: int) -> str:
        """Whom "I" means there: who types, or who is quoted."""
        return self._quoted.get(index) or self.context.speaker

    @cached_property
    def _quoted(self) -> dict[int, str | None]:
        return {index: quote.by for quote in self.quotes for index in range(quote.first, quote.last)}

    def meant_by_pronoun(self, index: int) -> str | None:
        """Whom "he" or "she" means there: the person named last before it, in this message or an earlier one."""
        at = bisect_left(self.mentions, (index, ""))
        return self.mentions[at - 1][1] if at else self.context.last_person or self._earlier

    @cached_property
    def mentions(self) -> list[tuple[int, str]]:
        """Where people are named, besides pronouns."""
        found = ((index, self.known_at(index) or self._introduced_at(index)) for index in range(len(self.words)))
        return [(index, name) for index, name in found if name]

    def _introduced_at(self, index: int) -> str | None:
        """A new name after "about" or "my friend", or as the subject of a short verb."""
        before, after = self.words.at(index - 1), self.words.at(index + 1)
        if before in _INTRODUCES:
            return self.new_at(index, loose=True)
        if after == "," and self.words.at(index + 2) in {"he", "she"}:
            return self.new_at(index, loose=before in SENTENCE_ENDS)
        return self.new_at(index) if after in _FINITE else None

    @cached_property
    def _earlier(self) -> str | None:
        for text in reversed(self.context.earlier[-3:]):
            names = Names(Words.of(text), _without_messages(self.context), self.things)
            if names.mentions:
                return names.mentions[-1][1]
        return None

    def _quotes(self) -> Iterator[Quote]:
        index, words = 0, self.words
        while index < len(words):
            closing = _QUOTES.get(words.at(index))
            end = next((n for n in range(index + 1, len(words)) if words.at(n) == closing), None) if closing else None
            if end is not None:
                yield Quote(index + 1, end, self._said_by(index))
                index = end
            elif closing:  # without its end it is no quotation, nor is any later mark of this kind
                return
            index += 1

    def _said_by(self, index: int) -> str | None:
        """Who says what is quoted from there: the name before "says", before a colon, or that begins the sentence of the colon."""
        at = index - 1
        colon = self.words.at(at) == ":"
        if self.words.at(at) in {":", ","}:
            at -= 1
        if self.words.at(at) in _SAYING:
            subject = at - 2 if self.words.at(at - 1) in {"just", "has", "again", "only", "now"} else at - 1
            return self.context.speaker if self.words.at(subject) == "i" else self.known_at(subject) or self.new_at(subject, loose=True)
        first, _ = self.words.sentence(max(at, 0))
        return self.known_at(first) if colon else None

    def lists(self, last: int, *, loose: bool = False) -> tuple[int, list[str]]:
        """The people of a list that ends with a word ("Anna, Ben and I"), and where it begins."""
        found = self.person(last, loose=loose)
        if found is None:
            return last, []
        names, first = [found], last
        while True:
            before = first - 1
            while self.words.at(before) in {",", "and", "both"} and before > first - 3:
                before -= 1
            joined = before < first - 1
            name = (
                self.known_at(before)
                or self.new_at(before, loose=loose)
                or (self.person(before) if self.words.at(before) in {"i", "me"} else None)
            )
            if not joined or name is None:
                return first, list(dict.fromkeys(reversed(names)))
            names.append(name)
            first = before


_NO_SMALL_NAMES: Final = NOT_NAMES - {"mark", "cat"}
_BEFORE_THINGS: Final = frozenset(
    "the a an this that these those our your some any no every each in at near from to what which whose".split()
)
_BEFORE_PLACES: Final = frozenset("the a an these those our your some any no every each in at near".split())
_TELLING: Final = frozenset("remember mind note know sure think believe forget say says said you".split())
_INTRODUCES: Final = frozenset(
    "about friend mate colleague cousin brother sister wife husband partner girlfriend boyfriend named called".split()
)

_FINITE: Final = frozenset(
    "is 's has was can does did will would could must wants likes loves needs says said told lives comes prefers eats".split()
)


def _things(context: Context) -> Iterator[str]:
    """What has a name in the plan and is nobody."""
    listed = [
        *context.venues,
        *(context.itinerary.get("stops") or ()),
        *(option for poll in context.polls for option in poll.get("options") or ()),
    ]
    yield from (str(thing.get("name") or thing.get("label") or "") for thing in listed)
    yield str(context.plan.get("city") or "")


def _without_messages(context: Context) -> Context:
    return Context(context.now, context.zone, plan=context.plan, people=context.people, facts=context.facts, polls=context.polls)


_NAME: Final = r"(?P<name>[^\s,.;:!?()\[\]]+)"
_DEVICE: Final = r"(?:the|my|your|this|his|her) (?:same )?(?:phone|laptop|keyboard|computer|tablet|device|chat)"
_LEAD: Final = r"(?:(?:hi|hey|hello|ok|okay|so|now|well|and|yes|oops|sorry|right|here) )*"
_GREETING: Final = re.compile(rf"{_LEAD.replace(') )*', ') ?)+')}")
_TAKES_OVER: Final = re.compile(
    rf"{_LEAD}(?:(?:this|it) is )?{_NAME} "
    rf"(?:has (?:now )?(?:taken|borrowed|got|grabbed|stolen) {_DEVICE}|(?:is )?(?:now )?(?:typing|writing|speaking|talking)(?: now| here)?"
    rf"|(?:is )?(?:now )?(?:here )?(?:at|on|with|using) {_DEVICE}(?: now)?)"
)
_INTRODUCES_SELF: Final = re.compile(
    rf"{_LEAD}(?:{_NAME} here(?: now| again)?|(?:i am|my name is|(?:this|it) is) (?P<name2>[^\s,.;:!?()\[\]]+)(?: here| now| again)?)"
)
_DETAIL: Final = re.compile(
    rf"{_LEAD}i (?:have |just |have just |am )?(?:borrowed|taken|took|got|using|have) {_DEVICE}(?: for .*| a moment)?"
)
_BACK: Final = re.compile(
    rf"{_LEAD}(?:(?:it|this|that) is )?(?:just |only )?me (?:again|back|typing(?: again)?|writing(?: again)?|speaking(?: again)?|here again|at {_DEVICE}(?: again)?)(?: now)?"
    rf"|{_LEAD}back to me|{_LEAD}i (?:have|am|got)(?: got)? (?:{_DEVICE} )?back(?: (?:at|on) {_DEVICE})?"
)
_GONE: Final = re.compile(
    rf"{_LEAD}(?:(?:it|this|that) is |i am )?(?:not|no longer) {_NAME}(?: any ?more| any longer| now| here)?"
    rf"|{_LEAD}that was (?P<name2>[^\s,.;:!?()\[\]]+)|{_LEAD}(?P<name3>[^\s,.;:!?()\[\]]+) (?:has|is) (?:left|gone|done|finished|away)(?: now| again)?"
)
_THIS_IS_ME: Final = re.compile(rf"{_LEAD}(?:this|it) is me(?: now)?")
_MAX_CLAUSES: Final = 8
_FIRST_PERSON: Final = frozenset("i my mine myself".split())
_COMPARES: Final = frozenset("as like than and with incl including plus".split())
_TERSE: Final = re.compile(r"\d|(?<!\S)(?:vegans?|veggie|vegetarian|pescatarian|halal|kosher|free|busy|allerg\w+)(?!\S)")


def who_speaks(text: str, context: Context) -> tuple[str, str]:
    """Who types `text`, and the text without the words that say so. Who is not introduced is `context.speaker`."""
    words = Words.of(text)
    names = Names(words, context)
    if labelled := _labelled(words, names):
        return labelled, _blank(text, *words.span(0, 2))
    who, used = _introduced(words, names)
    if who is None:
        return next(_in_apposition(words, names), context.speaker), text
    while words.at(used) in _CLAUSE_ENDS and used < len(words):
        used += 1
    return who, _blank(text, *words.span(0, used))


def _introduced(words: Words, names: Names) -> tuple[str | None, int]:
    """Who the clauses at the beginning say it is, and the word after the last of them."""
    who: str | None = None
    used = 0
    for first, last in _clauses(words):
        said = " ".join(word.plain for word in words.words[first:last])
        found, continues = _introduction(said, names, words, (first, last), known=who is not None)
        if found or continues:
            who, used = found or who, last
        elif who or not _GREETING.fullmatch(said + " "):
            break
    return who, used


def _introduction(said: str, names: Names, words: Words, span: tuple[int, int], *, known: bool) -> tuple[str | None, bool]:
    """Who speaks by one clause, and whether it belongs to an introduction at all."""
    if _BACK.fullmatch(said) or (known and _THIS_IS_ME.fullmatch(said)):
        return ME, True
    if (gone := _GONE.fullmatch(said)) and _word_is_known(gone, names):
        return ME, known or said.startswith(("that was", "this is not", "it is not", "i am not", "no longer"))
    if (taken := _TAKES_OVER.fullmatch(said)) and (name := _named(taken, names, words, span[0])):
        return name, True
    if (named := _INTRODUCES_SELF.fullmatch(said)) and _word_is_known(named, names) and _ends_introduction(said, words, span[1]):
        return names.known[_group(named)], True
    return None, known and bool(_DETAIL.fullmatch(said))


def _ends_introduction(said: str, words: Words, after: int) -> bool:
    """Whether "it is Ben" is followed by what Ben says, and is neither an answer nor the first name of a list."""
    shown = re.match(rf"{_LEAD}(this|it) is ", said)
    if not shown or said.endswith((" here", " now", " again")) or words.at(after + 1) == "i":
        return True
    return shown[1] == "this" and words.at(after) in SENTENCE_ENDS


def _word_is_known(found: re.Match[str], names: Names) -> bool:
    return _group(found) in names.known


def _group(found: re.Match[str]) -> str:
    return next(filter(None, found.groups()), "")


def _named(found: re.Match[str], names: Names, words: Words, first: int) -> str | None:
    """The name in an introduction; a new one only where a device is handed over."""
    at = first + len(found.string[: found.start("name")].split())
    handed = re.search(rf"\bnow\b|{_DEVICE}", found[0])
    return names.known_at(at) or (names.new_at(at, loose=True) if handed and words.at(at) != "i" else None)


def _clauses(words: Words) -> Iterator[tuple[int, int]]:
    """The first clauses of a text."""
    first = count = 0
    for index in range(len(words) + 1):
        if words.at(index) not in _CLAUSE_ENDS and words.at(index) != "and":
            continue
        if index > first:
            yield first, index
            count += 1
        if count >= _MAX_CLAUSES:
            return
        first = index + 1


def _in_apposition(words: Words, names: Names) -> Iterator[str]:
    """Ben, in "I, Ben, am"."""
    for index in range(len(words) - 3):
        if words.at(index) == "i" and words.at(index + 1) == words.at(index + 3) == "," and (name := names.known.get(words.at(index + 2))):
            yield name


def _labelled(words: Words, names: Names) -> str | None:
    """The known person whose name and a colon stand before words in the first person."""
    if len(words) < 3 or words.at(1) != ":" or words.at(0) not in names.known:  # noqa: PLR2004  a name, a colon and a word
        return None
    quoted = {index for quote in names.quotes for index in range(quote.first, quote.last)}
    rest = [index for index in range(2, len(words)) if index not in quoted]
    labels = [index for index in rest if words.at(index + 1) == ":" and _labels(words, names, index)]
    own = [index for index in rest if _first_person(words, index)]
    if labels or not own:
        return None
    first, last = words.sentence(2)
    opening = " ".join(words.at(index) for index in range(first, last))
    return names.known[words.at(0)] if own[0] < last or not _TERSE.search(opening) else None


def _labels(words: Words, names: Names, index: int) -> bool:
    """Whether a word before a colon begins what is said of somebody: "Me: 18-22"."""
    return words.at(index - 1) in _CLAUSE_ENDS and (words.at(index) in names.known or words.at(index) in {"me", "i"})


def _first_person(words: Words, index: int) -> bool:
    plain = words.at(index)
    before = words.at(index - 1)
    return (plain in _FIRST_PERSON and before not in {"as", "than", "when"}) or (plain == "me" and before not in _COMPARES)


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + re.sub(r"\S", " ", text[start:end]) + text[end:]
