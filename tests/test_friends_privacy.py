"""What one friend's agent knows reaches nobody: no other prompt, no session, no page, also when a model gives away all that it is told.

Secrets here are a fact's own words, an exact budget, how long somebody is free and from when on they are busy. What an agent says on purpose is none: that
a slot, a place or an amount suits or does not, and the first start from a moment on that would.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from meeting_worlds import KITCHENS, World
from scripted_llm import Asked, Call, ScriptedLlm, Step

from playground.meetings.messages import MAX_WORDS, Floor
from playground.meetings.minds import APP, AgentMind, Request
from vibehuntr_agent.friends.seat_agent import friend_agent
from vibehuntr_agent.friends.verdicts import Facts
from vibehuntr_agent.planning.finder import Window

MEETINGS = 1_000
PARTS = 10


@dataclass(frozen=True)
class Secret:
    """What a friend knows, and the words in it that must not get out."""

    facts: Facts
    tokens: tuple[str, ...]


def secret_of(chance: random.Random, facts: Facts, number: int) -> Secret:
    """Facts with something unheard of in each: seconds that no other time has, an amount in fractions, and words that are nowhere else."""
    words = [f"zq{number}{chance.randrange(16**6):06x}" for _ in range(5)]
    cents = f"{chance.randrange(21, 90)}.{chance.randrange(10**8):08}"  # so long that no time of a message ends in it
    windows, ends = list[Window](), list[str]()
    for place, window in enumerate(facts.windows):
        seconds = timedelta(seconds=1 + (7 * number + place) % 58)
        busy = window.kind == "busy"
        kept = replace(window, start=window.start + seconds) if busy else replace(window, end=window.end - seconds)
        windows.append(kept)
        ends.append(f"{kept.start if busy else kept.end:%H:%M:%S}")
    about = (
        *facts.about,
        {"key": "other", "value": words[0], "strength": "must"},
        {"key": "allergy", "value": f"{words[1]} and nuts", "strength": "must"},
        {"key": "cuisine", "value": f"{chance.choice(KITCHENS)} {words[2]}", "strength": "prefer"},
        {"key": "area", "value": words[3], "strength": "avoid"},
        {"key": "budget", "value": f"{cents} because of {words[4]}", "strength": chance.choice(["must", "prefer"])},
    )
    return Secret(replace(facts, windows=tuple(windows), about=about), (*words, cents, *ends))


class Parrot:
    """A model that says all that it has been told, as often as it is asked."""

    def __init__(self) -> None:
        self.llm = ScriptedLlm.saying(self.script)

    def script(self, asked: Asked) -> Sequence[Step]:
        told = self.llm.requests[-1]
        floor = Request.read(asked.contents[0][1]).asked.body
        proposing = isinstance(floor, Floor) and floor.ask == "propose"
        if not asked.after_tool:
            return [Call("options") if proposing else Call("fits")]
        words = told[-MAX_WORDS:]
        if "error" in told[-200:]:
            return [Call("decline", {"words": words})]
        return [Call("propose", {"number": 1, "words": words}) if proposing else Call("accept", {"words": words})]


def told_everywhere(minds: Mapping[str, AgentMind], parrots: Mapping[str, Parrot]) -> dict[str, str]:
    """Everything that any agent has in its session or was asked, by seat."""
    told: dict[str, str] = {}
    for name, mind in minds.items():
        sessions = [session for users in mind.sessions.sessions.get(APP, {}).values() for session in users.values()]
        told[name] = "\n".join([session.model_dump_json() for session in sessions] + parrots[name].llm.requests)
    return told


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_secret_of_one_friend_gets_out(part: int) -> None:
    """A thousand meetings; in one of ten seats a model that repeats all it was told."""
    leaked: list[Any] = []
    for seed in range(part * MEETINGS // PARTS, (part + 1) * MEETINGS // PARTS):
        chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
        world = World.by_chance(seed, people=(2, 3), days=(1,))
        secrets = {name: secret_of(chance, facts, number) for number, (name, facts) in enumerate(world.facts.items())}
        parrots = {name: Parrot() for name in secrets}
        minds = {
            name: AgentMind(name, friend_agent(name, secret.facts, parrots[name].llm if chance.random() < 0.1 else None))
            for name, secret in secrets.items()
        }
        rehearsal = world.rehearsal(minds)
        assert rehearsal.play(seed)
        rehearsal.close()
        told = {**told_everywhere(minds, parrots), "page": "\n".join(message.model_dump_json() for message in rehearsal.host.log.read())}
        assert not any(standing == "failed" for standing in rehearsal.host.view.standing.values())
        leaked += [
            (seed, name, where, token)
            for name, one in secrets.items()
            for where, text in told.items()
            for token in one.tokens
            if token in text
        ]
    assert not leaked


def test_the_check_would_find_a_leak() -> None:
    """An agent that tells a fact is caught by the same comparison."""
    secret = secret_of(random.Random(1), World.by_chance(1).facts["F0"], 0)  # noqa: S311 - the same
    assert len(secret.tokens) >= 6
    assert all(token in repr(secret.facts) or token.count(":") == 2 for token in secret.tokens)
