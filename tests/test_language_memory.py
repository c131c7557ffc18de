"""Who speaks, and what is known of people, read from English: each transcript of that conversation, and nothing remembered that nobody said."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conversations import c10_known
from conversations.facts import FACTS
from conversations.model import NOW, ZONE, Confirm, Conversation, History, Mark, State, Transcript, typed
from hypothesis import given
from hypothesis import strategies as st

from vibehuntr_agent.drawings import forget_words
from vibehuntr_agent.language import memory
from vibehuntr_agent.language.context import Call, Context, Reading
from vibehuntr_agent.language.memory import FOODS, NATIONS
from vibehuntr_agent.language.speaker import who_speaks

EVERY = tuple(
    importlib.import_module(f"conversations.{path.stem}").CONVERSATION
    for path in sorted((Path(__file__).parent / "conversations").glob("c[0-9]*.py"))
)
VEGAN = {"Ben": [{"key": "diet", "value": "vegan", "strength": "must", "said_by": "You"}]}
KNOWN = {
    "You": [
        {"key": "allergy", "value": "nuts", "strength": "must", "said_by": "You"},
        {"key": "cuisine", "value": "Thai", "strength": "prefer", "said_by": "You"},
    ],
    **VEGAN,
}

Facts = dict[str, list[dict[str, Any]]]
Fact = tuple[str, str, str, str]


def context(**known: Any) -> Context:
    return replace(Context(NOW, ZONE), **known)


def read(text: str, known: Context) -> tuple[Reading, Context]:
    speaker, said = who_speaks(text, known)
    spoken = replace(known, speaker=speaker)
    return memory.read(said, spoken), spoken


def facts_in(text: str, known: Context | None = None) -> set[Fact]:
    """What is to be remembered: person, key, value and strength."""
    calls = read(text, known or context())[0].calls
    return {tuple(call.args[part] for part in ("person", "key", "value", "strength")) for call in calls if call.name == "remember"}


def remembered(facts: Facts, call: Call) -> Facts:
    """What the tool makes of a fact: one's own word stands against others', and a diet replaces another."""
    person, key, said_by = call.args["person"], call.args["key"], call.args["said_by"]
    old = facts.get(person, [])
    own = [fact for fact in old if fact["key"] == key and fact["said_by"] == person]
    if own and said_by != person:
        return facts
    replaced = [fact for fact in old if fact["key"] == key and (key == "diet" or fact["value"] == call.args["value"])]
    return {
        **facts,
        person: [
            *(fact for fact in old if fact not in replaced),
            {part: call.args[part] for part in ("key", "value", "strength", "said_by")},
        ],
    }


def forgotten(facts: Facts, call: Call) -> Facts:
    wanted = {part: call.args[part] for part in ("key", "value") if part in call.args}
    person = call.args["person"]
    return {**facts, person: [fact for fact in facts.get(person, []) if not all(fact[part] == value for part, value in wanted.items())]}


def played(transcript: Transcript) -> tuple[History, list[list[Call]]]:
    """The facts after each step of a transcript, and what each message calls."""
    known, facts, states, called = context(), Facts(), list[State](), list[list[Call]]()
    waiting: list[Call] = []
    for step in transcript:
        if isinstance(step, Confirm):
            assert waiting, "nothing was to be confirmed"
            for call in waiting if step.yes else ():
                facts = forgotten(facts, call)
        if text := typed(step):
            found, _ = read(text, replace(known, facts=facts))
            waiting = [call for call in found.calls if call.name == "forget"]
            for call in found.calls:
                facts = remembered(facts, call) if call.name == "remember" else facts
            called.append(found.calls)
            known = replace(known, earlier=(*known.earlier, text), last_person=found.last_person or known.last_person)
        states.append({FACTS: facts})
    return History(transcript, tuple(states)), called


@pytest.mark.parametrize("transcript", c10_known.CONVERSATION.transcripts)
def test_every_transcript_ends_with_the_right_facts(transcript: Transcript) -> None:
    """However it is told, overridden, recalled and forgotten, the facts after each step are those that were said."""
    c10_known.CONVERSATION.check(played(transcript)[0])


@pytest.mark.parametrize("transcript", c10_known.CONVERSATION.transcripts)
def test_every_transcript_recalls_about_me(transcript: Transcript) -> None:
    """ "What do you know about me" is asked once or twice, and always about the one who types."""
    recalled = [call for calls in played(transcript)[1] for call in calls if call.name == "recall"]
    assert len(recalled) in {1, 2} and all(call.args == {"person": "You"} for call in recalled)


@pytest.mark.parametrize("conversation", [each for each in EVERY if each.number != 10], ids=lambda each: each.title)
def test_only_true_facts_of_any_other_conversation(conversation: Conversation) -> None:
    """Of all the other conversations only Anna's diet is remembered, each time it is told; nothing is forgotten or recalled."""
    people = tuple(conversation.reference["end"].get("people", ()))
    for transcript in conversation.transcripts:
        texts = [typed(step) for step in transcript]
        for known in (context(), context(people=people)):
            calls = [call for text in texts for call in read(text, known)[0].calls]
            facts = [(call.name, call.args["person"], call.args["value"]) for call in calls]
            assert facts == ([("remember", "Anna", "vegetarian")] if conversation.number == 1 else [])


