"""Who is named, who is spoken of, who has to come and who drops out."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibehuntr_agent.language import people
from vibehuntr_agent.language.context import Context
from vibehuntr_agent.planning.people import MAX_PEOPLE, ME

ZONE = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 11, 24, 12, tzinfo=ZONE)
GROUP = ("Anna", "Ben", "Katariina", "Leo", ME)
WORDS = "Anna anna ben Katarina me I we she the others everyone except but not without and , + \" wrote : with can't come must be there optional required".split()  # noqa: SIM905  plain words read best
anything = st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


def context(*names: str, **known: Any) -> Context:
    return Context(NOW, ZONE, people=tuple({"name": name, "attendance": "required"} for name in names), **known)


def calls(text: str, known: Context) -> dict[str, Any]:
    """What set_people is called with."""
    return next((call.args for call in people.read(text, known).calls), {})


def levels(text: str) -> dict[str, str]:
    """Who gets which attendance in a group that is known."""
    return {entry["name"]: entry["attendance"] for entry in calls(text, context(*GROUP, "Zoe")).get("add", ())}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Dinner with Anna, Ben and Leo on Friday", "Anna Ben Leo You"), ("dinner sat, me lea omar jonas, 2h", "Lea Omar Jonas You"), ("w/ anna, ben n cleo", "Anna Ben Cleo You"),
        ("me, pekka, noor", "Pekka Noor You"), ("Anna & Ben + me", "Anna Ben You"), ("Lea is coming, Omar too, and Jonas, and me of course", "Lea Omar Jonas You"),
        ("Anna\nBen\nLeo", "Anna Ben Leo"), ("Anna is free from 18 to 22, Ben from 7pm", "Anna Ben"), ("Jonas, Lea, Omar, myself", "Jonas Lea Omar You"),
        ("Grace and Mark can come", "Grace Mark"), ("let's invite Mia", "Mia You"), ("Sam (nyc) and Imani (london) and I", "Sam Imani You"),
        ("lunch on Friday in Helsinki, two hours, 30 euros", ""), ("Thai or Indian food, please", ""), ("what is the capital of France?", ""), ("hello there", ""),
    ],
)  # fmt: skip
def test_names_are_read_where_names_stand(text: str, names: str) -> None:
    """Lists, invitations and free times name people, with or without capitals; days, places and dishes are nobody."""
    assert people.new_names(text, context()) == names.split()


@pytest.mark.parametrize(
    ("text", "names"),
    [("Tom joins us too", "Tom"), ("Anna and Katarina can come", ""), ("berlin, paris or rome", ""), ("toast and butter", "")],
)
def test_a_full_group_grows_by_whom_is_invited(text: str, names: str) -> None:
    """Nobody is added twice, not even with a slip of the pen, and small words are no names once all are named."""
    assert people.new_names(text, context(*GROUP)) == names.split()


def test_a_thousand_names_are_no_more_than_a_plan_refuses() -> None:
    """The tool then says how many a plan holds."""
    many = [
        f"{first}{last}"
        for first in ("Al", "Bo", "Cy", "Di", "Ed", "Fay", "Gus")
        for last in ("bert", "dan", "mund", "rick", "ward", "lina", "mara", "nora", "vin", "zed")
    ]
    assert MAX_PEOPLE < len(people.new_names(", ".join(many), context())) <= MAX_PEOPLE + 2


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Anna, Ben and I are free", [("Anna", "Ben", ME)]), ("anna can, katarinna can't", [("Anna",), ("Katariina",)]), ("everyone is free", [GROUP]),
        ("everyone except Leo can", [("Anna", "Ben", "Katariina", ME)]), ("everyone but Leo and Ben can", [("Anna", "Katariina", ME)]), ("everybody except me is free", [("Anna", "Ben", "Katariina", "Leo")]),
        ("Leo 20-23, the others 18-22", [("Leo",), ("Anna", "Ben", "Katariina")]), ("Leo 20-23, the others incl. me 18-22", [("Leo",), ("Anna", "Ben", "Katariina", ME)]),
        ("Anna says she can", [("Anna",), ("Anna",)]), ("Anna and Ben say they can", [("Anna", "Ben"), ("Anna", "Ben")]), ('Ben wrote: "I can"', [("Ben",), ("Ben",)]),
        ("toms free, leos not", [("Leo",)]), ("I think so", []), ("she can", [("Katariina",)]), ("Tim can", []), ("can't we, but Leo can", [("Leo",)]),
    ],
)  # fmt: skip
def test_pronouns_and_groups_mean_people(text: str, names: list[tuple[str, ...]]) -> None:
    """ "She" is the person spoken of last, "the others" are those not named, and in a quotation "I" is who is quoted."""
    assert [who.names for who in people.mentions(text, context(*GROUP, last_person="Katariina"), GROUP)] == names


def test_the_last_person_is_remembered() -> None:
    """A message that names nobody changes nothing about whom "she" means."""
    known = context(*GROUP, last_person="Leo")
    assert [people.last_person(text, known, GROUP) for text in ("Anna, then Ben", "the weather is fine", "me and Anna")] == [
        "Ben",
        "Leo",
        "Anna",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anna is optional", {"Anna": "optional"}), ("Ben and Leo needn't come", {"Ben": "optional", "Leo": "optional"}),
        ("Zoe can skip it", {"Zoe": "optional"}), ("Leo is important", {"Leo": "important"}), ("optional: Anna, Ben", {"Anna": "optional", "Ben": "optional"}),
        ("Leo comes if he can", {"Leo": "optional"}), ("Anna must come, the others are optional", {"Ben": "optional", "Katariina": "optional", "Leo": "optional", "Zoe": "optional"}),
        ("Anna must be there", {}), ("we can't do it without Anna", {}), ("Anna is free on Friday", {}),
    ],
)  # fmt: skip
def test_who_has_to_come_and_who_need_not(text: str, expected: dict[str, str]) -> None:
    """Only what changes is told; everybody is required until then."""
    assert levels(text) == expected


def test_attendance_is_told_with_a_new_name() -> None:
    """Who is named and wanted in one sentence is added once."""
    text = "Dinner with Anna, Ben and Mia. Mia must come, Ben is optional."
    assert calls(text, context()) == {
        "add": [{"name": "Anna"}, {"name": "Ben", "attendance": "optional"}, {"name": "Mia", "attendance": "required"}, {"name": ME}]
    }


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("remove Leo", ["Leo"]), ("Leo isn't coming", ["Leo"]), ("Leo can't make it after all.", ["Leo"]), ("Anna dropped out", ["Anna"]), ("let's plan without Ben", ["Ben"]),
        ("Leo can't come on Friday.", []), ("we can't do it without Leo", []), ("not without Leo", []), ("Tom isn't coming", []), ("remove me", []),
    ],
)  # fmt: skip
def test_who_drops_out(text: str, gone: list[str]) -> None:
    """Somebody is taken out who cannot come at all, not one who is missed or who cannot on one day."""
    assert calls(text, context(*GROUP)).get("remove", []) == gone


@settings(max_examples=150, deadline=None)
@given(anything, st.booleans())
def test_any_text_is_read_without_an_error(text: str, named: bool) -> None:
    """Whatever is typed, those spoken of are in the group, and no new name is known already."""
    known = context(*(GROUP if named else ()))
    assert {name for who in people.mentions(text, known, GROUP) for name in who.names} <= set(GROUP)
    assert not set(calls(text, known).get("remove", ())) - set(known.roster)
    assert not set(people.new_names(text, known)) & set(known.roster)
