"""The score of a conversation: what is stored in the end and at its marks, whatever words and tools have led there."""

from __future__ import annotations

from conversations.model import History, State
from google.adk.evaluation.eval_case import ConversationScenario, Invocation
from google.adk.evaluation.eval_metrics import EvalMetric
from google.adk.evaluation.eval_rubrics import RubricScore
from google.adk.evaluation.evaluator import EvalStatus, EvaluationResult, PerInvocationResult

from .agent import STATES
from .cases import Case, case_of


def stored_state(
    eval_metric: EvalMetric,
    actual_invocations: list[Invocation],
    expected_invocations: list[Invocation] | None,
    conversation_scenario: ConversationScenario | None,
) -> EvaluationResult:
    """1 if the conversation's own check finds nothing wrong, else 0; `--print_detailed_results` gives the reason."""
    del eval_metric, conversation_scenario
    expected = expected_invocations or []
    wrong = fault(case_of(expected[0].invocation_id), [STATES.get(turn.invocation_id, {}) for turn in actual_invocations])
    score, status = (0.0, EvalStatus.FAILED) if wrong else (1.0, EvalStatus.PASSED)
    return EvaluationResult(
        overall_score=score,
        overall_eval_status=status,
        overall_rubric_scores=[RubricScore(rubric_id="stored state", rationale=wrong, score=score)] if wrong else None,
        per_invocation_results=[
            PerInvocationResult(actual_invocation=actual, expected_invocation=wanted, score=score, eval_status=status)
            for actual, wanted in zip(actual_invocations, expected, strict=True)
        ],
    )


def fault(case: Case, by_turn: list[State]) -> str:
    """What the conversation's check says against the states after its turns, or nothing.

    A check may also stumble over what is not there. ADK would pass over a metric that raises.
    """
    try:
        case.conversation.check(History(case.steps, case.states_by_step(by_turn)))
    except (AssertionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as wrong:
        return f"{type(wrong).__name__}: {wrong}"
    return ""