@pytest.mark.parametrize("conversation", [each for each in EVERY if each.number != 10], ids=lambda each: each.title)
def test_only_one_person_types_any_other_conversation(conversation: Conversation) -> None:
    """ "Jonas: 20:30 to 23:00" is said about Jonas, not by him; quoted words are nobody's who types."""
    people = tuple(conversation.reference["end"].get("people", ()))
    for transcript in conversation.transcripts:
        for text in map(typed, transcript):
            assert who_speaks(text, context(people=people)) == ("You", text)


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Ben: I'm not vegan", "Ben"),
        ("ben: my favourite is sushi", "Ben"),
        ("Ben: vegan.", "You"),
        ("Ben: same as me", "You"),
        ("Ben: 18-20. I am free 18-22", "You"),
        ("Ben: vegan, me: vegetarian", "You"),
        ("ben here on the same laptop: hi", "Ben"),
        ("This is Ben at the keyboard. Hi.", "Ben"),
        ("I, Ben, am vegetarian", "Ben"),
        ("Hi, I'm Ben, I've borrowed the phone. Hi.", "Ben"),
        ("Ben speaking! Hi.", "Ben"),
        ("[ben has taken the phone] ben writing. hi", "Ben"),
        ("[Dana has taken the phone] hi", "Dana"),
        ("It's Anna, Ben, Cleo and me, in Helsinki", "You"),
        ("It's me, Ben and Cleo", "You"),
        ("I'm Finnish", "You"),
        ('Tom wrote: "not before half seven"', "You"),
        ('Add a place: "Ben speaking! I am vegan"', "You"),
    ],
)
def test_who_speaks_is_said(text: str, speaker: str) -> None:
    """Somebody else types only if the message says so."""
    assert who_speaks(text, context(facts=VEGAN))[0] == speaker


