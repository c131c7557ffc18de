"""The planner's evalset, run by `adk eval` itself with the keyless planner; with GOOGLE_API_KEY set, the same command asks Gemini.

.venv/bin/adk eval tests/evals tests/evals/planner.evalset.json --print_detailed_results
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from evals.cases import NAMES
from evals.make import EVALSET, evalset

ROOT = Path(__file__).parent.parent
FOLDER = EVALSET.parent
CLOSED = "http://127.0.0.1:9"
PASSED = {"stored_state": "PASSED", "tool_trajectory_avg_score": "PASSED"}


@pytest.fixture(autouse=True)
def history() -> Iterator[None]:
    """`adk eval` keeps its results in the agent's folder; those of a test go."""
    kept = FOLDER / ".adk" / "eval_history"
    before = set(kept.glob("*"))
    yield
    for result in set(kept.glob("*")) - before:
        result.unlink()


def test_the_evalset_is_what_the_conversations_say() -> None:
    """Whoever changes a conversation makes it anew."""
    assert EVALSET.read_text(encoding="utf-8") == evalset(), "cd tests && ../.venv/bin/python -m evals.make"


def test_adk_eval_passes_the_keyless_planner_on_all_twelve() -> None:
    """The command of the README, with neither key nor network, at any date."""
    run = adk_eval(EVALSET)
    assert verdicts(run.stdout) == dict.fromkeys(NAMES, PASSED), run.stderr
    assert run.returncode == 0


def test_adk_eval_fails_what_is_stored_or_done_wrong(tmp_path: Path) -> None:
    """A wrong fact, a no where a yes was meant, a tool that was not called, a button that was not there: each fails its case, and only that."""
    cases = {case["eval_id"]: case for case in json.loads(EVALSET.read_text(encoding="utf-8"))["eval_cases"][:4]}
    wrong_fact, wrong_tool, wrong_button, right = cases.values()
    first = message(wrong_fact, 0)
    first["text"] = first["text"].replace("vegetarian", "allergic to nuts")
    wrong_tool["conversation"][0]["intermediate_data"] = {"tool_uses": [{"name": "cancel_plan"}]}
    wrong_button["conversation"][-1]["user_content"]["parts"] = [message(wrong_fact, -1)]
    broken = tmp_path / "broken.evalset.json"
    broken.write_text(json.dumps({"eval_set_id": "broken", "eval_cases": list(cases.values())}), encoding="utf-8")
    run = adk_eval(broken)
    assert verdicts(run.stdout) == {
        wrong_fact["eval_id"]: PASSED | {"stored_state": "FAILED"},
        wrong_tool["eval_id"]: PASSED | {"tool_trajectory_avg_score": "FAILED"},
        wrong_button["eval_id"]: {},
        right["eval_id"]: PASSED,
    }
    assert "the number of facts about the diet of Anna" in run.stdout
    assert "has not asked for one" in run.stderr
    assert run.returncode == 1


def adk_eval(evals: Path, config: Path = FOLDER / "test_config.json") -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which knows no key and finds no way out."""
    return subprocess.run(
        [
            Path(sys.executable).with_name("adk"),
            "eval",
            "tests/evals",
            evals,
            "--config_file_path",
            config,
            "--print_detailed_results",
        ],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "ADK_DISABLE_LOAD_DOTENV": "1",
            "HTTP_PROXY": CLOSED,
            "HTTPS_PROXY": CLOSED,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def verdicts(printed: str) -> dict[str, dict[str, str]]:
    """Of each case, the metrics that can fail and what they said."""
    found: dict[str, dict[str, str]] = {}
    for case in printed.split("Eval Id: ")[1:]:
        overall = case.split("Invocation Details")[0]
        found[overall.split()[0]] = dict(re.findall(rf"Metric: ({'|'.join(PASSED)}), Status: (\w+)", overall))
    return found


def message(case: Any, turn: int) -> Any:
    """The part of the message that a turn sends."""
    return case["conversation"][turn]["user_content"]["parts"][0]
