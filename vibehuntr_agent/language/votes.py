"""What a message says of polls: that one is opened, what people vote for, and whether the result is asked for.

Guarantees: a vote is read only when a poll is open or the message opens one, and only of somebody who is named or types; a question, or a
word on a place that is no vote ("is Karhu open?"), is none. Deciding is not voting: "then I say Majava, I'm the host" is left in `rest`. What
a poll's message lists are its options, as typed but with a capital. A poll may take two messages: that there is to be a vote, and between what.

A change of mind is one whole new ballot: "no longer Karhu" takes the yes back, and is a no only if nothing else is left of the ballot. Never raises.
"""

# ruff: noqa: E501  a pattern reads best with one rule on a line
# ruff: noqa: SIM905  a column of quotes would hide the words
# ruff: noqa: RUF001  people type several dashes

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from rapidfuzz import fuzz

from vibehuntr_agent.language.context import Call, Context, Json, Reading
from vibehuntr_agent.language.speaker import SENTENCE_ENDS, STOP, Names, Words
from vibehuntr_agent.planning.people import ME

MAX_OPTIONS: Final = 20
_MAX_ITEM: Final = 5
_CLOSE: Final = 82.0
_LONG_ENOUGH: Final = 4
_MEMORY: Final = 2
"""How many messages ago a vote may have been announced."""

_NEW: Final = r"(?:new|little|quick|short|small|approval|ranked|ranked-choice|secret|group|simple|proper|multiple-choice|fun)"
_POLL: Final = r"(?:vote|poll|survey|ballot|voting)"
_OPENS: Final = re.compile(
    rf"(?<!\S)(?:let us (?:all |just |please |now |simply )?(?:have an? |hold an? |do an? |take an? |run an? )?(?:{_NEW} )?(?:vote|poll)"
    r"|put (?:it|this|that|them|these|the \S+) to (?:the|a) vote"
    rf"|(?:start|open|run|create|set up|make|hold|have|do|begin|launch|take|organi[sz]e|want|need)(?: up)? (?:a|an|the|another|one) (?:{_NEW} ){{0,2}}{_POLL}"
    r"|(?:we|we all|to|will|should|could|can|us|shall|must)(?: all| now| just)? vote (?:on|about|over|between|:|for (?:the|a|our|where|which|what))"
    r"|let (?:everyone|everybody|people|them|the group|all of us)(?: all)? vote"
    r"|(?:options|choices|candidates) (?:for|of|in) (?:the|our|a) (?:vote|poll)|(?:vote|voting|poll) (?:options|choices|candidates)"
    rf"|(?:[.!?;\n¶]|please|so|ok) (?:an? |the |another )?(?:{_NEW} ){{0,2}}{_POLL}(?: please| pls)? ?(?:on|about|over|between|with|for (?:the|a|our|where|which|what)|:|-))(?!\S)"
)
_LEADS: Final = re.compile(
    r"(?<!\S)(?:(?:it is |choose |choice is |pick |decide )?between"
    r"|(?:the |our |your |my )?(?:options|choices|candidates|alternatives|suggestions|proposals|ideas|places)(?: (?:for|are|is|we|have|to|on|in|the|a|an|\S+)){0,4}? (?:are|:)"
    r"|(?:options|choices|candidates|alternatives|places|restaurants|ideas|days|times|films|movies) in mind(?: ,| :| are)?"
    r"|options|choices|candidates|alternatives)(?!\S)"
)
_PERMITS: Final = re.compile(
    r"(?<!\S)(?:more than one|several|as many|any number|multiple|many|one or more|all that apply)(?!\S)[^.!?;\n]*"
    r"|(?<!\S)say yes to (?:as many|any|several|more)"
)
_VOTING: Final = re.compile(r"(?<!\S)(?:votes?|voting|answers?|picks?|pick|ticks?|tick|choices?|choose|approve|yes|options)(?!\S)")
_RANKED: Final = re.compile(
    r"(?<!\S)(?:rank|ranks|ranked|ranking|rankings|ranked-choice|order of preference|preferential|condorcet|schulze|in order)(?!\S)|>"
)
_PLACE: Final = re.compile(
    r"(?<!\S)(?:where|places?|restaurants?|eat|venues?|bars?|cafés?|cafes?|spots?|pubs?|location|dinner|lunch|brunch|go to|meet at)(?!\S)"
)
_TIME: Final = re.compile(
    r"(?<!\S)(?:when|(?:on|for|about|the|a|which|what) (?:best |right )?(?:times?|dates?|days?|evening|weekday))(?!\S)"
)
_ABOUT: Final = re.compile(
    r"(?<!\S)(?:vote|poll|survey|ballot) (?:on|about|over|for) (?:the |a |our |which |what )?(?P<subject>[^\s.,;:!?]+)"
)
_MEALS: Final = frozenset({"dinner", "lunch", "brunch", "breakfast", "coffee", "drinks"})
_AGAIN: Final = re.compile(r"(?<!\S)(?:again|new|another|second)(?!\S)")
_SHOWN: Final = re.compile(
    r"(?<!\S)(?:vote|poll) (?:on|about|between|for) (?:these|those|them|all of (?:these|those|them)|the list|the (?:first |top )?(?P<count>two|three|four|five|\d))(?!\S)"
)
_COUNTS: Final = {"two": 2, "three": 3, "four": 4, "five": 5}
_NO_ITEM: Final = frozenset(
    """you we i they he she it everyone each everybody people who which where what how when can may should could would please pls thanks with so
    because if let us there vote votes voting pick picks choose several more multiple any is are was be have has not for to from on in than as that
    this these those until till by will must me my your our more also just ok okay lol then whatever do does whoever only but""".split()
)
_BREAKS: Final = frozenset(":()[]!?.;\n=<>")
_QUOTES: Final = frozenset("\"“”„«»'*-–—•")

