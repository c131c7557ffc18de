"""What a message asks: for a common time, for what stands in the way of one, what the plan is, who is talking here.

Guarantees: nothing is searched for before somebody's time is known, and a greeting or thanks by themselves call no tool. Not claimed: questions
about places, votes and what is remembered; those are read where they are told.
"""
# ruff: noqa: RUF001  people type several apostrophes
# ruff: noqa: E501  a pattern reads best with one rule on a line

from __future__ import annotations

import re
from typing import Final

from .context import Call, Context, Reading

_TIMES: Final = re.compile(
    r"""(?ix)\b(?:who\s+(?:can|could)\s+(?:come|make|do|join|be)\b|when\s+(?:can|could|are|is|do|does|should|would|will|shall|works?|might|we|all|everyone|everybody)\b|when['’]?s\b
    |what(?:['’]?s|\s+is|\s+would\s+be)?\s+(?:the\s+)?(?:best\s+)?times?\b
    |at\s+(?:what|which)\s+times?|which\s+(?:times?|slots?|days?)\b
    |(?:find|suggest|propose|give|show|tell|get)\s+(?:me\s+|us\s+)?(?:the\s+|a\s+|an\s+|some\s+)?(?:possible\s+|best\s+|good\s+|common\s+)?(?:times?|slots?|dates?)\b
    |(?:best|common|possible|any\s+common|any)\s+(?:times?|slots?)\b|time\s+(?:in\s+common|for\s+(?:all|everyone|everybody|us|the))
    |slot\s+of\b|works?\s+for\s+(?:all|every)|find\s+(?:me|us)\s+.{0,20}\btime|find\s+[^.;!?]{0,120}\bwhen\b
    |can\s+all\s+meet|want\s+to\s+meet\s+for|get\s+[^.;!?]{3,90}\btogether\b|(?:is|are)\s+there\s+(?:a|any)\s+times?)"""
)
_SUGGEST: Final = re.compile(
    r"""(?ix)^\W*(?:(?:so|ok|and|now|right|well|then)\W+)*
      (?:when|times?|what\s+do\s+you\s+suggest|what\s+are\s+(?:our|the)\s+options|what(?:['’]?s|\s+is)\s+best|your\s+best\s+offer|what\s+have\s+we\s+got
      |(?:what|which)(?:\s+one)?\s+would\s+you\s+(?:pick|choose|suggest)|find\s+the\s+best|is\s+(?:that|it)\s+possible
      |when\s+would\s+it\s+be(?:,?\s+then)?|what\s+(?:works|times?))\b[^.;!]{0,60}\??\s*$
    |[.!?;]\s*+(?:so\s+)?(?:when|what\s+do\s+you\s+suggest|is\s+(?:that|it)\s+possible|which\s+times?)\b[^.;!]{0,60}\?\s*$"""
)
_EXPLAIN: Final = re.compile(
    r"""(?ix)\b(?:what\s+would\s+(?:have\s+to\s+|need\s+to\s+|it\s+take|solve|fix|help)|what\s+(?:has|needs|have)\s+to\s+change
    |what\s+do\s+we\s+need\s+to\s+(?:fix|change)|what(?:['’]?s|\s+is)\s+(?:stopping|the\s+problem|in\s+the\s+way)|what\s+stands\s+in
    |small(?:est)?\s+change|moved?\s+things|why\s+(?:not|is|isn['’]?t|can['’]?t|doesn['’]?t)|who\s+(?:can['’]?t|cannot|would\s+have\s+to)
    |how\s+(?:could|can)\s+we\s+(?:get|make|fix|solve))\b"""
)
_SELF: Final = re.compile(
    r"""(?ix)\b(?:what\s+(?:can|do)\s+you\s+do|who\s+are\s+you|what\s+are\s+you
    |are\s+you\s+(?:an?\s+)?(?:real|human|ai|bot|robot|person|model|language|llm|chatgpt|gpt|gemini)\w*|how\s+do\s+you\s+work|what\s+model)
    |^\s*help\W*$"""
)
_PLAN: Final = re.compile(
    r"""(?ix)\b(?:what(?:['’]s|\s+is)\s+(?:the|our)\s+plan|show\s+(?:me\s+|us\s+)?(?:the|our)\s+plan|where\s+are\s+we\b(?!.*\bvote)
    |what(?:['’]s|\s+is)\s+(?:still\s+)?missing|who(?:['’]s|\s+is)\s+coming|summar\w+|recap|what\s+have\s+we\s+(?:got|agreed)\s+so\s+far
    |(?:what|which)\s+(?:day|date|time)\s+(?:is|was)\s+(?:it|that|this)|(?:when|where)\s+(?:is|was)\s+(?:it|that|this|our\s+\w+)(?:\s+again)?(?=\W*$))\b"""
)
_HELLO: Final = re.compile(r"(?i)^\W*(?:hi|hello|hey|good\s+(?:morning|evening|afternoon))(?:\s+there)?\W*$")
_THANKS: Final = re.compile(
    r"""(?ix)^\W*(?:thanks?(?:\s+you)?|thank\s+you(?:\s+\w+){0,3}|many\s+thanks|great|perfect|ok(?:ay)?|cool|nice|good|lovely|brilliant|super|awesome
    |wonderful)\W*+(?:thanks?|thank\s+you)?\W*$"""
)
_BOOKING: Final = re.compile(
    r"(?i)\b(?:can|could|will|would)\s+you\s+(?:please\s+)?(?:book|reserve|call|phone|e-?mail|invite|message|text|tell|pay)\b|^\W*(?:please\s+)?(?:book|reserve)\s+(?:it|us|a\s+table)\W*$"
)
_TALK: Final = (("self", _SELF), ("hello", _HELLO), ("thanks", _THANKS))


def read(text: str, context: Context, *, tells_times: bool) -> Reading:
    """Queries: find_times, explain_time, show_plan; and what is asked besides ("self", "hello", "thanks", "times", "booking")."""
    reading = Reading(text)
    if talk := next((ask for ask, pattern in _TALK if pattern.search(text)), None):
        reading.asks.add(talk)
        return reading
    known = tells_times or any(context.availability.values())
    if _EXPLAIN.search(text) and known and not tells_times:
        reading.calls.append(Call("explain_time"))
    elif _TIMES.search(text) or (known and _SUGGEST.search(text)):
        reading.asks.add("times")
        reading.calls += [Call("find_times")] if known else []
    if _PLAN.search(text) and not reading.calls:
        reading.calls.append(Call("show_plan"))
    if _BOOKING.search(text):
        reading.asks.add("booking")
    return reading
