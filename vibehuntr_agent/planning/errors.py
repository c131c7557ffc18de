"""Why a plan cannot take what was said.

    PlanningError
    ├── PersonError
    │   ├── UnknownPerson
    │   └── AmbiguousPerson
    ├── TimeError
    ├── AmountError
    └── VenueError
        └── NoVenues

The message may be shown to the person as it stands, and says whose move is next.
"""

from __future__ import annotations


class PlanningError(Exception):
    """What was asked cannot be done; nothing has been changed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class PersonError(PlanningError):
    """A name is missing, unusable or one too many."""


class UnknownPerson(PersonError):  # noqa: N818  says what is wrong, as in the tree above
    """Nobody on the roster is called that."""


class AmbiguousPerson(PersonError):  # noqa: N818  the same
    """Several people on the roster could be meant; `candidates` names them."""

    def __init__(self, message: str, candidates: tuple[str, ...]) -> None:
        super().__init__(message)
        self.candidates = candidates


class TimeError(PlanningError):
    """A time, window, length or zone that cannot be used."""


class AmountError(PlanningError):
    """A price or a number of people that cannot be used."""


class VenueError(PlanningError):
    """A venue or a search for venues that cannot be used, or a source of venues that does not answer."""


class NoVenues(VenueError):  # noqa: N818  says what is wrong, as in the tree above
    """The search went well and found nothing; a wider one may find something."""
