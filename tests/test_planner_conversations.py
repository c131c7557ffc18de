"""The twelve conversations and generated ones, typed to the keyless planner in real ADK turns: what is stored, what is said, what is asked."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from conversations.generated import Generated, conversations
from conversations.model import Conversation, Transcript
from hypothesis import HealthCheck, given, settings
from planner_talk import Talk, play

from vibehuntr_agent.planning.people import ME, listed

MODULES = sorted(path.stem for path in (Path(__file__).parent / "conversations").glob("c[0-9][0-9]_*.py"))
CONVERSATIONS: list[Conversation] = [importlib.import_module(f"conversations.{name}").CONVERSATION for name in MODULES]
EACH = [
    pytest.param(conversation, transcript, id=f"{name}-{index}")
    for name, conversation in zip(MODULES, CONVERSATIONS, strict=True)
    for index, transcript in enumerate(conversation.transcripts)
]
_NUMBER = re.compile(r"\d+")
_ENUMERATION = re.compile(r"(?m)^\d+\. ")
_ASKED_WHEN = re.compile(r"When (?:is|are) (?P<who>.+?) free(?:, and on which day)?\?")


@pytest.mark.parametrize(("conversation", "transcript"), EACH)
def test_it_carries_the_twelve_conversations_to_their_end(conversation: Conversation, transcript: Transcript) -> None:
    """In the original words and ten others: every fact that was said is stored, and nothing that contradicts it."""
    asyncio.run(_check(conversation, transcript))


async def _check(conversation: Conversation, transcript: Transcript) -> None:
    watched = Watched()
    conversation.check(await play(transcript, watched))
    assert watched.turns


@pytest.mark.timeout(600)
@given(conversations())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_generated_conversations_are_written_down_whole(generated: Generated) -> None:
    """Whatever the people, days, times and words: all facts are stored, no number is made up, and nothing told is asked for."""

    async def run() -> dict[str, Any]:
        watched = Watched()
        await watched.open()
        for message in generated.messages:
            await watched.say(message.text)
        await watched.runner.close()
        return await watched.state()

    generated.facts.check(asyncio.run(run()))


class Watched(Talk):
    """A conversation of which each turn is looked at: numbers in the answer, and what it asks for."""

    turns: int = 0

    async def _send(self, part: Any) -> str:
        before = await self.state()
        text = await super()._send(part)
        self.turns += 1
        results = [response.response or {} for event in self.events for response in event.get_function_responses()]
        said = part.text or ""
        _no_number_is_made_up(text, results, said)
        _nothing_known_is_asked(text, before, await self.state())
        return text


def _no_number_is_made_up(text: str, results: list[dict[str, Any]], said: str) -> None:
    """Every number in an answer stands in a tool result of its turn, or in what was just typed."""
    told = set(
        _NUMBER.findall(
            json.dumps([{**result, "view": None, "card": None, "replies": None} for result in results], ensure_ascii=False) + said
        )
    )
    made_up = {number for number in _NUMBER.findall(_ENUMERATION.sub("", text)) if number not in told}
    assert not made_up, f"{made_up} in {text!r}"


def _nothing_known_is_asked(text: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Nobody is asked for times that are known, nor who comes once people are named, and there is one question at most."""
    del before
    known = {name for name, rows in after.get("availability", {}).items() if rows}
    if asked := _ASKED_WHEN.search(text):
        names = {"you" if name == ME else name for name in known}
        assert not names & set(re.split(r", | and ", asked["who"])), text
    if after.get("people"):
        assert "Who is coming?" not in text, text
    questions = re.sub(r"“[^”]*”", "", text).count("?")
    refused = text.count("Which ") + text.count("What ")
    assert questions <= 1 or refused, text
    assert listed([]) == ""
