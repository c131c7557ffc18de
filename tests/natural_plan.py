"""NATURAL PLAN's calendar tasks for the tests: their facts, which slots are valid, and the same task in other words.

The tasks are read from where they lie and are no part of the project. The parser knows the wording of these tasks and nothing else, so
that the product is not measured with its own grammar. `paraphrases` renders the facts anew by a fixed set of rules, written before the
product's grammar was; `read_back` reads any such text again, and fails on what it does not know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final, Literal
from zoneinfo import ZoneInfo

from planner_talk import Talk

from vibehuntr_agent.planning.finder import Preference, Window
from vibehuntr_agent.planning.phrases import window_on

TASKS: Final = Path("/work/shared/naturalplan/calendar_scheduling_0-199.jsonl")
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
Minutes = tuple[int, int]
Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it is published."""

    name: str
    text: str
    solution: str


@dataclass(frozen=True, slots=True)
class Limit:
    """Somebody does not meet before or after a time; `hard` when they cannot, else they would rather not. Both bind a valid slot."""

    person: str
    side: Side
    minute: int
    hard: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What a task says. Times are minutes after midnight."""

    people: tuple[str, ...]
    minutes: int
    day: str
    hours: Minutes
    busy: dict[str, tuple[Minutes, ...]]
    limits: tuple[Limit, ...] = ()
    earliest: bool = False


def tasks() -> tuple[Task, ...]:
    """The tasks 0-199, in their order. Raises FileNotFoundError where they do not lie."""
    rows = [json.loads(line) for line in TASKS.read_text().splitlines()]
    return tuple(Task(row["id"], row["input"], row["expected_properties"]["golden_plan"]) for row in rows)


def made_tasks(count: int) -> tuple[Task, ...]:
    """Tasks of our own in the same words, each with a solution: for a machine on which the published ones do not lie."""
    random = Random(count)  # noqa: S311  the same tasks in every run
    found: list[Task] = []
    while len(found) < count:
        facts = _made_facts(random)
        starts = range(facts.hours[0], facts.hours[1] - facts.minutes + 1, 30)
        valid = next((start for start in starts if not problems(facts, facts.day, start, start + facts.minutes)), None)
        if valid is not None:
            times = " - ".join(f"{m // 60}:{m % 60:02d}" for m in (valid, valid + facts.minutes))
            found.append(Task(f"made_{len(found)}", _written(facts), f"Here is the proposed time: {facts.day}, {times}"))
    return tuple(found)


def _made_facts(random: Random) -> Facts:
    people = tuple(random.sample(("Ida", "Otto", "Mia", "Kurt", "Vera", "Hugo", "Nora"), random.randint(2, 4)))
    busy = {
        name: tuple((n, n + random.choice((30, 60))) for n in sorted(random.sample(range(540, 1020, 90), random.randint(0, 4))))
        for name in people
    }
    limits = (
        Limit(people[0], random.choice(("before", "after")), random.choice((660, 780, 900)), random.random() < 0.5),
    ) * random.randint(0, 1)
    return Facts(people, random.choice((30, 60)), "Monday", (540, 1020), busy, limits, earliest=random.random() < 0.3)


def _written(facts: Facts) -> str:
    """The facts as the published tasks write them."""
    clock = "{0[0]}:{0[1]:02d}".format
    rows = [
        f"{name} is busy on Monday during {', '.join(' to '.join(clock(divmod(m, 60)) for m in span) for span in spans)}; "
        if spans
        else f"{name} is free the entire day."
        for name, spans in facts.busy.items()
    ]
    length = "one hour" if facts.minutes == 60 else "half an hour"
    find = "Find a time that works for everyone's schedule and constraints. "
    limits = [
        f"{one.person} {'can not meet' if one.hard else 'would rather not meet'} on Monday {one.side} {clock(divmod(one.minute, 60))}. "
        for one in facts.limits
    ]
    return "\n".join(
        [
            f"{_PREAMBLE}You need to schedule a meeting for {', '.join(facts.people[:-1])} and {facts.people[-1]} for {length} between the work hours of 9:00 to 17:00 on Monday. ",
            "", "Here are the existing schedules for everyone during the day: ", *rows, "",
            *(["The group would like to meet at their earlist availability."] if facts.earliest else []),
            "".join([*limits, find]), "SOLUTION: ",
        ]
    )  # fmt: skip


# What a task says

_ASK: Final = re.compile(
    r"You need to schedule a meeting for (?P<people>.+) for (?P<length>half an hour|one hour) between the work hours of "
    r"(?P<low>\d+:\d\d) to (?P<high>\d+:\d\d) on (?P<day>\w+day)\."
)
_BUSY: Final = re.compile(
    r"(?P<name>\w+) (?:has blocked their calendar|has meetings|is busy) on (?P<day>\w+day) during (?P<spans>[\d: to,]+);"
)
_FREE: Final = re.compile(
    r"(?P<name>\w+?)(?: is free the entire day|'s calendar is wide open the entire day| ?has no meetings the whole day)\."
)
_LIMIT: Final = re.compile(
    r"(?P<name>\w+) (?P<how>can not meet|do not want to meet|would rather not meet|would like to avoid more meetings) "
    r"on (?P<day>\w+day) (?P<side>before|after) (?P<minute>\d+:\d\d)\. (?P<rest>.*)"
)
_IGNORED: Final = re.compile(
    r"|Here are the existing schedules for everyone during the day:|Find a time that works for everyone's schedule and constraints\.|SOLUTION:"
)
_EARLIEST: Final = re.compile(r"(?:The group|You) would like to (?:meet|schedule the meeting) at their earlist availability\.")


def parse(text: str) -> Facts:
    """The facts of a task as it stands. Raises ValueError for a line that it does not know."""
    first, *lines = (line.strip() for line in text.split("TASK:")[1].strip().splitlines())
    ask = _found(_ASK, first)
    people = tuple(re.split(r", | and ", ask["people"]))
    busy: dict[str, tuple[Minutes, ...]] = {}
    limits: list[Limit] = []
    earliest = False
    for line in lines:
        if match := _BUSY.fullmatch(line):
            busy[match["name"]] = _spans(match["spans"])
        elif match := _FREE.fullmatch(line):
            busy[match["name"]] = ()
        elif match := _LIMIT.fullmatch(line):
            limits.append(
                Limit(match["name"], "before" if match["side"] == "before" else "after", _clock(match["minute"]), "can" in match["how"])
            )
            _found(_IGNORED, match["rest"])
        elif _EARLIEST.fullmatch(line):
            earliest = True
        else:
            _found(_IGNORED, line)
    if set(busy) != set(people) or {limit.person for limit in limits} - set(people):
        raise ValueError(f"names do not match in: {text}")
    minutes = 60 if ask["length"] == "one hour" else 30
    return Facts(people, minutes, ask["day"], (_clock(ask["low"]), _clock(ask["high"])), busy, tuple(limits), earliest)


def _found(pattern: re.Pattern[str], line: str) -> re.Match[str]:
    match = pattern.fullmatch(line)
    if not match:
        raise ValueError(f"not a line of these tasks: {line!r}")
    return match


def _clock(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _spans(text: str) -> tuple[Minutes, ...]:
    return tuple((_clock(low), _clock(high)) for low, high in re.findall(r"(\d+:\d\d) to (\d+:\d\d)", text))


# Which slots are valid


def read_solution(text: str) -> tuple[str, int, int]:
    """Day, start and end of a published solution."""
    match = _found(re.compile(r"Here is the proposed time: (\w+), (\d+:\d\d) - (\d+:\d\d)"), text.strip())
    return match[1], _clock(match[2]), _clock(match[3])


def problems(facts: Facts, day: str, start: int, end: int) -> list[str]:
    """The constraints that a slot breaks; a valid one breaks none."""
    said = [f"is on {day}"] * (day != facts.day) + [f"lasts {end - start} minutes"] * (end - start != facts.minutes)
    said += ["lies outside the hours"] * (start < facts.hours[0] or end > facts.hours[1])
    said += [f"{name} is busy" for name, spans in facts.busy.items() for low, high in spans if low < end and start < high]
    said += [
        f"{one.person}: not {one.side} {one.minute}"
        for one in facts.limits
        if (start < one.minute if one.side == "before" else end > one.minute)
    ]
    sooner = range(facts.hours[0], start) if facts.earliest and not said else ()
    return said + [f"{minute} is earlier" for minute in sooner if not problems(_plain(facts), day, minute, minute + facts.minutes)][:1]


async def answer_problems(task: Task, text: str) -> list[str]:
    """What the first slot that the keyless planner proposes for `text` breaks; "no slot" when it proposes none."""
    talk = Talk()
    await talk.open()
    await talk.say(text)
    items = (await talk.state()).get("list", {}).get("items") or [{}]
    await talk.runner.close()
    if not items[0].get("start"):
        return ["no slot"]
    start, end = (datetime.fromisoformat(items[0][key]) for key in ("start", "end"))
    return problems(
        parse(task.text),
        DAYS[start.weekday()] if start.weekday() < len(DAYS) else "weekend",
        *(m.hour * 60 + m.minute for m in (start, end)),
    )


def _plain(facts: Facts) -> Facts:
    return Facts(facts.people, facts.minutes, facts.day, facts.hours, facts.busy, facts.limits)


def availability_of(facts: Facts, monday: date, zone: ZoneInfo) -> tuple[dict[str, list[Window]], dict[str, list[Preference]]]:
    """The facts as the finder takes them: free in the hours, but for what is busy; what one would rather not is a preference."""
    day = monday + timedelta(days=DAYS.index(facts.day))
    windows = {
        name: [window_on(day, facts.hours, zone), *(window_on(day, span, zone, "busy") for span in facts.busy[name])]
        for name in facts.people
    }
    preferences: dict[str, list[Preference]] = {}
    for limit in facts.limits:
        span = (facts.hours[0], limit.minute) if limit.side == "before" else (limit.minute, facts.hours[1])
        window = window_on(day, span, zone, "busy")
        if limit.hard:
            windows[limit.person].append(window)
        else:
            preferences.setdefault(limit.person, []).append(Preference(window.start, window.end, "avoided"))
    return windows, preferences


# The same in other words

RULES: Final = (
    "no preamble", "polite", "another order", "other request", "other verbs", "contractions", "free in other words", "limits in other words",
    "other lengths", "twelve-hour clock", "noon", "half past", "between", "dashes", "short day", "lines", "semicolons", "joined names",
    "soonest in other words",
)  # fmt: skip
_FEWEST: Final = 4
_PREAMBLE: Final = (
    "You are an expert at scheduling meetings. You are given a few constraints on the existing schedule of each participant, the meeting "
    "duration, and possibly some preferences on the meeting time. Note there exists a solution that works with existing schedule of every "
    "participant. Here are a few example tasks and solutions:\n\nTASK: "
)
_HOURS: Final = ("twelve", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")
_LENGTHS: Final[dict[int, tuple[str, ...]]] = {
    30: ("half an hour", "30 minutes", "a half-hour", "30 min"),
    60: ("one hour", "an hour", "60 minutes", "1 hour", "1h"),
    90: ("90 minutes", "an hour and a half", "1.5 hours", "one and a half hours"),
}
_GREETINGS: Final = ("Hi! Could you help me with this, please?", "Good morning, I hope you are well.", "Hello there, a quick favour:")
_THANKS: Final = ("Thank you very much!", "Thanks a lot in advance.", "Many thanks!")
_REQUESTS: Final = (
    "Please find {length} on {day} {hours} when {people} can all meet.",
    "{people} want to meet for {length} on {day}, some time {hours}.",
    "I am looking for a slot of {length} for {people} on {day}. Office hours are {bare}.",
    "Can you get {people} together for {length} on {day}, {hours}?",
)
_BUSY_WORDS: Final = ("is tied up", "is booked", "has appointments", "is in meetings", "has something on", "is occupied", "is unavailable")
_BUSY_SHORT: Final = ("isn't available", "isn't free", "can't make it")
_FREE_WORDS: Final = (
    "has nothing on all day",
    "has an empty calendar",
    "can do any time",
    "is available all day",
    "has a wide open calendar",
)
_SOONEST: Final = ("The sooner the better.", "As early as possible, please.", "Take the first slot that works.")
_LIMITS: Final[dict[tuple[Side, bool], tuple[str, ...]]] = {
    ("before", True): ("{name} can not meet on {day} before {time}.", "{name} is not available until {time} on {day}.", "{name} can only meet from {time} on."),
    ("after", True): ("{name} can not meet on {day} after {time}.", "{name} has to leave at {time}.", "{name} can only meet until {time} on {day}."),
    ("before", False): (
        "{name} would rather not meet on {day} before {time}.", "{name} prefers not to start before {time}.", "If possible, nothing before {time} on {day} for {name}.",
        "{name} would like to keep the time before {time} free.", "{name} would rather start at {time} or later.",
    ),
    ("after", False): (
        "{name} would rather not meet on {day} after {time}.", "{name} would prefer to be done by {time}.", "If possible, nothing after {time} on {day} for {name}.",
        "{name} would like to keep the time after {time} free.", "{name} prefers no meetings after {time}.",
    ),
}  # fmt: skip
_CONTRACTED: Final = (
    ("can not", "can't"),
    ("is not", "isn't"),
    ("would", "'d"),
    ("has to", "'s got to"),
    ("do not", "don't"),
    ("I am", "I'm"),
)


def paraphrases(task_text: str, seed: int | str) -> str:
    """The task in other words, by some of the `RULES`; the same for the same seed."""
    random = Random(f"{seed} {task_text}")  # noqa: S311  the same words in every run
    rules = [rule for rule in RULES if random.random() < 0.5]
    return render(parse(task_text), rules if len(rules) >= _FEWEST else random.sample(RULES, _FEWEST), random)


def render(facts: Facts, rules: Iterable[str], random: Random) -> str:
    """The facts in words; without rules, nearly those of the task."""
    return _Writer(facts, frozenset(rules), random).text()


class _Writer:
    """Chooses the words of one text, so that one clock and one style of list run through it."""

    def __init__(self, facts: Facts, rules: frozenset[str], random: Random) -> None:
        self.facts, self.rules, self.random = facts, rules, random
        self.suffix = random.choice((("am", "pm"), (" am", " pm"), (" a.m.", " p.m.")))
        self.range = random.choice([rule for rule in ("between", "dashes") if rule in rules] or ["during"])
        self.dash = random.choice(("-", " - ", "–"))  # noqa: RUF001  people type several dashes
        self.day = facts.day[:3] if "short day" in rules else facts.day

    def text(self) -> str:
        parts = {
            "ask": self.ask(),
            "busy": self.schedules(),
            "limits": " ".join(map(self.limit, self.facts.limits)),
            "soonest": self.soonest(),
        }
        order = ["ask", "busy", "limits", "soonest"]
        if "another order" in self.rules:
            order = self.random.choice(
                (["busy", "limits", "soonest", "ask"], ["limits", "ask", "busy", "soonest"], ["busy", "ask", "limits", "soonest"])
            )
        paragraphs = [parts[key] for key in order if parts[key]]
        paragraphs += [] if "other request" in self.rules else ["Find a time that works for everyone's schedule and constraints."]
        if "polite" in self.rules:
            paragraphs = [self.random.choice(_GREETINGS), *paragraphs, self.random.choice(_THANKS)]
        body = "\n\n".join(paragraphs).replace(".m..", ".m.")
        return body if "no preamble" in self.rules else f"{_PREAMBLE}{body} \nSOLUTION: "

    def ask(self) -> str:
        usual = "You need to schedule a meeting for {people} for {length} between the work hours of {bare} on {day}."
        words = self.random.choice(_REQUESTS) if "other request" in self.rules else usual
        bare = " to ".join(map(self.clock, self.facts.hours))
        hours = self.ranges([self.facts.hours]) if self.range == "between" else f"from {bare}"
        asked = words.format(people=self.people(), length=self.length(), day=self.day, hours=hours, bare=bare)
        return self.shortened(asked)

    def people(self) -> str:
        *names, last = self.facts.people
        if "joined names" not in self.rules:
            return f"{', '.join(names)} and {last}"
        return self.random.choice((f"{', '.join(names)}, and {last}", f"{', '.join(names)} & {last}", " and ".join(self.facts.people)))

    def length(self) -> str:
        known = _LENGTHS.get(self.facts.minutes, (f"{self.facts.minutes} minutes",))
        return self.random.choice(known[1:] or known) if "other lengths" in self.rules else known[0]

    def schedules(self) -> str:
        """Who is busy when: a line each, or bullets under a heading, or one sentence."""
        names = self.random.sample(self.facts.people, len(self.facts.people)) if "another order" in self.rules else self.facts.people
        if "semicolons" in self.rules and not ("lines" in self.rules and self.random.random() < 0.5):
            return "; ".join(map(self.schedule, names)) + "."
        if "lines" not in self.rules:
            rows = [f"{self.schedule(name)}{';' if self.facts.busy[name] else '.'} " for name in names]
            return "\n".join(["Here are the existing schedules for everyone during the day: ", *rows])
        if self.random.random() < 0.5:
            return "\n".join(f"- {self.schedule(name)}" for name in names)
        bare = [
            f"{name}: {self.ranges(self.facts.busy[name]).removeprefix('during ').removeprefix('from ') if self.facts.busy[name] else 'nothing'}"
            for name in names
        ]
        return "\n".join([f"Busy times on {self.day}:", *bare])

    def schedule(self, name: str) -> str:
        spans = self.facts.busy[name]
        if not spans:
            words = _FREE_WORDS if "free in other words" in self.rules else ("is free the entire day",)
            return f"{name} {self.random.choice(words)}"
        words = list(_BUSY_WORDS if "other verbs" in self.rules else ("has blocked their calendar", "has meetings", "is busy"))
        words = list(_BUSY_SHORT) if "contractions" in self.rules and self.random.random() < 0.7 else words
        return f"{name} {self.random.choice(words)} on {self.day} {self.ranges(spans)}"

    def limit(self, limit: Limit) -> str:
        usual, *others = _LIMITS[limit.side, limit.hard]
        words = self.random.choice(others) if "limits in other words" in self.rules else usual
        return self.shortened(words.format(name=limit.person, day=self.day, time=self.clock(limit.minute)))

    def soonest(self) -> str:
        if not self.facts.earliest:
            return ""
        return (
            self.random.choice(_SOONEST)
            if "soonest in other words" in self.rules
            else "The group would like to meet at their earliest availability."
        )

    def shortened(self, text: str) -> str:
        for long, short in _CONTRACTED if "contractions" in self.rules else ():
            text = re.sub(rf"{' ' if short[0] == chr(39) else ''}\b{long}\b", short, text)
        return text

    def ranges(self, spans: Sequence[Minutes]) -> str:
        written = [self.one_range(*map(self.clock, span)) for span in spans]
        between = " and " if self.range == "between" else self.random.choice((", ", ", ", " and "))
        told = between.join([", ".join(written[:-1]), written[-1]] if len(written) > 1 else written)
        return (
            told
            if self.range == "between"
            else f"{'from' if 'other verbs' in self.rules else 'during'} {told}"
            if self.range == "during"
            else told
        )

    def one_range(self, low: str, high: str) -> str:
        if self.range == "between":
            return f"between {low} and {high}"
        return f"{low}{self.dash}{high}" if self.range == "dashes" and (low + high).count("half past") == 0 else f"{low} to {high}"

    def clock(self, minutes: int) -> str:
        hour, minute = divmod(minutes, 60)
        if minutes == 12 * 60 and "noon" in self.rules:
            return "noon"
        if minute == 30 and "half past" in self.rules:
            return f"half past {_HOURS[hour % 12]}"
        if "twelve-hour clock" in self.rules:
            return f"{hour % 12 or 12}{f':{minute:02d}' if minute else ''}{self.suffix[hour >= 12]}"
        return f"{hour}:{minute:02d}"


# And back

_TIME: Final = re.compile(
    rf"\bnoon\b|\bhalf past (?P<past>{'|'.join(_HOURS)})\b|\b(?P<hour>\d\d?)(?::(?P<minute>\d\d))?\s?(?P<half>[ap])\.?m\b\.?|\b(?P<h24>\d\d?):(?P<m24>\d\d)\b"
)
_RANGE: Final = re.compile(r"@(\d+)\s*(?:to|and|-|–)\s*@(\d+)")  # noqa: RUF001  the same dashes
_LENGTH: Final = re.compile(
    r"(?P<ninety>an hour and a half|one and a half hours|1\.5 hours)|(?P<half>half an hour|a half-hour)|(?P<minutes>\d+) min|(?P<hour>an hour|one hour|1 ?h)"
)
_SIDES: Final[dict[Side, str]] = {
    "before": r"before|not available until|n't available until|from @\d+ on\b|or later",
    "after": r"after|leave at|meet until|done by",
}
_HARD: Final = r"can not|can't|not available|isn't available|only|leave"


def read_back(text: str, people: Sequence[str]) -> Facts:
    """The facts of a text that `render` wrote about these people. Raises ValueError for a sentence that it does not know."""
    timed = _RANGE.sub(r"<\1-\2>", _TIME.sub(_stamp, text.replace(_PREAMBLE, "").replace("SOLUTION:", "")))
    days = {name for name in DAYS if re.search(rf"\b{name[:3]}(?:{name[3:]})?\b", timed)}
    length = _LENGTH.search(timed)
    if len(days) != 1 or not length:
        raise ValueError(f"no single day, or no length: {text}")
    reader = _Reader(tuple(people))
    for sentence in re.split(r"[;\n]|[.!?](?=\s|$)", re.sub(r"1\.5", "1,5", timed)):
        reader.take(sentence.strip())
    (hours,) = reader.hours
    minutes = 90 if length["ninety"] else 30 if length["half"] else 60 if length["hour"] else int(length["minutes"])
    return Facts(reader.people(timed), minutes, days.pop(), hours, reader.busy, tuple(reader.limits), earliest=reader.earliest)


def _stamp(found: re.Match[str]) -> str:
    """A clock time as minutes. Without am or pm in words it lies between 8 and 20 o'clock."""
    if found["past"]:
        hour = _HOURS.index(found["past"])
        return f"@{(hour if hour >= 8 else hour + 12) * 60 + 30}"
    if found["h24"]:
        return f"@{int(found['h24']) * 60 + int(found['m24'])}"
    if found["hour"]:
        ends = found[0].endswith(".") and re.match(r"\s+[A-Z]|\s*\n|\s*$", found.string[found.end() :])  # "a.m." can end a sentence
        return f"@{(int(found['hour']) % 12 + 12 * (found['half'] == 'p')) * 60 + int(found['minute'] or 0)}{'.' if ends else ''}"
    return "@720"


