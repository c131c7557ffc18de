"""Reading settings from environment variables; each error names the variable, and says whose move is next."""

from __future__ import annotations

from .errors import StateError


def positive_number(variable: str, text: str, kind: type[int | float]) -> float:
    """Return a number above 0. Raises: StateError."""
    problem = StateError(f"{variable} must be a number above 0, not {text!r}. Correct it and restart.")
    try:
        number = kind(text)
    except ValueError as error:
        raise problem from error
    if not 0 < number < float("inf"):
        raise problem
    return number
