"""Drawings of what the tools found: a tool result's `view` in, a chart, a table, chips or a file out, with the same in words.

What it guarantees:

- Pure: the same view is drawn the same, so that a page may draw it again and again, and after a reload.
- A view that nobody knows, or whose data makes no sense, is `None`, never an exception.
- What a tool, a venue or a person wrote is data: it stands in the chart's data, as text, never in an expression, a link or HTML.
- Colours differ in brightness too (Okabe and Ito), on light and dark ground. Nothing is fetched: a map has no tiles.

Times are drawn as the clock on the wall of the plan's zone shows them, whatever the browser's zone. No Streamlit, no ADK.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import altair as alt

Json = Mapping[str, Any]
Rows = list[dict[str, Any]]

MAX_LINES: Final = 200  # of text
MAX_ROWS: Final = 60  # of a chart
MAX_TEXT: Final = 300
_LABEL: Final = 22  # characters beside an axis, which a phone has room for
_STEP: Final = 24  # pixels a row
_KEY: Final = 5  # characters of a row's number and kind, before its label
_HOUR: Final = 60
_DAY: Final = 24 * _HOUR
_WIDE: Final = 9  # hours on an axis, from which on every second is named
_EARTH: Final = 6371.0  # km
_MAP_WIDTH, _MAP_HEIGHT = 290, 220  # pixels, which a phone has beside the avatar

_BLUE, _ORANGE = "#0072B2", "#E69F00"
_MARK = "#B34E00"  # Okabe and Ito's vermilion, so much darker that the white number on it can be read
_INK = "currentColor"  # the page's text, in light and in dark
_SMALL: Final = 12  # pixels
_GREY, _FAINT = "rgba(128, 128, 128, 0.45)", "rgba(128, 128, 128, 0.14)"
_ANSWERS: Final[Mapping[str, tuple[str, str]]] = {
    "yes": ("free", _BLUE),
    "if_needed": ("if needed", _ORANGE),
    "no": ("not free", _GREY),
    "unknown": ("not said", _FAINT),
}
_VOTES: Final[Mapping[str, tuple[str, str]]] = {
    "yes": ("yes", _BLUE),
    "if_needed": ("if needed", _ORANGE),
    "no": ("no", _GREY),
    "unanswered": ("left out", _FAINT),
}
_PHASES: Final[Mapping[str, tuple[str, str]]] = {"stop": ("stop", _BLUE), "travel": ("way", _ORANGE), "wait": ("wait", _GREY)}
_FITS: Final[Mapping[str, str]] = {"ok": "✓ yes", "no": "✗ no", "unknown": "? not known"}
_STRENGTHS: Final[Mapping[str, str]] = {"must": "", "prefer": "likes ", "avoid": "avoids "}
_COLUMNS, _ROWS = ("Left", "Middle", "Right"), ("Top", "Middle", "Bottom")  # of a board
_MARKS: Final = ("", "✕", "○")
_NONSENSE: Final = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)
_ME: Final = "You"
_SAID: Final[Mapping[tuple[str, str], str]] = {
    ("diet", ""): "{who} {is} {value}",
    ("allergy", ""): "{who} {is} allergic to {value}",
    ("access", ""): "{who} {needs} {value}",
    ("cuisine", "avoid"): "{who} {does} not like {value} food",
    ("cuisine", ""): "{who} {likes} {value} food",
    ("activity", "avoid"): "{who} {does} not like {value}",
    ("activity", ""): "{who} {likes} {value}",
}
_CLOCK: Final = "format(floor(datum.value / 60) % 24, '02d') + ':' + format(datum.value % 60, '02d')"
_NAME: Final = f"slice(datum.label, {_KEY})"
_UNSHOWABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Table:
    """Plain text in cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class File:
    """Something to download."""

    name: str
    mime: str
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to show of a view, any of it, and `lines`: the whole in words."""

    title: str
    lines: tuple[str, ...]
    chart: Json | None = None
    """An Altair chart as Vega-Lite, checked against its schema."""
    table: Table | None = None
    chips: tuple[str, ...] = ()
    file: File | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """One fact in words, and what to say so that it is forgotten."""

    words: str
    forget: str


@dataclass(frozen=True, slots=True)
class Card:
    """The plan at one look: what is settled, a line each, what is still missing, and what is known of people."""

    title: str
    status: str
    lines: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    facts: tuple[Known, ...]


def draw(view: object) -> Drawing | None:
    """Return the drawing of a view {name, data}, or None if there is nothing to draw."""
    if not isinstance(view, Mapping) or not isinstance(data := view.get("data"), Mapping):
        return None
    drawer = _DRAWERS.get(str(view.get("name")))
    try:
        return drawer(data) if drawer else None
    except _NONSENSE:
        return None


def read_card(card: object) -> Card | None:
    """Return a tool result's `card` to be shown, or None if it is empty or makes no sense."""
    if not isinstance(card, Mapping):
        return None
    try:
        title = _text(card.get("title") or card.get("kind") or "")
        lines = tuple((label, words) for label, words in _card_lines(card) if words)
        missing = tuple(_text(words) for words in _list(card, "missing"))
        facts = tuple(Known(_whose(fact), forget_words(fact)) for fact in _list(card, "facts")[:MAX_ROWS])
    except _NONSENSE:
        return None
    if not (title or lines or facts):
        return None
    return Card(title[:1].upper() + title[1:] or "The plan", _text(card.get("status") or "open"), lines, missing, facts)


