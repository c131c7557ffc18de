"""That the friends' agents shall meet, as people type it: "let our agents work it out"."""

from __future__ import annotations

import re
from typing import Final

from .context import Call, Reading

_DO: Final = (
    r"(?:work|sort|figure|hash|settle|negotiat\w*|agree|meet|decide|talk|discuss|arrange|find|fight|do|handle|solve|plan|bargain|haggle)"
)
_WHOSE: Final = r"(?:our|the|all|all\s+our|their|your|my|those|these|everybody's|everyone's|the\s+friends'|my\s+friends'|every)"
_AGENTS: Final = rf"(?:{_WHOSE}\s+)?(?:ai\s+)?agents?"
_MEET: Final = re.compile(
    rf"\b(?:let|have|get|make|ask|tell|can|could|may|should|would|want|like|send)\b[^.!?;\n]{{0,30}}?\b{_AGENTS}\b[^.!?;\n]{{0,30}}?\b{_DO}\b"
    rf"|^\W*(?:(?:ok|okay|yes|please|so|now|then|and)\W+)*{_AGENTS}\W+(?:please\W+|can\s+|could\s+|should\s+|may\s+|must\s+|shall\s+)?{_DO}\b"
    rf"|\b(?:start|hold|begin|open|call|convene|have)\b[^.!?;\n]{{0,20}}\bmeeting\s+(?:of|between|among|with)\s+{_AGENTS}"
    rf"|\bnegotiate\s+(?:it|this|that|everything)\b|\blet\s+them\s+(?:negotiate|haggle)\b",
    re.IGNORECASE,
)
_NOT: Final = re.compile(
    r"\b(?:don'?t|do\s+not|never|not|no\s+need\s+to|without|how|why|what\s+(?:if|happens))\b[^.!?;\n]{0,25}$", re.IGNORECASE
)


def read(text: str) -> Reading:
    """The call that hands over to the agents' meeting, and the words that say so."""
    reading = Reading(text)
    for found in _MEET.finditer(text):
        if not _NOT.search(text[: found.start()]):
            reading.calls.append(Call("transfer_to_agent", {"agent_name": "meeting"}))
            rest = re.match(r"[^.!?;,\n]*[.!?]?", text[found.end() :])
            reading.use(found.start(), found.end() + (rest.end() if rest else 0))
            break
    return reading