_RESULTS: Final = re.compile(
    r"(?<!\S)(?:results?|outcome|tally|scores?|standings?|(?:who|what|which)(?: \S+){0,2} (?:winning|leading|ahead|in front|in the lead|won(?= [.?]| *$))"
    r"|(?:the )?winner|how (?:does|do) (?:it|things|we|the (?:vote|votes|poll)) (?:stand|look)|how (?:is|are) the (?:vote|votes|poll|voting)"
    r"|where (?:are|do) we (?:stand|now|at)|count(?: up)? the votes|what came out|what did we (?:vote|choose)|(?:has|have|got|gets|with) (?:the )?most (?:votes|yeses)"
    r"|how (?:did|have) (?:we|people|everyone|everybody) voted?|how many votes|what (?:did|does|do|has|have) (?:everyone|everybody|people|they|the others|the (?:poll|vote|votes)) (?:vote|voted|pick|picked|choose|chosen|say|look)"
    r"|show (?:me |us )?(?:the )?(?:votes|poll|voting)|votes so far"
    r"|who (?:has|have) (?:not )?voted|who did not vote|has everyone voted|have all voted|who is missing)(?!\S)"
)
_SHORT_QUESTION: Final = 9
_NOT_ASKED: Final = re.compile(r"(?<!\S)(?:winner is|result is|score is|outcome is)(?! (?:\.|\?|\n|what|$))")

_CUES: Final = frozenset(
    """vote votes voted voting pick picks picked tick ticks ticked untick unticks unticked approve approves approved want wants wanted like likes
    prefer prefers preferred choose chooses chose choosing choice favourite for gives give gave yes no says said favour favours favor favors goes go
    happy fine okay ok count put down answer answers ballot instead regrets moved moves move switch switches switched change changes changed support
    supports backs back against vetoes rank ranks ranking order takes withdraws retracts drops adds add second only said writes wrote opts agrees
    accepts accept would texted texts messaged meant means reconsidered swaps swapped swap replaces replaced trades exchanges""".split()
)
_OWNED: Final = frozenset(
    """vote votes ballot answer answers choice choices pick picks tick ticks yes first second for in happy fine changed against voting only new final
    preference preferences order ranking changing switching now favourite favorite favourites fav vote's""".split()
)
"""What a name with 's is a voter's: "Viktor's vote", "Viktor's for Karhu"."""
_NOT_MY_CUES: Final = frozenset("choose choosing choice says said say go goes put down for second order would only".split())
_EXPLICIT: Final = re.compile(r"(?<!\S)(?:votes?|voted|voting|ballot|un?ticks?|ticks?|approves?|yes)(?!\S)")
_DECIDES: Final = re.compile(
    r"(?<!\S)(?:decides?|decided|decision|organi[sz]er|host|tie|draw|settles?|settled|final|up to me|final word|choice is mine|my choice|going to|we go|we are going|let us"
    r"|we take|we will|we are having|book|booked|reserve)(?!\S)"
)
_ELSEWISE: Final = re.compile(
    r"(?<!\S)(?:know|knows|ask|asks|asked|wonder|wonders|open|opens|close|closes|closed|book|reserve|address|hours|menu|far|walk|price|prices"
    r"|expensive|cheap|where|when|if|whether|been|near|next to|meet|meets|bring|brings|eat|eats|arrive|arrives)(?!\S)"
)
_ORDERS: Final = re.compile(
    r"(?:can|could|would|will) you(?: please)? (?:put|count|note|change|add|move|switch|give|mark|record|write|set)"
)
_CORRECTS: Final = re.compile(
    r"(?<!\S)(?:sorry|no wait|wait|hold on|hang on|oops|i mean|i meant|or rather|scratch that|correction|actually|nope|, no ,)(?!\S)"
)
_TAKES_BACK: Final = re.compile(
    r"(?<!\S)(?:takes?|took|taking|withdraws?|withdrew|retracts?|removes?|drops?|cancels?|un?ticks?|unticked|moves? away)(?!\S)"
)
_UNTICKS: Final = frozenset("untick unticks unticked unpick unpicks withdraws withdraw retract retracts removes remove drops drop".split())
_SWAPS: Final = frozenset("swap swaps swapped swapping exchange exchanges trade trades replace replaces replaced".split())
"""What stands after them is given up for something else."""
_SAYS_YES: Final = frozenset(
    "tick ticks ticked picks pick picked votes vote voted prefer prefers want wants approve approves give gives gave yes but now choose chooses".split()
)
_YES: Final = frozenset({"yes", "yep", "yeah", "y", "ok", "okay", "sure", "✓", "✔", "👍"})
_NO: Final = frozenset({"no", "nope", "nah", "✗", "✘", "👎"})
_MAYBE: Final = frozenset({"maybe", "perhaps", "possibly"})
_IF_NEEDED: Final = re.compile(
    r"(?<!\S)(?:if needed|if need be|if necessary|if (?:he|she|i|it) must|at a pinch|could live with|can live with|would accept|only if)(?!\S)"
)
_ADDS: Final = re.compile(r"(?<!\S)(?:as well|also|too|additionally|adds?|another|plus)(?!\S)")
_MARKS: Final = re.compile(r"(?<!\S)(?:gives?|gave|ticks?|ticked|unticks?|unticked|takes?|adds?)(?!\S)")
_ONLY: Final = re.compile(r"(?<!\S)(?:only|just|nothing but|nothing else)(?!\S)")
_SPEAKS_FOR_SELF: Final = re.compile(
    r"^(?:and |so |ok |also |please ,? ?)*(?:a )?(?:yes (?:to|for)|vote for|voting for|1 for|rank|ranking|order)(?!\S)"
)
_CHANGES_MIND: Final = re.compile(
    r"(?<!\S)(?:changed? (?:his|her|my|their) mind|second thoughts|not (?:so )?sure any ?more|regrets? it|wrote to me|called me|rang me|told me)(?!\S)"
)
_ORDINALS: Final = {"first": 1, "1st": 1, "1": 1, "best": 1, "second": 2, "2nd": 2, "2": 2, "third": 3, "3rd": 3, "3": 3, "fourth": 4, "4": 4, "4th": 4,
                    "fifth": 5, "5": 5, "5th": 5, "last": MAX_OPTIONS, "lastly": MAX_OPTIONS, "worst": MAX_OPTIONS}  # fmt: skip
