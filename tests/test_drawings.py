"""Drawings made of the planner's own views: valid, told in words too, inert whatever stands in them, and nothing for nonsense."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import altair as alt
import pytest
from drawing_views import CARD, FACTS, VIEWS, view
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from page.messages import DRAWINGS, NOTHING, items_of, replies_of
from playground.turn_log import Message, TextPart, ToolStep
from session_manager import literal
from vibehuntr_agent import drawings
from vibehuntr_agent.drawings import Drawing, draw, fact_words, forget_words, read_card

CHARTS = ("heatmap", "votes", "ranked", "timeline", "venues")
HOSTILE = "<img src=x onerror=alert(1)> ![a](http://x/y) :red[b] $c$ `d` [e](javascript:f) \x00\x1b[31m \u202e \ud800 {{g}} datum.h"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def drawn(name: str) -> Drawing:
    made = draw(view(name))
    assert made is not None
    return made


def chart_of(made: Drawing) -> dict[str, Any]:
    assert made.chart is not None
    return dict(made.chart)


def rows_of(chart: Any) -> list[dict[str, Any]]:
    """Every row of data in a chart, layer by layer."""
    return [row for part in (chart, *chart["layer"]) if "data" in part for row in part["data"]["values"]]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_valid_vega_lite_and_has_its_words(name: str) -> None:
    """By Altair's own schema; JSON without NaN; a line of text at least; the same each time."""
    made = drawn(name)
    alt.LayerChart.from_dict(chart_of(made))
    json.dumps(made.chart, allow_nan=False)
    assert made.lines
    assert all(made.lines)
    assert draw(view(name)) == made


