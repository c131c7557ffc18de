"""The agent of two tests of the page, which makes Streamlit slow where one run of a page ends and another begins.

Between those points no click may be lost. They are less than a millisecond apart, and a test would have to send thousands of
messages to see what ten show here: with `runner.fastReruns`, the end of the old run wipes out what the new one was begun for; and a
run of the whole page that is cut before its first line has already forgotten where its fragments wrote outside of themselves.
"""

import threading
from collections.abc import Callable
from typing import Any

from page_agent.agent import root_agent
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.state.session_state import SessionState

__all__ = ["root_agent"]


def _slowly(step: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    def slow(*args: Any, **options: Any) -> Any:
        threading.Event().wait(seconds)
        return step(*args, **options)

    return slow


SessionState._call_callbacks = _slowly(SessionState._call_callbacks, 0.1)
SessionState.on_script_finished = _slowly(SessionState.on_script_finished, 0.1)
MemoryFragmentStorage.clear_outside_wrappers = _slowly(MemoryFragmentStorage.clear_outside_wrappers, 0.1)