class _Reader:
    """Sorts sentences by how many people they name and how many times."""

    def __init__(self, known: tuple[str, ...]) -> None:
        self.known = known
        self.hours: list[Minutes] = []
        self.busy: dict[str, tuple[Minutes, ...]] = {}
        self.limits: list[Limit] = []
        self.earliest = False

    def people(self, text: str) -> tuple[str, ...]:
        """The names in the order of the one sentence that has them all."""
        listed = re.search(rf"(?:(?:{'|'.join(self.known)})(?:, and |, | and | & )?){{{len(self.known)}}}", text)
        return tuple(re.findall("|".join(self.known), listed[0])) if listed else ()

    def take(self, sentence: str) -> None:
        names = [name for name in self.known if re.search(rf"\b{name}\b", sentence)]
        spans = tuple((int(low), int(high)) for low, high in re.findall(r"<(\d+)-(\d+)>", sentence))
        moment = re.search(r"@(\d+)", sentence)
        if len(names) == 1 and moment:
            self.limits.append(self.limit(names[0], sentence, int(moment[1])))
        elif len(names) == 1:
            self.busy[names[0]] = spans
        elif spans:
            self.hours += spans
        elif re.search(r"(?i)earliest|soon|as early|first slot", sentence):
            self.earliest = True
        elif moment or (names and len(names) != len(self.known)):
            raise ValueError(f"not a sentence of these: {sentence!r}")

    def limit(self, name: str, sentence: str, minute: int) -> Limit:
        sides: list[Side] = [side for side, words in _SIDES.items() if re.search(words, sentence)]
        if len(sides) != 1:
            raise ValueError(f"neither before nor after, or both: {sentence!r}")
        return Limit(name, sides[0], minute, bool(re.search(_HARD, sentence)))