_SEVERAL: Final = re.compile(
    r"(?:everything|anything|all(?= (?:but|except) )|(?:all|any|none|either|each) of (?:them|these|those|the (?:options|places|above))"
    r"|all (?P<count>two|three|four|five|six|\d+)(?: of them| options| places)?|all (?:the )?(?:options|places))(?!\S)"
)
_ALL_OF_US: Final = re.compile(r"(?:all|the) (?:of us|(?:two|three|four|five|six|seven|eight|\d) of us)(?!\S)")
_NUMBER_WORDS: Final = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
_MAX_LOOSE: Final = 15
"""In a longer sentence a part of an option's name is just a word."""
_MAX_EVENTS: Final = 60
"""More people and options than this are in no sentence that people write."""
_MAX_TRIGGERS: Final = 5
_LIST_MARK: Final = re.compile(r"(?P<lead>:?)[ \t]*\n\s*(?:[-*•–]|\d{1,2}[.)])(?=\s)")
_DATED: Final = re.compile(r"\d|(?<!\S)(?:mon|tues|wednes|thurs|fri|satur|sun)day(?!\S)")


@dataclass(frozen=True, slots=True)
class _Opened:
    """A poll that the message opens, and which words open it."""

    subject: str
    options: tuple[str, ...]
    method: str
    used: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class _Marks:
    """What somebody says in one message."""

    yes: list[str] = field(default_factory=list[str])
    if_needed: list[str] = field(default_factory=list[str])
    no: list[str] = field(default_factory=list[str])
    withdrawn: list[str] = field(default_factory=list[str])
    """No longer, or not: a yes taken back."""
    adds: bool = False
    only: bool = False
    order: list[int] = field(default_factory=list[int])

    def put(self, label: str, how: str) -> None:
        """Note one answer; the last word on an option counts."""
        for answers in (self.yes, self.if_needed, self.no, self.withdrawn):
            if label in answers:
                answers.remove(label)
        getattr(self, how).append(label)


def read(text: str, context: Context) -> Reading:
    """What `text` says of polls."""
    words = Words.of(_inline(text))
    reading = Reading(text)
    opened = _opened(words, context)
    if opened:
        reading.calls.append(Call("open_poll", {"subject": opened.subject, "options": list(opened.options), "method": opened.method}))
        for span in opened.used:
            reading.use(*words.span(*span))
    elif _announced(_visible(words, context)) and not any(poll.get("status") != "closed" for poll in context.polls):
        reading.asks.add("poll")
        _use_announcement(reading, words)
    poll = _poll(opened, context)
    if poll is None:
        return reading
    voters = _Votes(words, context, poll, [] if opened is None else opened.used)
    reading.calls += voters.calls()
    for span in voters.used:
        reading.use(*words.span(*span))
    reading.last_person = next((name for name in reversed(voters.marks) if name != ME), None)
    for first, last in _asks_result(_visible(words, context)):
        if not any(call.name == "poll_results" for call in reading.calls):
            reading.calls.append(Call("poll_results"))
        reading.use(*words.span(first, last))
    return reading


def _inline(text: str) -> str:
    """The text, at its length, with a list of lines as a list with commas, and "1." as "1)", which ends no sentence."""

    def comma(found: re.Match[str]) -> str:
        return (found["lead"] or ",") + " " * (len(found[0]) - 1)

    return re.sub(r"(?<!\S)(\d)\.(?=\s*[^\W\d])", r"\1)", _LIST_MARK.sub(comma, text))


def _poll(opened: _Opened | None, context: Context) -> Json | None:
    """The poll that votes go to: the one that is opened here, else the last one."""
    if opened:
        return {"method": opened.method, "options": [{"label": label} for label in opened.options], "ballots": {}}
    return context.polls[-1] if context.polls else None


def _visible(words: Words, context: Context) -> Words:
    """The words without what is quoted: the name of a place gives no orders."""
    names = Names(words, context)
    return words.masked(index for quote in names.quotes for index in range(quote.first, quote.last))


# Opening a poll


def _announced(words: Words) -> bool:
    return bool(_OPENS.search(_marked(words)))


def _marked(words: Words) -> str:
    """The plain text with a mark where it begins, for patterns that look for the beginning of a sentence."""
    return f"¶ {words.plain}"