def forget_words(fact: Json) -> str:
    """What a person would say to have a fact forgotten."""
    key, value, person = str(fact["key"]), _text(fact["value"]), _text(fact["person"])
    said = _SAID.get((key, str(fact.get("strength"))), _SAID.get((key, ""), "{whose} {key} is {value}"))
    me = person == _ME
    words = {
        "is": "am" if me else "is",
        "needs": "need" if me else "needs",
        "likes": "like" if me else "likes",
        "does": "do" if me else "does",
    }
    told = said.format(who="I" if me else person, whose="my" if me else f"{person}'s", key=key, value=value, **words)
    return f"Forget that {told}."


def fact_words(fact: Json) -> str:
    """Say what is known of a person, without the name: "allergy: nuts", "avoids cuisine: sushi"."""
    return f"{_STRENGTHS.get(str(fact.get('strength')), '')}{_text(fact['key'])}: {_text(fact['value'])}"


# -- what came in, made plain ------------------------------------------------------------------------------------------


def _text(raw: object, limit: int = MAX_TEXT) -> str:
    """One line of text that can be shown."""
    if raw is None or isinstance(raw, Mapping | list | tuple):
        raise TypeError(raw)
    text = " ".join(_UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", str(raw)).split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _lines(data: Json) -> tuple[str, ...]:
    lines = data.get("text") or data.get("lines") or ()
    lines = lines.splitlines() if isinstance(lines, str) else lines
    return tuple(_text(line, 4 * MAX_TEXT) for line in lines[:MAX_LINES])


def _list(data: Json, key: str) -> Sequence[Json]:
    items = data.get(key) or []
    if not isinstance(items, list):
        raise TypeError(items)
    return items


def _number(raw: object, low: float, high: float) -> float:
    number = float(raw)  # type: ignore[arg-type]
    if not low <= number <= high or math.isnan(number):
        raise ValueError(number)
    return number


def _names(raw: object) -> str:
    return ", ".join(_text(name) for name in raw) if isinstance(raw, list | tuple) else ""


def _wall(raw: object) -> datetime:
    """The time on the wall: what ISO 8601 says before its offset."""
    return datetime.fromisoformat(str(raw)).replace(tzinfo=None)


def _row(number: int, label: str, kind: str = " ") -> str:
    """A row's name for Vega: numbered, so that two alike are two, with "#" for a heading, and cut to what a phone has room for."""
    return f"{number:0{_KEY - 1}d}{kind}{_text(label, _LABEL)}"


def _scale(words: Mapping[str, tuple[str, str]], used: Iterable[str]) -> alt.Scale:
    """The colours of the words that are there, in their order."""
    there = set(used)
    shown = [pair for pair in words.values() if pair[0] in there]
    return alt.Scale(domain=[word for word, _ in shown], range=[colour for _, colour in shown])


def _y(rows: Sequence[str]) -> alt.Y:
    heading: Any = {"condition": {"test": f"slice(datum.value, {_KEY - 1}, {_KEY}) == '#'", "value": "bold"}, "value": "normal"}
    axis = alt.Axis(title=None, labelExpr=_NAME, labelLimit=170, labelFontSize=_SMALL, labelFontWeight=heading, labelPadding=6)
    axis.ticks = axis.domain = axis.grid = False
    return alt.Y("row:N", sort=None, scale=alt.Scale(domain=list(rows), paddingInner=0.12), axis=axis)


def _clock_axis(low: int, high: int) -> alt.Axis:
    hours = (high - low) / _HOUR
    step = _HOUR * (1 if hours <= _WIDE else 2 if hours <= 2 * _WIDE else 4)
    values = list(range(-(-low // step) * step, high + 1, step))
    return alt.Axis(title=None, values=values, labelExpr=_CLOCK, labelFontSize=_SMALL, labelOverlap=True, grid=True, tickCount=len(values))


def _layered(rows: int, *layers: alt.Chart) -> alt.LayerChart:
    """The layers as one chart, as wide as its place and as high as its rows need."""
    autosize = alt.AutoSizeParams(type="fit-x", contains="padding")
    return alt.LayerChart(layer=list(layers), height=rows * _STEP, autosize=autosize)


# In one row they are wider than a phone.
_LEGEND: Final = alt.Legend(title=None, orient="top", symbolType="square", labelFontSize=_SMALL, columns=2)

# -- who can when ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Column:
    """A stretch of the day: minutes after the midnight with which the day began."""

    day: date
    start: int
    end: int


def _heatmap(data: Json) -> Drawing:
    columns = _columns([_wall(moment) for moment in _list(data, "columns")], int(_number(data["step_minutes"], 1, _DAY)))
    legend = data["legend"]
    people = [(_text(row["name"]), [legend[cell] for cell in row["cells"]]) for row in _list(data, "rows")]
    if not columns or not people or any(len(cells) != len(columns) for _, cells in people):
        raise ValueError(columns)
    slots = list(_slots(data, columns))
    days = _days_to_draw(columns, slots, 1 + len(people))
    cells, rows = _cells(columns, people, days)
    marks = [{**slot, "row": rows[days.index(slot["on"])][0]} for slot in slots if slot["on"] in days]
    order = [row for day in rows for row in day]
    return Drawing("Who can when", _lines(data), _vega(_heat_chart(cells, [_plain(mark) for mark in marks], order)))


def _plain(mark: Json) -> dict[str, Any]:
    return {key: value for key, value in mark.items() if key != "on"}


def _columns(starts: Sequence[datetime], step: int) -> list[_Column]:
    """Put the columns into days. A day's hours may go on after midnight: a new day begins where the hours begin anew."""
    columns: list[_Column] = []
    first = starts[0]
    for before, start in zip([first, *starts], starts, strict=False):
        if start - first >= timedelta(days=1) or start - before > timedelta(minutes=step, hours=2):
            first = start
        minutes = int((start - _midnight(first)).total_seconds() // 60)
        columns.append(_Column(first.date(), minutes, minutes + step))
    return columns


def _vega(chart: alt.LayerChart) -> Json:
    """The chart in Vega-Lite. Raises ValueError for a number that JSON has not."""
    return json.loads(json.dumps(chart.to_dict(), allow_nan=False))


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _slots(data: Json, columns: Sequence[_Column]) -> Iterator[dict[str, Any]]:
    """The best slots, numbered, each on the day in whose columns it begins."""
    for number, slot in enumerate(_list(data, "slots"), 1):
        start, end = _wall(slot["start"]), _wall(slot["end"])
        for day in dict.fromkeys(column.day for column in columns):
            low = (start.date() - day).days * _DAY + start.hour * _HOUR + start.minute
            if any(column.day == day and column.start <= low < column.end for column in columns):
                high = low + int((end - start).total_seconds() // 60)
                words = f"{start:%H:%M} to {end:%H:%M}"
                yield {"on": day, "from": low, "to": max(low, high), "number": str(number), "time": words, "day": _day_words(day)}
                break


def _days_to_draw(columns: Sequence[_Column], slots: Sequence[Json], rows: int) -> list[date]:
    """All days if there is room, otherwise those with the best slots and then the first ones."""
    days = list(dict.fromkeys(column.day for column in columns))
    wanted = dict.fromkeys([slot["on"] for slot in slots] + days)
    return sorted(list(wanted)[: max(1, MAX_ROWS // rows)])


def _cells(columns: Sequence[_Column], people: Sequence[tuple[str, Sequence[str]]], days: Sequence[date]) -> tuple[Rows, list[list[str]]]:
    """A stretch for each run of equal answers, and the names of the rows, day by day; a day's first row is its heading."""
    cells: Rows = []
    rows: list[list[str]] = []
    for day in days:
        first = sum(len(of_day) for of_day in rows)
        names = [
            _row(first, f"{day:%a} {day.day} {day:%b}", "#"),
            *(_row(first + n, name) for n, (name, _) in enumerate(people[: MAX_ROWS - 1], 1)),
        ]
        rows.append(names)
        for row, (name, answers) in zip(names[1:], people, strict=False):
            for start, end, answer in _runs([(column, answers[n]) for n, column in enumerate(columns) if column.day == day]):
                words = f"{_clock(start)} to {_clock(end)}"
                told, key = _ANSWERS[answer][0], {"who": name, "day": _day_words(day), "time": words}
                cells.append({"row": row, "from": start, "to": end, "answer": told, **key})
    return cells, rows


def _runs(cells: Sequence[tuple[_Column, str]]) -> Iterator[tuple[int, int, str]]:
    begun: tuple[int, int, str] | None = None
    for column, answer in cells:
        if begun and begun[1] == column.start and begun[2] == answer:
            begun = (begun[0], column.end, answer)
            continue
        if begun:
            yield begun
        begun = (column.start, column.end, answer)
    if begun:
        yield begun


def _clock(minutes: int) -> str:
    return f"{minutes // _HOUR % 24:02d}:{minutes % _HOUR:02d}"


def _day_words(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def _heat_chart(cells: Rows, marks: Rows, rows: Sequence[str]) -> alt.LayerChart:
    low, high = min(cell["from"] for cell in cells), max(cell["to"] for cell in cells)
    x = alt.X("from:Q", scale=alt.Scale(domain=[low, high], nice=False), axis=_clock_axis(low, high))
    colour = alt.Color("answer:N", scale=_scale(_ANSWERS, [cell["answer"] for cell in cells]), legend=_LEGEND)
    heat = alt.Chart(alt.Data(values=cells)).mark_rect(cornerRadius=2)
    heat = heat.encode(x=x, x2="to:Q", y=_y(rows), color=colour, tooltip=_tips("who", "answer", "day", "time"))
    best = alt.Chart(alt.Data(values=marks))
    bars = best.mark_bar(color=_MARK, cornerRadius=3, height=_STEP - 8)
    bars = bars.encode(x="from:Q", x2="to:Q", y="row:N", tooltip=_tips("number", "day", "time"))
    numbers = best.mark_text(color="white", fontWeight="bold", align="left", dx=4).encode(x="from:Q", y="row:N", text="number:N")
    return _layered(len(rows), heat, bars, numbers)


def _tips(*fields: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{field}:N", title=field) for field in fields]


# -- votes -------------------------------------------------------------------------------------------------------------


def _votes(data: Json) -> Drawing:
    told = data["tally"] if isinstance(data.get("tally"), Mapping) else data
    rows = _list(told, "rows")[:MAX_ROWS]
    if not rows:
        raise ValueError(data)
    marked = [_row(n, f"{_standing(told, row)}{_text(row['label'])}") for n, row in enumerate(rows)]
    title = f"Votes: {_text(told.get('subject', ''))}"
    chart = _ranked_chart(rows, marked) if "first_for" in rows[0] else _approval_chart(rows, marked)
    return Drawing(title, _lines(data), _vega(chart) if told.get("voted", True) else None)


def _standing(told: Json, row: Json) -> str:
    """What stands before an option: the winner's star, the sign of a tie."""
    if told.get("winner") == row["label"]:
        return "★ "
    return "= " if row["label"] in (told.get("tied") or ()) else ""


def _approval_chart(rows: Sequence[Json], marked: Sequence[str]) -> alt.LayerChart:
    bars: Rows = []
    for row, name in zip(rows, marked, strict=True):
        for order, (key, (word, _)) in enumerate(_VOTES.items()):
            if voters := row.get(key) or ():
                bars.append(
                    {"row": name, "votes": len(voters), "answer": word, "order": order, "who": _names(voters), "option": name[_KEY:]}
                )
    most = max((sum(bar["votes"] for bar in bars if bar["row"] == name) for name in marked), default=0)
    chart = alt.Chart(alt.Data(values=bars)).mark_bar(cornerRadius=2, height=_STEP - 7)
    chart = chart.encode(
        x=_count_axis(most),
        y=_y(marked),
        color=alt.Color("answer:N", scale=_scale(_VOTES, [bar["answer"] for bar in bars]), legend=_LEGEND),
        order="order:Q",
        tooltip=_tips("option", "answer", "who"),
    )
    return _layered(len(marked), chart)


def _ranked_chart(rows: Sequence[Json], marked: Sequence[str]) -> alt.LayerChart:
    bars: Rows = []
    for row, name in zip(rows, marked, strict=True):
        first, place = row["first_for"], f"place {int(row['place'])}"
        bars.append({"row": name, "votes": len(first), "place": place, "who": _names(first), "option": name[_KEY:]})
    base = alt.Chart(alt.Data(values=bars))
    x = _count_axis(max(bar["votes"] for bar in bars) + 1, "first choices")
    chart = base.mark_bar(color=_BLUE, cornerRadius=2, height=_STEP - 7).encode(x=x, y=_y(marked), tooltip=_tips("option", "place", "who"))
    places = base.mark_text(align="left", dx=5, color=_INK).encode(x="votes:Q", y="row:N", text="place:N")
    return _layered(len(marked), chart, places)


def _count_axis(most: int, title: str = "votes") -> alt.X:
    axis = alt.Axis(title=title, tickMinStep=1, format="d", grid=True, labelFontSize=_SMALL, titleFontSize=_SMALL, titleFontWeight="normal")
    return alt.X("votes:Q", stack="zero", scale=alt.Scale(domain=[0, max(1, most)], nice=False), axis=axis)


# -- an evening's stops ------------------------------------------------------------------------------------------------


def _timeline(data: Json) -> Drawing:
    stops = _list(data, "rows")[:MAX_ROWS]
    first = min(_wall(row["start"]) for row in stops)
    midnight = _midnight(first)
    rows = [_row(number, f"{_wall(row['start']):%H:%M} {_short(row)}") for number, row in enumerate(stops)]
    bars: Rows = []
    for name, row in zip(rows, stops, strict=True):
        start, end = _wall(row["start"]), _wall(row["end"])
        low, high = (int((moment - midnight).total_seconds() // 60) for moment in (start, end))
        time = f"{start:%H:%M} to {end:%H:%M}"
        bars.append(
            {"row": name, "from": low, "to": max(low, high), "kind": _PHASES[row["kind"]][0], "time": time, "what": _text(row["label"])}
        )
    return Drawing(f"The way: {_day_words(first.date())}", _timeline_lines(data), _vega(_timeline_chart(bars, rows)))


def _short(row: Json) -> str:
    """What stands beside a bar: the name of a stop, or that there is a way or a wait between two."""
    return {"travel": "on the way", "wait": "wait"}.get(str(row["kind"])) or _text(row["label"])


def _timeline_lines(data: Json) -> tuple[str, ...]:
    if lines := _lines(data):
        return lines
    extra = [_text(data["cost"])] if data.get("cost") else []
    return tuple(_text(row["text"]) for row in _list(data, "rows")) + tuple(extra) + tuple(_text(line) for line in _list(data, "warnings"))


def _timeline_chart(bars: Rows, rows: Sequence[str]) -> alt.LayerChart:
    low, high = min(bar["from"] for bar in bars), max(bar["to"] for bar in bars)
    base = alt.Chart(alt.Data(values=bars))
    x = alt.X("from:Q", scale=alt.Scale(domain=[low, high], nice=False), axis=_clock_axis(low, high))
    colour = alt.Color("kind:N", scale=_scale(_PHASES, [bar["kind"] for bar in bars]), legend=_LEGEND)
    chart = base.mark_bar(cornerRadius=3, height=_STEP - 8)
    chart = chart.encode(x=x, x2="to:Q", y=_y(rows), color=colour, tooltip=_tips("what", "kind", "time"))
    return _layered(len(rows), chart)


# -- venues ------------------------------------------------------------------------------------------------------------


def _venues(data: Json) -> Drawing:
    venues = _list(data, "venues")[:MAX_ROWS]
    if not venues:
        raise ValueError(data)
    labels = [_text(venue.get("label") or venue.get("name") or venue["venue"]["name"]) for venue in venues]
    points: Rows = []
    for number, (label, point) in enumerate(zip(labels, map(_point, venues), strict=True), 1):
        if point:
            points.append({"number": str(number), "name": label, **point})
    return Drawing(
        "Places",
        _lines(data) or tuple(_lines(_matrix(data))),
        _vega(_map_chart(points)) if points else None,
        _needs_table(labels, _matrix(data)),
        source=_text(data.get("source") or data.get("attribution") or ""),
    )


def _matrix(data: Json) -> Json:
    matrix = next((data[key] for key in ("needs", "matrix", "needs_matrix") if isinstance(data.get(key), Mapping)), None)
    return matrix or {}


def _point(venue: Json) -> dict[str, float] | None:
    """Where a venue is, if that is known and on earth."""
    inner = venue["venue"] if isinstance(venue.get("venue"), Mapping) else venue
    if "google" in _text(inner.get("source") or "").casefold():
        return None  # Google lets its places stand on Google's own maps only
    point = inner.get("point")
    if not point:
        return None
    lat, lon = (point["lat"], point["lon"]) if isinstance(point, Mapping) else point
    return {"lat": _number(lat, -85, 85), "lon": _number(lon, -180, 180)}


def _needs_table(labels: Sequence[str], matrix: Json) -> Table | None:
    """Venue by need: yes, no, or not known."""
    columns = [(str(column["key"]), _text(column.get("label") or column["key"])) for column in _list(matrix, "columns")]
    fits = [row["fits"] for row in _list(matrix, "rows")]
    if not columns or len(fits) < len(labels):
        return Table(("No.", "Place"), tuple((str(number), label) for number, label in enumerate(labels, 1)))
    rows = [
        (str(number), label, *(_FITS.get(str(fits[number - 1].get(key)), "? not known") for key, _ in columns))
        for number, label in enumerate(labels, 1)
    ]
    return Table(("No.", "Place", *(words for _, words in columns)), tuple(rows))


def _map_chart(points: Rows) -> alt.LayerChart:
    """Where the places are to one another, north up, as far east as north, with a bar for the distance.

    Points in a plane: it has no tiles, so nothing is fetched, and Streamlit's Vega has no projections.
    """
    middle = math.radians(sum(point["lat"] for point in points) / len(points))
    east, north = _EARTH * math.radians(1) * math.cos(middle), _EARTH * math.radians(1)
    placed: Rows = [{**point, "x": point["lon"] * east, "y": point["lat"] * north} for point in points]
    xs, ys = [place["x"] for place in placed], [place["y"] for place in placed]
    across = max(max(xs) - min(xs), (max(ys) - min(ys)) * _MAP_WIDTH / _MAP_HEIGHT, 0.1) * 1.5  # km, with a margin
    low_x = (max(xs) + min(xs) - across) / 2
    low_y = (max(ys) + min(ys) - across * _MAP_HEIGHT / _MAP_WIDTH) / 2
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[low_x, low_x + across], nice=False, zero=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[low_y, low_y + across * _MAP_HEIGHT / _MAP_WIDTH], nice=False, zero=False))
    base = alt.Chart(alt.Data(values=placed))
    dots = base.mark_circle(size=340, color=_BLUE, opacity=0.9).encode(x=x, y=y, tooltip=_tips("number", "name"))
    numbers = base.mark_text(color="white", fontWeight="bold", fontSize=11).encode(x=x, y=y, text="number:N")
    ground = alt.ViewBackground(fill="rgba(128, 128, 128, 0.08)", stroke="rgba(128, 128, 128, 0.3)", cornerRadius=8)
    layers = [dots, numbers, *_distance_bar(low_x, low_y, across)]
    return alt.LayerChart(layer=layers, width=_MAP_WIDTH, height=_MAP_HEIGHT, view=ground)


def _distance_bar(low_x: float, low_y: float, across: float) -> list[alt.Chart]:
    """A line of a round length in a corner of the map."""
    size = 10 ** math.floor(math.log10(across / 3))
    km = next(size * n for n in (5, 2, 1) if size * n <= across / 3)
    x, y = low_x + across * 0.04, low_y + across * 0.05
    line = alt.Data(values=[{"x": x, "y": y, "to": x + km, "words": f"{km:g} km" if km >= 1 else f"{km * 1000:g} m"}])
    bar = alt.Chart(line).mark_rule(color=_INK, strokeWidth=3).encode(x="x:Q", y="y:Q", x2="to:Q")
    return [bar, alt.Chart(line).mark_text(color=_INK, align="left", dy=-9).encode(x="x:Q", y="y:Q", text="words:N")]


# -- the card ----------------------------------------------------------------------------------------------------------


def _card_lines(card: Json) -> Iterator[tuple[str, str]]:
    yield "When", _settled(card.get("when"))
    yield "Where", _settled(card.get("where"))
    people = _list(card, "people")
    yield "Who", ", ".join(_text(person["name"]) for person in people)
    yield "Times missing", ", ".join(_text(person["name"]) for person in people if person.get("time") == "unknown")
    yield "Budget", _text(card.get("budget") or "")
    for vote in _list(card, "votes"):
        yield f"Vote, {_text(vote['subject'])}", _vote_words(vote)
    for agreement in _list(card, "agreements"):
        yield f"Agents, {_text(agreement['what'])}", _text(agreement["words"])
    yield "Itinerary", _text(card.get("itinerary") or "")
    if calendar := card.get("calendar"):
        yield "File", f"{_text(calendar['filename'])}, version {int(calendar['sequence']) + 1}"


def _settled(about: Any) -> str:  # noqa: ANN401 - any JSON
    """What is known of when or where, and whether it is decided."""
    words = _text(about["words"] or "") if about else ""
    if not words:
        return ""
    return f"{words} ✓ decided" if about.get("decided") else f"{words} (not decided)"


def _vote_words(vote: Json) -> str:
    tie, leader = _names(vote.get("tie")), vote.get("leader")
    stands = f"tie: {tie}" if tie else f"{_text(leader)} leads" if leader else "no votes yet"
    still = _names(vote.get("not_voted"))
    return f"{stands}; closed" if vote.get("status") == "closed" else f"{stands}; still to vote: {still}" if still else stands


def _whose(fact: Json) -> str:
    return _text(f"{_text(fact['person'])} · {fact_words(fact)}{_said_by(fact)}")


# -- a board -----------------------------------------------------------------------------------------------------------


def _board(data: Json) -> Drawing:
    """Nine cells, row by row; a star at those of the line, or an arrow at the last move."""
    cells: Sequence[Any] = _list(data, "cells")
    if len(cells) != len(_COLUMNS) * len(_ROWS) or any(cell not in _MARKS for cell in cells):
        raise ValueError(cells)
    line = [_number(cell, 1, len(cells)) for cell in _list(data, "line")]
    last = _number(data.get("last") or 0, 0, len(cells))
    shown = [_cell(str(mark), "★" if number in line else "▸" if number == last else "") for number, mark in enumerate(cells, 1)]
    rows = tuple(tuple(shown[first : first + len(_COLUMNS)]) for first in range(0, len(shown), len(_COLUMNS)))
    words = (f"{name} row: {', '.join(cell or 'empty' for cell in row)}" for name, row in zip(_ROWS, rows, strict=True))
    return Drawing("The board", _lines(data) or tuple(words), table=Table(_COLUMNS, rows))


def _cell(mark: str, sign: str) -> str:
    return f"{sign} {mark}".strip() if mark else ""


# -- facts and files ---------------------------------------------------------------------------------------------------


def _known(data: Json) -> Drawing:
    facts = _list(data, "facts")[:MAX_ROWS]
    if not facts:
        raise ValueError(data)
    chips = tuple(_whose(fact) for fact in facts)
    return Drawing("What I know", _lines(data) or chips, chips=chips)


def _said_by(fact: Json) -> str:
    by = _text(fact.get("said_by") or "")
    return f" (said by {'you' if by == _ME else by})" if by and by != fact["person"] else ""


def _file(data: Json) -> Drawing:
    name = re.sub(r"[^\w.\- ]+", "-", _text(data["filename"], 80)).strip("-. ") or "plan.ics"
    mime = str(data.get("mime") or "text/calendar")
    if not re.fullmatch(r"text/[\w.+-]+(; ?[\w=\"-]+)*", mime):
        mime = "text/plain"
    text = data.get("content") or data["text"]
    text = "\r\n".join(text) if isinstance(text, list) else text
    if not isinstance(text, str):
        raise TypeError(text)
    return Drawing("The calendar file", (), file=File(name, mime, text))


_DRAWERS: Final[Mapping[str, Callable[[Json], Drawing]]] = {
    "heatmap": _heatmap,
    "votes": _votes,
    "timeline": _timeline,
    "venues": _venues,
    "known": _known,
    "file": _file,
    "board": _board,
}
VIEWS: Final = tuple(_DRAWERS)