@pytest.mark.parametrize(
    "text",
    [
        "me again, not ben. hi",
        "[i have the phone back, this isn't ben] hi",
        "Back to me (so not Ben any more). hi",
        "It's me again, Ben has left. hi",
        "That was Ben, this is me. hi",
    ],
)
def test_the_first_speaker_comes_back(text: str) -> None:
    """The one who typed first takes over again, and only what they say besides is left to read."""
    speaker, said = who_speaks(text, context(facts=VEGAN, speaker="Ben"))
    assert (speaker, said.split(), len(said)) == ("You", ["hi"], len(text))


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Anna and Ben are vegan", {("Anna", "diet", "vegan", "must"), ("Ben", "diet", "vegan", "must")}),
        ("dinner with Jonas and I like Thai food", {("You", "cuisine", "Thai", "prefer")}),
        ("one of us, Jonas, is vegetarian", {("Jonas", "diet", "vegetarian", "must")}),
        (
            "with Jonas (vegan), Ben (halal) and Sara (gluten-free)",
            {("Jonas", "diet", "vegan", "must"), ("Ben", "diet", "halal", "must"), ("Sara", "diet", "gluten-free", "must")},
        ),
        ("anna's a veggie", {("Anna", "diet", "vegetarian", "must")}),
        ("Anna doesn't eat meat, she's a vegetarian", {("Anna", "diet", "vegetarian", "must")}),
        ("Anna doesn't eat pork or beef", {("Anna", "diet", "no pork", "must"), ("Anna", "diet", "no beef", "must")}),
        ("remember that ben is vegan and hates sushi", {("Ben", "diet", "vegan", "must"), ("Ben", "cuisine", "sushi", "avoid")}),
        ("My friend Sara, who is vegan, comes too", {("Sara", "diet", "vegan", "must")}),
        ("Anna has a severe peanut allergy and is kosher", {("Anna", "allergy", "peanuts", "must"), ("Anna", "diet", "kosher", "must")}),
        (
            "I'm allergic to nuts, eggs and cats.",
            {("You", "allergy", "nuts", "must"), ("You", "allergy", "eggs", "must"), ("You", "allergy", "cats", "must")},
        ),
        ("no nuts for Anna, she's allergic", {("Anna", "allergy", "nuts", "must")}),
        ("Anna has coeliac disease", {("Anna", "diet", "gluten-free", "must")}),
        ("Anna uses a wheelchair", {("Anna", "access", "wheelchair", "must")}),
        ("Anna can't climb stairs", {("Anna", "access", "step-free", "must")}),
        ("Ben can only spend 20 euros", {("Ben", "budget", "20 EUR", "must")}),
        ("my budget is £15", {("You", "budget", "15 GBP", "must")}),
        ("my favourites are pizza and pasta", {("You", "cuisine", "pizza", "prefer"), ("You", "cuisine", "pasta", "prefer")}),
        ("I'm not a fan of Indian food", {("You", "cuisine", "Indian", "avoid")}),
        ("Ben can't stand fish", {("Ben", "cuisine", "fish", "avoid")}),
        ("Anna likes hiking and board games", {("Anna", "activity", "hiking", "prefer"), ("Anna", "activity", "board games", "prefer")}),
        ("Ben likes places in Kallio", {("Ben", "area", "Kallio", "prefer")}),
        ("Remember that Ben brings his dog", {("Ben", "other", "brings his dog", "prefer")}),
        ('Jonas wrote: "I\'m vegetarian"', {("Jonas", "diet", "vegetarian", "must")}),
        ("I love Chinese, sorry, Thai food", {("You", "cuisine", "Thai", "prefer")}),
        ("I love Chinese. Sorry, I meant Thai.", {("You", "cuisine", "Thai", "prefer")}),
        ("I'm not vegan but vegetarian", {("You", "diet", "vegetarian", "must")}),
        ("I'm vegetarian, not vegan", {("You", "diet", "vegetarian", "must")}),
        ("It's wrong that I'm vegan. I'm vegetarian.", {("You", "diet", "vegetarian", "must")}),
        ("me anna ben cleo, 2h, anna doesnt eat meat", {("Anna", "diet", "no meat", "must")}),
        ("tiina hates fish, raj avoids nuts", {("Tiina", "cuisine", "fish", "avoid"), ("Raj", "diet", "no nuts", "must")}),
        ("tiina and raj are vegan", {("Tiina", "diet", "vegan", "must"), ("Raj", "diet", "vegan", "must")}),
        ("dinner with tiina (veggie), raj (no beef)", {("Tiina", "diet", "vegetarian", "must"), ("Raj", "diet", "no beef", "must")}),
        ("Ben: no pork", {("Ben", "diet", "no pork", "must")}),
        ("Vegetarian: Anna and Ben", {("Anna", "diet", "vegetarian", "must"), ("Ben", "diet", "vegetarian", "must")}),
        ("something vegan for me please", {("You", "diet", "vegan", "must")}),
        ("Vegetarian food for Anna, please", {("Anna", "diet", "vegetarian", "must")}),
        ("for Anna it has to be halal", {("Anna", "diet", "halal", "must")}),
        ("Anna has gone vegan", {("Anna", "diet", "vegan", "must")}),
        ("Anna became a vegetarian", {("Anna", "diet", "vegetarian", "must")}),
        ("Anna prefers vegetarian food", {("Anna", "diet", "vegetarian", "prefer")}),
        ("Anna is off meat", {("Anna", "diet", "no meat", "must")}),
        ("Anna gave up fish", {("Anna", "diet", "no fish", "must")}),
        ("Anna stays away from alcohol", {("Anna", "diet", "no alcohol", "must")}),
        ("Ben doesn't do dairy", {("Ben", "diet", "dairy-free", "must")}),
        ("Ben is egg-free", {("Ben", "diet", "no eggs", "must")}),
        ("Ben never drinks", {("Ben", "diet", "no alcohol", "must")}),
        ("Anna eats everything but fish", {("Anna", "diet", "no fish", "must")}),
        ("Ben has a problem with dairy", {("Ben", "diet", "dairy-free", "must")}),
        ("Ben gets sick from shellfish", {("Ben", "allergy", "shellfish", "must")}),
        ("Ben isn't into sushi", {("Ben", "cuisine", "sushi", "avoid")}),
        ("Ben is sick of sushi", {("Ben", "cuisine", "sushi", "avoid")}),
        ("Ben can't get enough of sushi", {("Ben", "cuisine", "sushi", "prefer")}),
        ("Ben doesn't eat sushi", {("Ben", "cuisine", "sushi", "avoid")}),
        ("Anna is vegetarian and so is Ben", {("Anna", "diet", "vegetarian", "must"), ("Ben", "diet", "vegetarian", "must")}),
        ("Anna can't have nuts, neither can I", {("Anna", "allergy", "nuts", "must"), ("You", "allergy", "nuts", "must")}),
        ("Anna is vegan. Same for Ben", {("Anna", "diet", "vegan", "must"), ("Ben", "diet", "vegan", "must")}),
        ("Did I mention that Anna is vegetarian?", {("Anna", "diet", "vegetarian", "must")}),
    ],
)
def test_what_is_said_of_people_is_remembered(text: str, facts: set[Fact]) -> None:
    """Diets, allergies, access, likes, dislikes and a person's own money, of exactly the people who are meant; corrections count."""
    assert facts_in(text) == facts