def _triggers(words: Words) -> list[tuple[int, int]]:
    """Where it is said that there is to be a vote."""
    found = _OPENS.finditer(_marked(words))
    spans = ((max(0, match.start() - 2), max(1, match.end() - 2)) for match in found)
    return [(words.index(start), words.index(end - 1) + 1) for start, end in spans][:_MAX_TRIGGERS]


def _opened(words: Words, context: Context) -> _Opened | None:
    """The poll that is opened, if the message lists its options."""
    shown = _visible(words, context)
    triggers = _triggers(shown)
    polls = [poll for poll in context.polls if poll.get("status") != "closed"]
    earlier = (
        []
        if polls or triggers
        else [Words.of(text) for text in context.earlier[-_MEMORY:] if _announced(_visible(Words.of(text), context))]
    )
    if not triggers and not earlier:
        return None
    listed = _of_the_list(shown, triggers, context) or _listed(words, triggers, Names(words, context))
    again = _AGAIN.search(words.plain) is not None
    if listed is None or (not again and _same_poll(listed[0], polls)):
        return None
    labels, spans = listed
    about = " . ".join([*(text.plain for text in earlier), *(_sentence_text(words, first) for first, _ in (*triggers, *spans))])
    method = (
        "ranked"
        if _RANKED.search(about) or any(_RANKED.search(_sentence_text(words, first)) for first, _ in words.sentences)
        else "approval"
    )
    subject = _subject(about, labels, context) or _subject(" . ".join(context.earlier[-_MEMORY:]).lower(), labels, context) or "choice"
    return _Opened(subject, tuple(labels), method, tuple(_opening_spans(words, triggers, spans)))


def _same_poll(labels: Sequence[str], polls: Sequence[Json]) -> bool:
    """Whether these are the options of the poll that is open."""
    known = {str(option.get("label", "")).casefold() for option in polls[-1].get("options") or ()} if polls else set[str]()
    return {label.casefold() for label in labels} == known


def _sentence_text(words: Words, index: int) -> str:
    first, last = words.sentence(index)
    return " ".join(words.at(n) for n in range(first, last))


_Listed = tuple[list[str], list[tuple[int, int]]]


def _of_the_list(words: Words, triggers: Sequence[tuple[int, int]], context: Context) -> _Listed | None:
    """As in "Let's vote on these": the items of the list shown last."""
    found = _SHOWN.search(words.plain) if triggers else None
    labels = [str(item.get("label") or item.get("name") or "") for item in context.shown.get("items") or ()]
    if found is None or context.shown.get("of") not in {"venues", "slots"}:
        return None
    count = _COUNTS.get(found["count"] or "", int(found["count"]) if (found["count"] or "").isdigit() else MAX_OPTIONS)
    labels = [label for label in labels if label][: min(count, MAX_OPTIONS)]
    return (labels, [words.found(found)]) if len(labels) > 1 else None


def _listed(words: Words, triggers: Sequence[tuple[int, int]], names: Names) -> _Listed | None:
    """The options that are listed after a vote is announced, in its sentence or near it, and the words that list them."""
    for start, lead in _starts(words, triggers):
        end = words.sentence(start)[1]
        labels, last = _items(words, start, end, names)
        if len(labels) > 1:
            return labels[:MAX_OPTIONS], [(lead, last)]
    return None