def test_the_heat_map_says_what_the_tool_found() -> None:
    """Each person's every half-hour once, by the clock on the wall; the best slots on their day."""
    data = view("heatmap")["data"]
    cells = [row for row in rows_of(chart_of(drawn("heatmap"))) if "answer" in row]
    words = {"y": "free", "m": "if needed", "n": "not free", "?": "not said"}
    per_day = len(data["columns"]) // 2
    told = {
        (row["name"], day, 720 + 30 * n): words[cell]
        for row in data["rows"]
        for day, of_day in enumerate((row["cells"][:per_day], row["cells"][per_day:]))
        for n, cell in enumerate(of_day)
    }
    days = ("Friday 27 November 2026", "Saturday 28 November 2026")
    seen = {
        (cell["who"], days.index(cell["day"]), minute): cell["answer"] for cell in cells for minute in range(cell["from"], cell["to"], 30)
    }
    assert seen == told
    assert sum((cell["to"] - cell["from"]) // 30 for cell in cells) == len(told)
    marks = [(row["number"], row["from"], row["to"], row["row"]) for row in rows_of(chart_of(drawn("heatmap"))) if "number" in row]
    assert set(marks) == {("1", 1170, 1290, "0000#Fri 27 Nov"), ("2", 780, 900, "0005#Sat 28 Nov")}


def test_hours_after_midnight_belong_to_the_evening_before() -> None:
    """One day from 22:00 to 02:00, not two."""
    columns = [f"2026-11-{day:02d}T{hour:02d}:00+02:00" for n in (27, 28) for day, hour in ((n, 22), (n, 23), (n + 1, 0), (n + 1, 1))]
    data = {**view("heatmap")["data"], "step_minutes": 60, "columns": columns, "rows": [{"name": "Anna", "cells": "yynnyyyy"}], "slots": []}
    made = draw({"name": "heatmap", "data": data})
    assert made
    cells = [(cell["day"][:6], cell["time"], cell["answer"]) for cell in rows_of(chart_of(made))]
    assert cells == [("Friday", "22:00 to 00:00", "free"), ("Friday", "00:00 to 02:00", "not free"), ("Saturd", "22:00 to 02:00", "free")]


def test_a_large_heat_map_keeps_the_days_that_matter() -> None:
    """Fifty people, fourteen days: those with the best slots first, and no more rows than can be read."""
    columns = [f"2026-12-{day:02d}T{hour:02d}:00+02:00" for day in range(1, 15) for hour in (18, 19)]
    people = [{"name": f"P{n}", "cells": "y" * len(columns)} for n in range(50)]
    slots = [{"start": "2026-12-12T18:00+02:00", "end": "2026-12-12T20:00+02:00"}]
    data = {**view("heatmap")["data"], "step_minutes": 60, "columns": columns, "rows": people, "slots": slots}
    made = draw({"name": "heatmap", "data": data})
    assert made
    rows = list(rows_of(chart_of(made)))
    assert {row["day"] for row in rows} == {"Saturday 12 December 2026"}
    assert len({row["row"] for row in rows if "who" in row}) == 50


def test_bars_are_as_long_as_there_are_votes() -> None:
    """Approval: each answer with its voters; ranked: first choices and places; the winner has the star."""
    bars = [(row["option"], row["answer"], row["votes"], row["who"]) for row in rows_of(chart_of(drawn("votes")))]
    assert ("★ Thai", "yes", 2, "Anna, Ben") in bars
    assert sum(votes for option, _, votes, _ in bars if option == "Pizza") == 3
    ranked = {(row["option"], row["votes"], row["place"]) for row in rows_of(chart_of(drawn("ranked")))}
    assert ("★ Thai", 3, "place 1") in ranked


def test_a_map_has_as_much_east_as_north_and_asks_nobody_for_tiles() -> None:
    """Equal scales, points where they are, and no address in it."""
    chart = chart_of(drawn("venues"))
    encoding = chart["layer"][0]["encoding"]
    (low_x, high_x), (low_y, high_y) = (encoding[axis]["scale"]["domain"] for axis in "xy")
    assert (high_x - low_x) / chart["width"] == pytest.approx((high_y - low_y) / chart["height"])
    assert [row["name"] for row in rows_of(chart)[:3]] == ["Kuja Thai", "Soi Soi", "Café Ekberg"]
    assert "url" not in json.dumps({key: value for key, value in chart.items() if key != "$schema"})
    table = drawn("venues").table
    assert table is not None
    assert table.columns == ("No.", "Place", "vegan food", "wheelchair access", "open")
    assert table.rows[2] == ("3", "Café Ekberg", "? not known", "✗ no", "✓ yes")


def test_facts_and_files() -> None:
    """Chips with who said it; a file with its own name, as text."""
    assert drawn("known").chips == ("Anna · diet: vegan (said by you)", "Ben · likes cuisine: Thai", "You · allergy: nuts")
    file = drawn("file").file
    assert file is not None
    assert (file.name, file.mime, file.text[:15]) == ("dinner.ics", "text/calendar", "BEGIN:VCALENDAR")
    odd = draw({"name": "file", "data": {"filename": "../../etc/pass\nwd\x00", "mime": "text/html; x<script>", "text": "a"}})
    assert odd and odd.file
    assert (odd.file.name, odd.file.mime) == ("etc-pass wd", "text/plain")


def test_a_board_shows_the_line_or_else_the_last_move() -> None:
    """A star at each of three in a row; an arrow while nobody has won; the same in words, the agent's own or made here."""
    won = drawn("board")
    assert won.table is not None
    assert won.table.columns == ("Left", "Middle", "Right")
    assert won.table.rows == (("○", "○", "★ ✕"), ("", "★ ✕", ""), ("★ ✕", "", ""))
    assert won.lines[3:] == ("Last move: ✕, bottom left", "Three in a row: top right, centre, bottom left")
    going_on = draw({"name": "board", "data": {"cells": ["✕", *[""] * 8], "last": 1}})
    assert going_on and going_on.table
    assert going_on.table.rows[0] == ("▸ ✕", "", "")
    assert going_on.lines == ("Top row: ▸ ✕, empty, empty", "Middle row: empty, empty, empty", "Bottom row: empty, empty, empty")


@pytest.mark.parametrize(
    "wrong", [{"cells": ["✕"] * 8}, {"cells": ["x"] * 9}, {"last": 10}, {"line": [0]}, {"line": "159"}, {"cells": "✕" * 9}]
)
def test_no_board_is_drawn_that_cannot_be_one(wrong: dict[str, Any]) -> None:
    """Nine cells, two marks, and places that are on it."""
    assert draw({"name": "board", "data": view("board")["data"] | wrong}) is None


def every_text(value: Any, new: str) -> Iterator[Any]:
    """The same JSON, one text in it replaced, for each text that is a name or a label."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("start", "end", "kind", "cells", "columns", "legend", "zone", "strength", "key"):
                yield from ({**value, key: other} for other in every_text(inner, new))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from ([*value[:index], other, *value[index + 1 :]] for other in every_text(inner, new))
    elif isinstance(value, str):
        yield new


@pytest.mark.parametrize("name", VIEWS)
def test_what_people_and_places_are_called_is_data_and_nothing_else(name: str) -> None:
    """A hostile name, wherever it stands: outside of the chart's data nothing changes, and no control character is left."""
    before = draw(view(name))
    assert before
    for data in every_text(view(name)["data"], HOSTILE):
        made = draw({"name": view(name)["name"], "data": data})
        if made is None:
            continue
        if made.chart and before.chart:
            assert without_data(made.chart) == without_data(before.chart)
        told = json.dumps([made.title, made.lines, made.chart, made.chips, made.table and made.table.rows, made.source], ensure_ascii=False)
        assert not set(told) & set("\x00\x1b\u202e\ud800")


def without_data(chart: Any) -> Any:
    """The chart without its rows, and without the names of rows and days in scales."""
    if isinstance(chart, dict):
        return {key: without_data(value) for key, value in chart.items() if key not in ("values", "domain", "range", "value")}
    return [without_data(value) for value in chart] if isinstance(chart, list) else chart


@given(st.sampled_from([*drawings.VIEWS, "unknown"]), JSON)
def test_nonsense_draws_nothing(name: str, data: object) -> None:
    """Any JSON in the place of a view's data."""
    for given_view in ({"name": name, "data": data}, data, {"name": data, "data": data}):
        made = draw(given_view)
        assert made is None or isinstance(made, Drawing)
    card = read_card(data)
    assert card is None or card.title


WRONG = (None, "", "x", -1, 10**400, float("nan"), float("inf"), [], {}, [None], [[]], {"a": 1})


@given(st.sampled_from(list(VIEWS)), st.sampled_from(WRONG), st.data())
def test_a_view_with_something_missing_or_wrong_never_raises(name: str, wrong: object, data: st.DataObject) -> None:
    """Any value of a real view taken out, or replaced."""
    made = draw({"name": view(name)["name"], "data": spoilt(view(name)["data"], wrong, data)})
    assert made is None or json.dumps(made.chart, allow_nan=False)


def spoilt(value: Any, wrong: object, data: st.DataObject) -> Any:
    """The same JSON with one thing in it wrong, at any depth."""
    if not isinstance(value, dict | list) or not value or data.draw(st.integers(0, 4)) == 0:
        return copy.deepcopy(wrong)
    key = data.draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
    if data.draw(st.integers(0, 4)) == 0:
        return {k: v for k, v in value.items() if k != key} if isinstance(value, dict) else value[:key]
    changed = copy.copy(value)
    changed[key] = spoilt(value[key], wrong, data)
    return changed


def test_the_card_says_what_is_settled_and_what_is_missing() -> None:
    """People without times, votes still to come, the file's version; an empty plan has no card."""
    card = read_card(CARD)
    assert card
    lines = dict(card.lines)
    assert lines["When"] == "Friday 27 November 2026, 19:30 to 21:30 ✓ decided"
    assert lines["Where"] == "Helsinki (not decided)"
    assert lines["Times missing"] == "Carla"
    assert lines["Vote, food"] == "Thai leads; still to vote: Carla"
    assert lines["File"] == "dinner.ics, version 2"
    assert card.missing == ("when Carla can come", "the place")
    nothing = {"words": "", "decided": False}
    assert (
        read_card({"title": "", "kind": "", "status": "open", "when": nothing, "where": nothing, "people": [], "missing": ["people"]})
        is None
    )


def test_what_is_said_to_forget_a_fact_is_what_a_person_would_say() -> None:
    """In the user's own words, "I" for the user."""
    assert [forget_words(fact) for fact in FACTS] == [
        "Forget that Anna is vegan.",
        "Forget that Ben likes Thai food.",
        "Forget that I am allergic to nuts.",
    ]
    odd = {"person": "Ben", "key": "budget", "value": "30 EUR", "strength": "must"}
    assert (forget_words(odd), fact_words(odd)) == ("Forget that Ben's budget is 30 EUR.", "budget: 30 EUR")


@given(st.text(max_size=60))
def test_a_literal_line_is_one_line_without_live_signs(text: str) -> None:
    """Every sign that Markdown could take for its own has a backslash before it."""
    told = literal(text)
    assert "\n" not in told
    plain = told.replace("\\\\", "")
    assert not any(plain[n] in "`*_[]<>$:#|~!" and plain[n - 1 : n] != "\\" for n in range(len(plain)))


# -- what of it stands in a message ----------------------------------------------------------------------------------------


def step(number: int, name: str, **more: Any) -> ToolStep:
    return ToolStep(f"call-{number}", "show", {}, 0.0, {"status": "ok", "view": {"name": name, "data": {}}, **more}, 0.1)


def test_of_one_answer_the_last_of_each_drawing_is_drawn_in_its_own_place() -> None:
    """What comes later moves nothing that stands: a step has its two places from its call on."""
    calls = [ToolStep(f"call-{n}", "show", {}, 0.0) for n in range(3)]
    text = TextPart("t", "a", final=True, pieces=["Here."])
    before = items_of(Message(1, "t", "assistant", (*calls, text), "running"))
    after = items_of(Message(1, "t", "assistant", (step(0, "votes"), step(1, "heatmap"), step(2, "votes"), text)))
    assert len(before) == len(after) == 7
    assert before[-1] == after[-1]
    assert [item[0] for item in after] == ["step", "empty", "step", "drawing", "step", "drawing", "markdown"]
    many = items_of(Message(1, "t", "assistant", tuple(step(n, f"view {n}") for n in range(DRAWINGS + 3))))
    assert [item == NOTHING for item in many[1::2]] == [True] * 3 + [False] * DRAWINGS


@pytest.mark.parametrize("result", [{"view": None}, {"view": "x"}, {"view": []}, {"view": {}}, {"result": [1]}, {}])
def test_a_result_without_a_view_is_a_plain_step(result: dict[str, Any]) -> None:
    """Any agent's tool."""
    assert items_of(Message(1, "t", "assistant", (ToolStep("c", "tool", {}, 0.0, result, 0.1),)))[1:] in (
        [NOTHING],
        [("drawing", "t-c", {})],
    )


@pytest.mark.parametrize(
    ("replies", "offered"),
    [
        (["Yes", "No", "Yes", " ", "a", "b", "c"], ["Yes", "No", "a", "b"]),
        (["x" * 81, 5, None, {}], []),
        ("Yes", []),
        (None, []),
    ],
)
def test_only_a_few_short_replies_are_offered(replies: object, offered: list[str]) -> None:
    """Of the last tool result alone, in an answer that has ended."""
    parts = (step(0, "a", replies=["old"]), step(1, "b", replies=replies))
    assert replies_of(Message(1, "t", "assistant", parts)) == offered
    assert replies_of(Message(1, "t", "assistant", parts, "running")) == []


def test_a_hostile_request_is_shown_to_the_letter() -> None:
    """Name, arguments and hint of a tool that asks."""

    def page(name: str) -> None:
        import streamlit

        import page.messages as page_module
        from playground.turn_log import Request

        request = Request("r", "c", name, {"what": name, "more": [1, {"a": name}], "none": None}, name, {"p": name})
        page_module.put_form(streamlit.container(), page_module.Form(request, lambda *_: None))
        page_module.put_asked(streamlit.container(), f"{name}? not answered", request)

    at = AppTest.from_function(page, args=(HOSTILE.replace("\ud800", ""),)).run()
    assert not at.exception
    assert [button.label for button in at.button] == ["Yes, do it", "No"]
    assert "\\<img" in at.markdown[0].value
    assert "\\:red\\[b\\]" in at.markdown[0].value
    assert HOSTILE.partition(" \x00")[0] in at.text[0].value
