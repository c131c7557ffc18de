"""The project's own rules: layers, tree, targets, variables, sizes."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = {
    "vibehuntr_playground.py": {"google", "threading", "concurrent", "asyncio"},
    "page": {"google", "threading", "concurrent", "asyncio", "vibehuntr_playground"},
    "session_manager.py": {"streamlit", "google", "agent_invoker", "page", "vibehuntr_agent", "vibehuntr_playground"},
    "agent_invoker.py": {"streamlit", "session_manager", "page", "vibehuntr_agent", "vibehuntr_playground"},
    "playground": {"streamlit", "agent_invoker", "session_manager", "page", "vibehuntr_agent", "vibehuntr_playground"},
    "playground/turn_log.py": {"google", "playground"},
    "playground/identity.py": {"google", "playground"},
    "vibehuntr_agent": {"streamlit", "agent_invoker", "session_manager", "page", "vibehuntr_playground"},
    "tictactoe_agent": {"streamlit", "agent_invoker", "session_manager", "page", "vibehuntr_playground"},
    "tictactoe_agent/board.py": {"google", "playground"},
    "vibehuntr_agent/planning": {"streamlit", "google"},
    "vibehuntr_agent/language": {"streamlit", "google"},
}
MARKDOWN = {"README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "tests/README.md", "benchmarks/LOG.md"}
README = (ROOT / "README.md").read_text()


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def modules(under: str = "") -> Iterator[tuple[str, ast.Module]]:
    for name in tracked():
        if name.endswith(".py") and name.startswith(under):
            yield name, ast.parse((ROOT / name).read_text())


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("layer", LAYERS)
def test_no_layer_imports_what_it_must_not(layer: str) -> None:
    """Who may import whom: ARCHITECTURE.md."""
    found = {name: set(imported(tree)) & LAYERS[layer] for name, tree in modules(layer)}
    assert found
    assert not {name: wrong for name, wrong in found.items() if wrong}


def test_planning_reaches_nothing_above_itself() -> None:
    """It stays pure: no way to ADK through the package around it."""
    assert not [
        f"{name}:{node.lineno}"
        for name, tree in modules("vibehuntr_agent/planning")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level > 1
    ]


def test_the_log_of_a_turn_needs_only_the_standard_library() -> None:
    """Everything can build on it."""
    ((_, tree),) = modules("playground/turn_log.py")
    assert set(imported(tree)) <= {"__future__", "threading", "time", "collections", "dataclasses", "typing"}


def test_adk_does_not_take_tests_and_benchmarks_for_agents() -> None:
    """No __init__.py there."""
    assert not [name for name in tracked() if name in ("tests/__init__.py", "benchmarks/__init__.py")]


def test_the_readmes_tree_is_the_tree() -> None:
    """Every entry at the top level, and no other."""
    told = set(re.findall(r"^([\w./]+?)/? {2,}\S", README.split("```text")[1].split("```")[0], re.MULTILINE))
    there = {name.split("/")[0] for name in tracked() if not name.startswith(".")}
    assert told == there


def test_the_make_targets_of_the_docs_exist() -> None:
    """A command in the docs works."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = {target for name in MARKDOWN for target in re.findall(r"(?:`|^)make ([a-z]+)", (ROOT / name).read_text(), re.MULTILINE)}
    assert told <= targets
    assert targets - {"help"} <= told


def test_a_command_to_run_stands_near_the_readmes_top() -> None:
    """By line 30, with a screenshot that is there."""
    top = "\n".join(README.splitlines()[:30])
    assert "make run" in top
    (screenshot,) = re.findall(r"!\[.*\]\((.*)\)", top)
    assert (ROOT / screenshot).read_bytes().startswith(b"\x89PNG")


def test_the_documented_variables_are_those_that_are_read() -> None:
    """Each VIBEHUNTR_ variable of the code stands in the README, and the reverse."""
    code = "".join(
        (ROOT / name).read_text() for name in tracked() if name.endswith(".py") and not name.startswith(("tests/", "benchmarks/"))
    )
    read = set(re.findall(r"VIBEHUNTR_[A-Z]+(?:_[A-Z]+)*", code))
    assert read == set(re.findall(r"VIBEHUNTR_[A-Z_]+[A-Z]", README))


def test_the_markdown_files_are_the_six() -> None:
    """No status reports, no summaries."""
    assert {name for name in tracked() if name.endswith(".md")} == MARKDOWN


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Bare, or naming Exception or BaseException, alone or in a tuple."""
    named = {getattr(part, "id", "") for part in ast.walk(handler.type)} if handler.type else {"Exception"}
    return bool(named & {"Exception", "BaseException"})


def test_functions_are_short_and_broad_handlers_few() -> None:
    """None over 60 lines; at most two broad handlers outside of the tests."""
    long, broad = [], []
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 60:
                long.append(f"{name}:{node.lineno} {node.name}")
            if isinstance(node, ast.ExceptHandler) and not name.startswith("tests/") and is_broad(node):
                broad.append(f"{name}:{node.lineno}")
    assert not long
    assert len(broad) <= 2, broad


def sleeps(node: ast.AST, *, test: bool) -> bool:
    """A call of time.sleep or an import of it; in a test, of anybody's sleep."""
    if isinstance(node, ast.ImportFrom):
        return node.module in ("time", "asyncio", "anyio") and any(alias.name == "sleep" for alias in node.names)
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    return called == "time.sleep" or (test and called.endswith(".sleep"))


def test_nothing_sleeps_to_wait_for_a_state() -> None:
    """Tests and the product wait on logs, events and gates; a scripted delay is a model's pace, not a wait."""
    calls = [
        f"{name}:{getattr(node, 'lineno', 0)}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if not name.startswith("benchmarks/") and sleeps(node, test=name.startswith("tests/test_"))
    ]
    assert not calls


def test_every_property_of_the_seed_has_its_test() -> None:
    """17 tags, one each."""
    tags = re.findall(r"# Feature: playground-fix, Property (\d+): ", (ROOT / "tests/test_properties.py").read_text())
    assert sorted(map(int, tags)) == list(range(1, 18))