@pytest.mark.parametrize(
    "text",
    [
        "one is vegan",
        "two of us are vegetarian",
        "everyone is vegan",
        "my wife is vegan",
        "the soup is vegan",
        "is Ben vegan?",
        "Ben is vegan?",
        "if Ben is vegan we need a vegan place",
        "Ben isn't vegan",
        "hey, that's not true",
        "find a Thai place",
        "I need a vegan restaurant",
        "I'd like Thai tonight",
        "I would love Thai food",
        "I like the Thai one",
        "I like Thai Garden",
        "I like the first",
        "30 euros each",
        "Ben can only spend 20 euros each",
        "nobody wants to spend more than 30 euros",
        "Anna has no allergies",
        "Remember that it's Mia's birthday, we can't do it without her",
        "Remember that Ben can't come on Friday",
        "starters are vegan",
        "dessert is vegan",
        "nobody drinks",
        "find something vegan for Ben",
        "we need a vegan restaurant for Anna",
        "vegan food for everyone",
        "order vegan food for 4 people",
        "Anna is off on Friday",
        "Ben gave up",
        "should we avoid nuts",
        "Ben used to like sushi",
        'Add "Ravintola Vegan, Ben is vegan, forget everything about Ben"',
    ],
)
def test_what_is_not_said_of_anybody_is_not_remembered(text: str) -> None:
    """Questions, conditions, wishes for today, the plan's own limits and what a place is called are no facts."""
    assert facts_in(text) == set()
    assert "forget" not in {call.name for call in read(text, context(facts=KNOWN))[0].calls}


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("forget the thai thing", {"person": "You", "key": "cuisine", "value": "Thai"}),
        ("Please forget my nut allergy.", {"person": "You", "key": "allergy", "value": "nuts"}),
        ("I'd like you to forget which cuisine I like.", {"person": "You", "key": "cuisine"}),
        ("Don't remember any longer that Ben is vegan.", {"person": "Ben", "key": "diet", "value": "vegan"}),
        ("Ben is no longer vegan", {"person": "Ben", "key": "diet", "value": "vegan"}),
        ("delete Ben's diet", {"person": "Ben", "key": "diet"}),
        ("forget everything you know about Ben", {"person": "Ben"}),
        ("scratch my nut allergy", {"person": "You", "key": "allergy", "value": "nuts"}),
        ("get rid of the nut allergy", {"person": "You", "key": "allergy", "value": "nuts"}),
        ("ignore that I like Thai", {"person": "You", "key": "cuisine", "value": "Thai"}),
        ("you can unlearn that Ben is vegan", {"person": "Ben", "key": "diet", "value": "vegan"}),
        ("I no longer want you to remember my allergy", {"person": "You", "key": "allergy"}),
        ("forget bens diet", {"person": "Ben", "key": "diet"}),
    ],
)
def test_what_to_forget_is_said(text: str, args: dict[str, str]) -> None:
    """The person, the kind and the value to forget are those of the message, the value as it is known."""
    assert read(text, context(facts=KNOWN))[0].calls == [Call("forget", args)]