def _starts(words: Words, triggers: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Where a list of options may begin, the likeliest first, and where the words that lead to it begin."""
    near = _sentences_near(words, triggers)
    leads = sorted(words.found(found) for found in _LEADS.finditer(words.plain))
    for first, last in near:
        inside = [(at, after) for at, after in leads if first <= at < last]
        yield from ((after + (words.at(after) in {":", ","}), at) for at, after in inside)
        colons = [index for index in range(first, last) if words.at(index) == ":"]
        yield from ((colon + 1, max([first, *(at for at, _ in triggers if first <= at < colon)])) for colon in colons)
        yield from ((_past(words, after), at) for at, after in triggers if first <= at < last)
        if any(words.at(n) == "or" for n in range(first, last)):
            yield from ((n + 1, first) for n in range(first, last - 1) if words.at(n) in _BEFORE_CHOICES)
    whole = [(first, last) for first, last in near if not triggers or not any(first <= at < last for at, _ in triggers)]
    yield from ((first, first) for first, _ in whole)


def _past(words: Words, index: int) -> int:
    """The word after "on", "between" or "about"."""
    while words.at(index) in {"on", "about", "over", "between", "for", "with", "of", "again", ","}:
        index += 1
    return index


_BEFORE_CHOICES: Final = frozenset("to at for have do see watch play choose either".split())


def _sentences_near(words: Words, triggers: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The sentence that announces a vote, the two after it and the one before; all, if an earlier message has announced it."""
    every = list(words.sentences)
    if not triggers:
        return every[:_MAX_ITEM]
    at = next((n for n, (first, last) in enumerate(every) if first <= triggers[0][0] < last), 0)
    return [*every[at : at + 3], *every[max(0, at - 1) : at]]


def _items(words: Words, start: int, end: int, names: Names) -> tuple[list[str], int]:
    """The items of a list that begins at a word, and where it ends."""
    separators = _separators(words, start, end)
    items: list[tuple[int, int]] = []
    first = start
    index = start
    while index <= end:
        plain = words.at(index) if index < end else "."
        stops = plain in _BREAKS or (plain in _NO_ITEM and words.words[index].said != "I" and not (plain == "in" and index > first))
        if plain in separators or (plain == "," and "," not in separators) or stops or index == end:
            if index > first:
                items.append((first, index))
            first = index + 1
            if stops or plain not in separators:
                break
        index += 1
    labels = [_label(words, *span) for span in items]
    if any(_is_person(words, span, names) for span in items) or any(span[1] - span[0] > _MAX_ITEM for span in items):
        return [], start
    unique = {label.casefold(): label for label in reversed(labels) if label}
    return list(reversed(unique.values())), max([start + 1, *(last for _, last in items)])


def _separators(words: Words, start: int, end: int) -> frozenset[str]:
    """What stands between the items: slashes, semicolons, or commas and "or"; "and" only where no "or" follows."""
    inside = [words.at(index) for index in range(start, end)]
    if "/" in inside:
        return frozenset({"/", "or"})
    if "|" in inside:
        return frozenset({"|"})
    stop = next((n for n, plain in enumerate(inside) if plain in _BREAKS or plain in _NO_ITEM), len(inside))
    joined = "or" in inside[:stop] and "and" in inside[: inside.index("or")] and "," not in inside[:stop]
    return frozenset({",", "or", "vs", "versus", "either", "maybe", "both"} | (set[str]() if joined else {"and"}))


def _label(words: Words, first: int, last: int) -> str:
    while first < last and (words.at(first) in _QUOTES or words.at(first) in {"either", "maybe", "at", "the"}) and last - first > 1:
        first += 1
    while first < last and words.at(last - 1) in _QUOTES | {"instead", "there", "again"}:
        last -= 1
    said = " ".join(word.said for word in words.words[first:last])
    return said[:1].upper() + said[1:] if any(c.isalnum() for c in said) else ""


def _is_person(words: Words, span: tuple[int, int], names: Names) -> bool:
    return span[1] - span[0] == 1 and (names.known_at(span[0]) is not None or words.at(span[0]) in {"me", "myself"})


def _subject(about: str, labels: Sequence[str], context: Context) -> str | None:
    """What the poll is about, in a word, if a text tells."""
    venues = {str(venue.get("name", "")).casefold() for venue in context.venues}
    if context.shown.get("of") == "slots" and _SHOWN.search(about):
        return "time"
    if _TIME.search(about) and not re.search(r"(?<!\S)(?:where|places?|restaurants?|venues?)(?!\S)", about):
        return "time"
    if _PLACE.search(about) or {label.casefold() for label in labels} & venues or _SHOWN.search(about):
        return "venue"
    found = _ABOUT.search(about)
    if found and found["subject"] not in STOP and found["subject"] not in " ".join(labels).casefold().split():
        return found["subject"]
    return "venue" if context.plan.get("kind") in _MEALS else None


def _opening_spans(words: Words, triggers: Sequence[tuple[int, int]], lists: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The words that open the poll: from where they begin to the end of their sentences, and what says how to vote."""
    for first, last in sorted([*triggers, *lists]):
        start, end = words.sentence(first)
        polite = all(words.at(n) in STOP or words.at(n) in _QUOTES | {","} for n in range(start, first))
        listed = max([last, *(beyond for at, beyond in lists if start <= at < end)])
        dated = any(_DATED.search(words.at(n)) for n in range(listed, end))
        yield (start if polite else first), (listed if dated else max(last, end))
    opening = {words.sentence(first) for first, _ in (*triggers, *lists)}
    for first, last in words.sentences:
        said = _sentence_text(words, first)
        if (first, last) not in opening and _PERMITS.search(said) and _VOTING.search(said):
            yield first, last


def _use_announcement(reading: Reading, words: Words) -> None:
    """Blank out what announces a vote of which the options are not said yet."""
    for first, last in _triggers(words):
        _, end = words.sentence(first)
        polite = first
        while polite > 0 and (words.at(polite - 1) in STOP or words.at(polite - 1) == "?"):
            polite -= 1
        reading.use(*words.span(polite, max(last, end)))


# Asking for the result


def _asks_result(words: Words) -> Iterator[tuple[int, int]]:
    """The sentences that ask how a poll stands."""
    for first, last in words.sentences:
        said = _sentence_text(words, first).strip()
        short = last - first <= _SHORT_QUESTION or "?" in said
        if short and _RESULTS.search(said) and not _NOT_ASKED.search(said):
            start = first
            while start > 0 and words.at(start - 1) in STOP | {"?"}:
                start -= 1
            yield start, last


# Voting


@dataclass(frozen=True, slots=True)
class _Event:
    """Somebody or an option, where it is named."""

    first: int
    last: int
    people: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


_COMMON: Final = _NO_ITEM | frozenset("place restaurant ravintola cafe café kahvila baari bistro about after before".split())


class _Options:
    """The options of a poll, as people name them: whole or by a word of their own, in any case, with a slip of the pen."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = labels
        self.whole = {Words.of(label).plain: label for label in labels}
        self.longest = max((len(Words.of(label)) for label in labels), default=1)
        every = [(word, label) for label in labels for word in Words.of(label).plain.split()]
        own = {
            word: {label for other, label in every if other == word}
            for word, _ in every
            if len(word) >= _LONG_ENOUGH and word not in _COMMON
        }
        self.parts = {word: next(iter(found)) for word, found in own.items() if len(found) == 1}
        self._likely: dict[str, str | None] = {}

    def at(self, words: Words, index: int) -> tuple[str, int] | None:
        """The option that is named there, and how many words that takes."""
        for count in range(self.longest, 0, -1):
            phrase = " ".join(words.at(n) for n in range(index, index + count))
            if phrase in self.whole:
                return self.whole[phrase], count
        label = self.parts.get(words.at(index)) or self._close(words.at(index))
        if label is None:
            return None
        count = 1
        while self.parts.get(words.at(index + count)) == label and words.at(index + count) not in self.whole:
            count += 1
        return label, count

    def _close(self, plain: str) -> str | None:
        if len(plain) < _LONG_ENOUGH or plain in STOP or plain in _CUES:
            return None
        if plain not in self._likely:
            found = {label for word, label in self.parts.items() if fuzz.ratio(plain, word) >= _CLOSE}
            self._likely[plain] = next(iter(found)) if len(found) == 1 else None
        return self._likely[plain]


class _Votes:
    """The votes of one message: each sentence is cut at the people it names, and each option goes to the person before it, or after."""

    def __init__(self, words: Words, context: Context, poll: Json, opening: Sequence[tuple[int, int]]) -> None:
        self.words, self.context, self.poll = words, context, poll
        self.labels = [str(option.get("label", "")) for option in poll.get("options") or ()]
        self.options = _Options([label for label in self.labels if label])
        self.names = Names(words, context, self.labels)
        self.marks: dict[str, _Marks] = {}
        self.used: list[tuple[int, int]] = []
        self._opening = opening
        self._voter: tuple[str, ...] = ()
        self._read()

    @cached_property
    def _hidden(self) -> frozenset[int]:
        """Words in quotation marks that nobody is said to have said."""
        return frozenset(n for quote in self.names.quotes if not quote.by for n in range(quote.first, quote.last))

    @property
    def ranked(self) -> bool:
        return self.poll.get("method") == "ranked"

    def _read(self) -> None:
        minds: list[tuple[int, int]] = []
        for first, last in self.words.sentences:
            if self._hidden & {first} or any(first < end and start < last for start, end in self._opening):
                continue
            said = _sentence_text(self.words, first).strip()
            events = self._events(first, last)
            if len(events) <= _MAX_EVENTS and any(event.labels for event in events) and self._counts(said, events):
                self._sentence(first, last, events, said)
            elif (events and _CHANGES_MIND.search(said)) or said.startswith("wait "):
                minds.append((first, last))
                self._voter = next((event.people for event in reversed(events) if event.people), self._voter)
            elif not (first > 0 and self._voter and not events):
                self._voter = ()
        if self.marks:
            self.used += minds

    def _events(self, first: int, last: int) -> list[_Event]:
        """People and options in the order in which a sentence names them."""
        events: list[_Event] = []
        index = first
        while index < last:
            event = None if index in self._hidden else self._option(index) or self._person(index, first)
            if event is None:
                index += 1
                continue
            index = event.last
            if events and event.people and events[-1].people and self._only_joins(events[-1].last, event.first):
                event = _Event(events[-1].first, event.last, tuple(dict.fromkeys((*events.pop().people, *event.people))))
            events.append(event)
        return events

    def _only_joins(self, first: int, last: int) -> bool:
        between = [self.words.at(n) for n in range(first, last)]
        return bool(between) and set(between) <= {"and", ",", "both"} and len(between) <= 2  # noqa: PLR2004  a comma and an "and"

    def _option(self, index: int) -> _Event | None:
        plain, words = self.words.at(index), self.words
        if found := self.options.at(words, index):
            return _Event(index, index + found[1], labels=(found[0],))
        if plain in {"option", "number"} and words.at(index + 1).isdigit() and 0 < int(words.at(index + 1)) <= len(self.labels):
            return _Event(index, index + 2, labels=(self.labels[int(words.at(index + 1)) - 1],))
        if plain in _ORDINALS and words.at(index + 1) in {"option", "choice"} and 0 < _ORDINALS[plain] <= len(self.labels):
            return _Event(index, index + 2, labels=(self.labels[_ORDINALS[plain] - 1],))
        return self._several(index)

    def _several(self, index: int) -> _Event | None:
        """As in "All of them", "all three", "none of them", "anything but Karhu"."""
        words = self.words
        said = " ".join(words.at(n) for n in range(index, index + 4))
        found = None if _ALL_OF_US.match(said) else _SEVERAL.match(said)
        if found is None or (found["count"] and found["count"] not in {str(len(self.labels)), _NUMBER_WORDS.get(len(self.labels))}):
            return None
        end = index + len(found[0].split())
        if words.at(end) in {"but", "except"} and (besides := self.options.at(words, end + 1)):
            return _Event(index, end + 1 + besides[1], labels=tuple(label for label in self.labels if label != besides[0]))
        return _Event(index, end, labels=tuple(self.labels)) if found[0] not in {"anything", "all"} else None

    def _person(self, index: int, first: int) -> _Event | None:
        plain, words = self.words.at(index), self.words
        after = words.at(index + 1)
        if plain == "me" and not (
            after == ":" or index == first or words.at(index - 1) in {"for", "count", "put", "and", ",", "mark", "from"}
        ):
            return None
        if group := _ALL_OF_US.match(" ".join(words.at(n) for n in range(index, index + 4))):
            return _Event(index, index + len(group[0].split()), people=self.context.roster)
        if plain in {"everyone", "everybody"} and after in _CUES:
            return _Event(index, index + 1, people=self.context.roster)
        if plain == "we" and (after in {"vote", "voted", "pick", "tick", "approve"} or (after == "all" and words.at(index + 2) in _CUES)):
            return _Event(index, index + 1, people=self.context.roster)
        if after == "'s" and words.at(index + 2) not in _OWNED and not self.options.at(words, index + 2):
            return None
        if plain in {"i", "me", "my", "mine", "he", "she", "his", "her", "him"}:
            name = self.names.person(index)
        else:
            new = after in _CUES | {":", "'s", "has"} or words.at(index + 2) in {"vote", "ballot"}
            name = self.names.known_at(index) or (self.names.new_at(index) if new else None)
        return _Event(index, index + 1, people=(name,)) if name else None

    def _counts(self, said: str, events: Sequence[_Event]) -> bool:
        """Whether a sentence that names an option may be a vote at all."""
        quoted = any(quote.first <= event.first < quote.last for quote in self.names.quotes for event in events)
        explicit = bool(_EXPLICIT.search(said))
        if said.endswith("?") and not _ORDERS.search(said) and not quoted:
            return False
        if _DECIDES.search(said) and not explicit and not quoted:
            return False
        whole = any(" ".join(self.words.at(n) for n in range(e.first, e.last)) in self.options.whole for e in events if e.labels)
        return explicit or quoted or (not _ELSEWISE.search(said) and (whole or len(said.split()) <= _MAX_LOOSE))

    def _sentence(self, first: int, last: int, events: list[_Event], said: str) -> None:
        """Give each option of a sentence to whom it belongs."""
        if not events[0].people and not any(event.people for event in events):
            voter = self._voter or (
                (self.context.speaker,) if _SPEAKS_FOR_SELF.search(said) or (self.ranked and _RANKED.search(said)) else ()
            )
            pairs = [(voter, event) for event in events] if voter else []
        else:
            pairs = list(self._pairs(events))
        if not pairs or not self._is_vote(first, last, events, pairs):
            self._voter = ()
            return
        before = first
        how = "yes"
        dated = bool(_DATED.search(said))
        for people, event in pairs:
            start = max([before, *(other.last for other in events if other.people and before <= other.first < event.first)])
            gap = " ".join(self.words.at(n) for n in range(before, event.first))
            how = self._answer(how if start == before and before > first else "yes", start, event, pairs, said)
            self._put(people, event, how, gap, said)
            self.used.append(self._span(first, last, event, events) if dated else (first, last))
            before = event.last
        self._voter = pairs[-1][0]

    def _pairs(self, events: Sequence[_Event]) -> Iterator[tuple[tuple[str, ...], _Event]]:
        """Each option with the people named before it; where a sentence begins with an option, with those after it."""
        object_first = bool(events[0].labels) and not self._voter_goes_on(events)
        people: tuple[str, ...] = self._voter
        for index, event in enumerate(events):
            if event.people:
                people = event.people
                continue
            after = next((other.people for other in events[index:] if other.people), people)
            yield (after if object_first else people), event

    def _voter_goes_on(self, events: Sequence[_Event]) -> bool:
        """Whether the first option belongs to whom the sentence before spoke of."""
        inside = {
            event.first for event in events if any(quote.by and quote.first <= event.first < quote.last for quote in self.names.quotes)
        }
        return bool(self._voter) and events[0].first in inside

    def _is_vote(self, first: int, last: int, events: Sequence[_Event], pairs: Sequence[tuple[tuple[str, ...], _Event]]) -> bool:
        """Whether there is a word of voting, a label ("Hana: Karhu"), a quotation, or nothing but people and options."""
        people = {person for group, _ in pairs for person in group}
        if not people:
            return False
        named = {n for event in events for n in range(event.first, event.last)}
        rest = [
            self.words.at(n) for n in range(first, last) if n not in named and self.words.at(n) not in SENTENCE_ENDS | {",", "and", "or"}
        ]
        labelled = any(event.people and self.words.at(event.last) in {":", "=", "-"} for event in events)
        quoted = any(quote.by and quote.first <= event.first < quote.last for quote in self.names.quotes for event in events)
        plain = set(rest) <= _YES | _NO | _MAYBE | {":", "now", "lol", "please", "pls", "too", "also", "for", "not", "only"}
        only_me = people == {self.context.speaker} and not any(self.words.at(event.first) in {"my", "mine"} for event in events)
        cues = _CUES - _NOT_MY_CUES if only_me else _CUES
        forms = " ".join(rest)
        asked = re.search(r"(?<!\S)(?:count in|count|put down|put|for)(?!\S)", forms) and any(
            self.words.at(event.first) == "me" for event in events
        )
        polite = only_me and re.search(r"(?<!\S)would (?:be happy|like|prefer|vote|pick|love|want)(?!\S)", forms)
        cues = cues | ({"with"} if _IF_NEEDED.search(forms) else frozenset[str]())
        return bool(
            labelled or quoted or (plain and any(event.people for event in events)) or set(rest) & cues or asked or polite or self._voter
        )

    def _answer(self, how: str, start: int, event: _Event, pairs: Sequence[tuple[tuple[str, ...], _Event]], said: str) -> str:
        """What is said to an option: yes, if_needed, no or withdrawn, by the words before it and after it."""
        if after := self._said_after(event, pairs):
            return after
        lead = [self.words.at(n) for n in range(start, event.first)]
        words = " ".join(lead)
        moves = re.search(r"(?<!\S)from(?!\S).*(?<!\S)to(?!\S)", said) is not None
        if set(lead) & _MAYBE or _IF_NEEDED.search(words):
            return "if_needed"
        if "against" in lead or words.endswith("no to"):
            return "no"
        if (
            set(lead) & (_UNTICKS | _SWAPS | {"not", "without"})
            or re.search(r"no longer|instead of|rather than", words)
            or words.endswith((" no", "no more"))
            or words == "no"
        ):
            return "withdrawn"
        if moves and "from" in lead and "to" not in lead[lead.index("from") :]:
            return "withdrawn"
        if words in {"to", "over", "rather than"} and re.search(r"(?<!\S)prefers?(?!\S)", said) and not moves:
            return "withdrawn"
        return "yes" if set(lead) & (_SAYS_YES | {"to", "for"}) else how

    def _said_after(self, event: _Event, pairs: Sequence[tuple[tuple[str, ...], _Event]]) -> str | None:
        """An answer behind an option: "Karhu yes", "Karhu: no", "gives Karhu a yes", "takes his yes for Karhu back"."""
        until = min([event.last + 4, *(other.first for _, other in pairs if other.first > event.first)])
        rest = [self.words.at(n) for n in range(event.last, max(until, event.last + 1))]
        while rest and rest[0] in {":", "=", "-", "a", "is", "(", "gets"}:
            rest.pop(0)
        word, following = (rest[0] if rest else ""), (rest[1] if len(rest) > 1 else "")
        if word == "back" and _TAKES_BACK.search(_sentence_text(self.words, event.first)):
            return "withdrawn"
        if _IF_NEEDED.match(" ".join(rest)):
            return "if_needed"
        if following.isalpha() and following not in {"and", "from", "as", "too", "lol", "now", "please", "but"}:
            return None
        return "yes" if word in _YES else "no" if word in _NO else "if_needed" if word in _MAYBE else None

    def _put(self, people: Sequence[str], event: _Event, how: str, gap: str, said: str) -> None:
        for person in people:
            marks = self.marks.setdefault(person, _Marks())
            if _CORRECTS.search(gap) and (marks.yes or marks.if_needed):
                marks.yes, marks.if_needed = [], []
            for label in event.labels:
                none = self.words.at(event.first) == "none"
                marks.put(label, "no" if none else how)
            marks.order += self._ordinals(event)
            marks.adds = marks.adds or bool(_MARKS.search(said)) or (bool(_ADDS.search(said)) and len(marks.yes) == 1)
            marks.only = marks.only or bool(_ONLY.search(said))

    def _ordinals(self, event: _Event) -> list[int]:
        """The place that an option is given: "first Karhu", "Karhu second", "1) Karhu"."""
        before = event.first - (2 if self.words.at(event.first - 1) in {")", ":"} else 1)
        near = [self.words.at(before), self.words.at(event.last)]
        return [_ORDINALS[word] for word in near if word in _ORDINALS][:1]

    def _span(self, first: int, last: int, event: _Event, events: Sequence[_Event]) -> tuple[int, int]:
        """What one vote uses up in a sentence that speaks of days and hours as well: the few words before it, and its answer."""
        start = event.first
        names = {n for other in events if other.people for n in range(other.first, other.last)}
        while start > max(first, event.first - _MAX_ITEM) and self.words.at(start - 1) not in {",", ";", ":"} and start - 1 not in names:
            start -= 1
            if self.words.at(start) == "and":
                break
        if self.words.at(start - 1) in {"i", "my", "he", "she", "his", "her"} and start > first:
            start -= 1
        if self.words.at(start - 1) == ":" and start - 2 in names:
            start -= 2
        end = event.last
        while end < last and self.words.at(end) in _YES | _NO | _MAYBE | {":", "a", "only", "too", "instead"}:
            end += 1
        return start, end

    def calls(self) -> list[Call]:
        """One call of `vote` for each voter."""
        made = (self._ranking(person, marks) or self._ballot(person, marks) for person, marks in self.marks.items())
        return [Call("vote", args) for args in made if args]

    def _ranking(self, person: str, marks: _Marks) -> Json | None:
        said = " ".join(_sentence_text(self.words, first) for first, _ in self.used)
        if not self.ranked and not (_RANKED.search(said) and len(marks.yes) > 1):
            return None
        ordered = len(marks.order) == len(marks.yes)
        ranking = (
            [label for _, label in sorted(zip(marks.order, marks.yes, strict=True), key=lambda pair: pair[0])] if ordered else marks.yes
        )
        return {"person": person, "ranking": ranking, "replace": True} if ranking else {}

    def _ballot(self, person: str, marks: _Marks) -> Json | None:
        """The answers of a person; those that are taken back are left out of the ballot as it was."""
        old = self._old(person)
        answers: dict[str, list[str]] = {"yes": marks.yes, "if_needed": marks.if_needed, "no": marks.no}
        merges = marks.adds and "yes" in old.values() and not marks.only
        if marks.withdrawn and not marks.only and old:
            said = {label for listed in (*answers.values(), marks.withdrawn) for label in listed}
            kept = {label: answer for label, answer in old.items() if label not in said}
            answers = {how: [label for label in self.labels if kept.get(label) == how] + answers[how] for how in answers}
            merges = False
        elif merges and marks.withdrawn:
            merges = False
        if not any(answers.values()):
            answers["no"] = marks.withdrawn
        given = {how: listed for how, listed in answers.items() if listed}
        return {"person": person, **given, "replace": not merges} if given else None

    def _old(self, person: str) -> Mapping[str, str]:
        """The ballot that somebody has cast in this poll."""
        ballots = self.poll.get("ballots") or {}
        found = next((ballot for name, ballot in ballots.items() if name.casefold() == person.casefold()), {})
        return found if isinstance(found, Mapping) else {}
