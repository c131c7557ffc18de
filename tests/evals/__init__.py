"""The folder that `adk eval` takes for the agent: `.venv/bin/adk eval tests/evals tests/evals/planner.evalset.json`.

ADK loads this file by its path, under another name, with neither the project nor the tests on the path; so it puts them there.
The metric is imported here because ADK passes over a metric that it cannot import, and then calls a case passed without it.
"""

import importlib
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
for folder in (str(TESTS), str(TESTS.parent)):
    if folder not in sys.path:
        sys.path.append(folder)

agent = importlib.import_module("evals.agent")
metric = importlib.import_module("evals.metric")