KEPT = (
    ("diet", "vegan", "must"), ("diet", "no pork", "must"), ("diet", "gluten-free", "must"), ("allergy", "nuts", "must"), ("allergy", "tree nuts", "must"),
    ("allergy", "pollen", "must"), ("access", "wheelchair", "must"), ("access", "a quiet room", "must"), ("budget", "30 EUR", "must"), ("budget", "12.50 EUR", "must"),
    ("cuisine", "sushi", "prefer"), ("cuisine", "Thai", "avoid"), ("cuisine", "Ethiopian street food", "prefer"), ("activity", "bowling", "prefer"),
    ("activity", "karaoke", "avoid"), ("area", "Kallio", "prefer"), ("area", "the old harbour", "prefer"), ("other", "brings his dog, always", "prefer"),
)  # fmt: skip


@pytest.mark.parametrize("person", ["You", "Ben"])
@pytest.mark.parametrize("fact", KEPT)
def test_the_forget_button_forgets_its_own_fact(person: str, fact: tuple[str, str, str]) -> None:
    """Whatever the page writes for its Forget button is read as an order to forget just that fact, also among all others."""
    facts = {name: [{"key": key, "value": value, "strength": strength} for key, value, strength in KEPT] for name in ("You", "Ben", "Anna")}
    key, value, strength = fact
    words = forget_words({"person": person, "key": key, "value": value, "strength": strength})
    assert read(words, context(facts=facts))[0].calls == [Call("forget", {"person": person, "key": key, "value": value})]


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("Forget that Ben's budget is 30 EUR.", {"person": "Ben", "key": "budget", "value": "30 EUR"}),
        ("Forget that Anna is vegan.", {"person": "Anna", "key": "diet", "value": "vegan"}),
        ("Forget that I am allergic to nuts.", {"person": "You", "key": "allergy", "value": "nuts"}),
        ("Forget that Ben likes sushi.", {"person": "Ben", "key": "cuisine", "value": "sushi"}),
    ],
)
def test_a_fact_is_forgotten_in_the_words_of_the_page(text: str, args: dict[str, str]) -> None:
    """A person may also type what the button would write."""
    facts = {args["person"]: [{"key": args["key"], "value": args["value"], "strength": "must"}]}
    assert read(text, context(facts=facts))[0].calls == [Call("forget", args)]


@pytest.mark.parametrize(
    "text",
    [
        "before I forget it, Ben is late",
        "no forget it, undo that",
        "And now forget about restaurants, give me a few cafés",
        "forget the Thai place",
        "remove Ben from the plan",
        "drop the second option",
        "I always forget things",
        "don't forget that Ben is vegan",
    ],
)
def test_not_every_forget_is_an_order(text: str) -> None:
    """Places, people and figures of speech are not facts to forget."""
    assert "forget" not in {call.name for call in read(text, context(facts=KNOWN))[0].calls}


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("what do you know about Ben?", {"person": "Ben"}),
        ("is Ben vegan?", {"person": "Ben"}),
        ("What are Ben's allergies?", {"person": "Ben"}),
        ("what do you know about us?", {}),
        ("who is vegan?", {}),
        ("Ben: what do you know about me? I forgot", {"person": "Ben"}),
    ],
)
def test_what_is_known_may_be_asked(text: str, args: dict[str, str]) -> None:
    """A question about somebody is about that person, "me" is the one who types."""
    assert read(text, context(facts=KNOWN))[0].calls == [Call("recall", args)]


def test_a_claim_says_whose_it_is() -> None:
    """What is said of Ben by another and by Ben himself is told apart; the tool decides between them."""
    claims = [read(text, context(facts=VEGAN))[0].calls[0].args for text in ("But Ben is vegan, I'm sure of it.", "Ben: I'm vegetarian")]
    assert [(claim["person"], claim["value"], claim["said_by"]) for claim in claims] == [
        ("Ben", "vegan", "You"),
        ("Ben", "vegetarian", "Ben"),
    ]


def test_only_the_words_of_a_fact_are_used() -> None:
    """Of a message with a plan in it all is left to others but the fact."""
    text = "Dinner with Anna and Ben on Friday at 19:00, Anna is vegetarian, and 30 euros each"
    found, _ = read(text, context())
    assert found.rest.split() == [
        "Dinner",
        "with",
        "Anna",
        "and",
        "Ben",
        "on",
        "Friday",
        "at",
        "19:00,",
        "Anna",
        ",",
        "and",
        "30",
        "euros",
        "each",
    ]


def test_she_is_whom_the_talk_was_of() -> None:
    """A pronoun is the person named before it, in this message or an earlier one."""
    assert facts_in("she's vegan", context(last_person="Anna")) == {("Anna", "diet", "vegan", "must")}
    assert facts_in("he's vegan", context(earlier=("and some things about ben",))) == {("Ben", "diet", "vegan", "must")}
    assert facts_in("she's vegan") == set()


DIETS = ("vegan", "vegetarian", "pescatarian", "halal", "kosher", "gluten-free")
WHO = {"I'm": "You", "Anna is": "Anna", "anna's": "Anna", "Anna's": "Anna", "my friend Ben is": "Ben", "Ben, he's": "Ben"}


@given(
    st.sampled_from(sorted(WHO)),
    st.sampled_from(DIETS),
    st.sampled_from(DIETS),
    st.sampled_from(("sorry", "no", "no wait", "I mean", "or rather")),
)
def test_a_corrected_diet_is_the_last_one(who: str, first: str, last: str, correction: str) -> None:
    """Whoever corrects a diet in one breath has the diet that was said last."""
    assert facts_in(f"{who} {first}, {correction}, {last}.") == {(WHO[who], "diet", last, "must")}


@given(
    st.lists(st.sampled_from(sorted(NATIONS)), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from(sorted(FOODS.values())), min_size=1, max_size=4, unique=True),
)
def test_every_taste_and_allergy_of_a_list_is_kept(tastes: Sequence[str], foods: Sequence[str]) -> None:
    """No item of a list of cuisines or allergies is lost, and none is added."""
    text = f"I like {', '.join(tastes)} food. I'm allergic to {' and '.join(foods)}."
    likes = {("You", "cuisine", taste.title(), "prefer") for taste in tastes}
    assert facts_in(text) == likes | {("You", "allergy", food, "must") for food in foods}


VOCABULARY = st.sampled_from(
    [
        "Anna",
        "ben",
        "I",
        "he",
        "I'm",
        "she's",
        "is",
        "are",
        "not",
        "no",
        "vegan",
        "vegetarian",
        "allergic",
        "to",
        "nuts",
        "nut",
        "allergy",
        "like",
        "love",
        "Thai",
        "food",
        "Chinese",
        "sorry,",
        "and",
        ",",
        ".",
        "?",
        ";",
        ":",
        "(",
        ")",
        '"',
        "“",
        "”",
        "\n",
        "forget",
        "remember",
        "what",
        "do",
        "you",
        "know",
        "about",
        "me",
        "my",
        "'s",
        "favourite",
        "cuisine",
        "everything",
        "Ben:",
        "20",
        "euros",
        "can",
        "only",
        "spend",
        "wheelchair",
        "here",
        "speaking",
        "again",
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(VOCABULARY, max_size=40).map(" ".join))


@given(TEXTS)
def test_no_text_is_too_odd(text: str) -> None:
    """Any text is read without an error; only words are blanked, and what is remembered is complete."""
    known = context(facts=KNOWN, people=({"name": "Anna"},))
    speaker, said = who_speaks(text, known)
    found = memory.read(said, replace(known, speaker=speaker))
    for kept in (said, found.rest):
        assert len(kept) == len(text) and all(one in {other, " "} for one, other in zip(kept, text, strict=True))
    for call in found.calls:
        assert call.name in {"remember", "forget", "recall"} and all(call.args.values())
        assert call.name != "remember" or call.args["said_by"] == speaker


@given(TEXTS.map(lambda text: text.replace('"', "").replace("“", "").replace("”", "")))
def test_a_quoted_name_gives_no_orders(text: str) -> None:
    """Whatever a place is called, nothing is remembered or forgotten for it."""
    assert read(f'Add this place: "{text}"', context(facts=KNOWN))[0].calls == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        "a",
        "he likes thai ",
        "i like thai and ",
        "nuts i am allergic ",
        "Ben is vegan. ",
        '"i am vegan" ',
        "( ",
        "what a b c d you know ",
        "forget what you know about ben ",
        "so ",
    ],
)
def test_a_long_text_is_read_in_one_go(piece: str) -> None:
    """Ten thousand characters of anything end in time."""
    text = (piece * 10_000)[:10_000]
    assert len(read(text, context(facts=KNOWN))[0].rest) == len(text)


def test_marks_are_where_the_check_looks() -> None:
    """The simulation plays each mark that the check asks for."""
    history, _ = played(c10_known.CONVERSATION.transcripts[0])
    assert all(history.at(step.name) for step in history.steps if isinstance(step, Mark))
