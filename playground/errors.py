"""Every error of the playground, as one tree, and how other people's errors get a name in it.

The message of each may be shown to the user as it stands, and says whose move is next:

    PlaygroundError
    ├── AgentInvocationError     the agent gave no answer
    │   ├── ModelBusy            429 or 503, after the client's own retries
    │   ├── ModelKeyRefused      no key, or a wrong one
    │   ├── ModelUnknown         no model of that name
    │   └── ModelUnreachable     no connection
    ├── SessionError             the conversation cannot be used
    │   ├── ConversationNotFound not there, or somebody else's
    │   │   └── ConversationDeleted  it was this user's
    │   ├── ConversationBusy     an answer is being written, and new input is refused meanwhile
    │   ├── MessageNotShown      the open branch has no such message
    │   ├── RequestClosed        the question was answered before, or something else was said since
    │   └── StoreError           its database cannot be reached, is full, or refuses to write
    ├── StreamingError           the answer broke off; what came is kept
    ├── StateError               this program got into a state that it does not understand
    ├── ImportRefused            a file is no conversation that can be imported
    └── InvalidMessage           empty, or too long
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from google.adk.errors.session_not_found_error import SessionNotFoundError
from google.adk.events import Event

ABORTED = "INVOCATION_ABORTED"  # ADK's error code on the events that seal a stopped invocation
EMPTY_ANSWER = "The model gave an empty answer. Please try again."
_BUSY = (429, 503)
_REFUSED = (401, 403)
_NOT_FOUND = 404
# What providers say in words only: LiteLLM and the OpenAI client give these no status of their own.
_NO_KEY = re.compile(r"api[_ ]?key|missing credentials|missing key inputs", re.IGNORECASE)
_NO_CONNECTION = re.compile(r"APIConnectionError|Cannot connect to host")


class PlaygroundError(Exception):
    """Base of all errors whose message may be shown to the user as it stands."""

    default = "Something went wrong. Please try again."

    def __init__(self, message: str = "") -> None:
        """Take the class's own message unless another is given."""
        super().__init__(message or self.default)

    @property
    def message(self) -> str:
        """The text for the page: plain words, and what to do next."""
        return str(self)


class AgentInvocationError(PlaygroundError):
    """The agent gave no answer."""

    default = "Unable to get response. Please try again."


class ModelBusy(AgentInvocationError):  # noqa: N818 - the name says what happened
    """The model answered 429 or 503, also after the client's own retries."""

    default = "Unable to get response. Please try again. The model is overloaded or its quota is used up; wait a minute."


class ModelKeyRefused(AgentInvocationError):  # noqa: N818
    """The model's key is missing or wrong."""

    default = (
        "Unable to get response. The model's key is missing or was refused: "
        "check GOOGLE_API_KEY (or your provider's key), restart, and please try again."
    )


class ModelUnknown(AgentInvocationError):  # noqa: N818
    """No provider knows a model of that name."""

    default = (
        "Unable to get response. There is no model of that name: "
        "check VIBEHUNTR_MODEL (or the model in your agent), restart, and please try again."
    )


class ModelUnreachable(AgentInvocationError):  # noqa: N818
    """No connection to the model could be made."""

    default = "Unable to get response. The model cannot be reached: check the network, and please try again."


class SessionError(PlaygroundError):
    """The conversation cannot be used."""

    default = "Starting new conversation..."


class ConversationNotFound(SessionError):  # noqa: N818
    """This user has no conversation with that id; whether somebody else has is not told."""

    default = "There is no such conversation. Choose one from the list, or start a new one."


class ConversationDeleted(ConversationNotFound):
    """It was this user's, and was deleted or moved to another login."""

    default = "That conversation was deleted. Choose another from the list, or start a new one."


class ConversationBusy(SessionError):  # noqa: N818
    """An answer is being written, and the conversation refuses new input meanwhile."""

    default = "An answer is still being written here. Wait for its end or stop it, then send again."


class MessageNotShown(SessionError):  # noqa: N818
    """The open branch of the conversation has no such message; another tab may have opened another branch."""

    default = "That message is no longer shown here: another tab may have changed the conversation. Look again, and please try again."


class RequestClosed(SessionError):  # noqa: N818
    """A yes or no to a question that was answered before, or that was left for something else."""

    default = "This question is closed: something else was said since, or it was stopped. Ask for it again if you still want it."


class StoreError(SessionError):
    """The database of the conversations cannot be used at the moment."""

    default = (
        "The conversations' database does not answer. What was saved is safe, and what is shown here is kept. "
        "Check VIBEHUNTR_SESSIONS and the database, and please try again."
    )


class StreamingError(PlaygroundError):
    """The answer broke off; what had come of it is kept."""

    default = "The connection broke off in mid-answer. What had come is kept. Please try again."


class StateError(PlaygroundError):
    """The program got into a state it does not understand."""

    default = "Session reset. Please start over."


class ImportRefused(PlaygroundError):  # noqa: N818
    """The file cannot be made a conversation again."""

    default = "This file is not a conversation that was exported. Choose one that this page or adk web has exported."


class InvalidMessage(PlaygroundError):  # noqa: N818
    """The message cannot be sent as it is."""

    default = "The message is empty. Type something first."


# -- other people's errors, named ----------------------------------------------------------------------------------------


def typed(error: BaseException, *, text_shown: bool) -> PlaygroundError:
    """Name what went wrong. The original error becomes the cause, for the log; the page sees only our own words."""
    if ours := next((cause for cause in _causes(error) if isinstance(cause, PlaygroundError)), None):
        return ours  # also in what ADK makes of it when one of our plug-ins raises it
    kind = _kind_of(error, text_shown=text_shown)
    typed = kind()
    typed.__cause__ = error
    return typed


def _kind_of(error: BaseException, *, text_shown: bool) -> type[PlaygroundError]:
    if isinstance(error, SessionNotFoundError):
        return SessionError
    if kind := _kind_by_status(error):
        return kind
    if text_shown:
        return StreamingError
    if any(isinstance(cause, OSError) for cause in _causes(error)) or _NO_CONNECTION.search(str(error)):
        return ModelUnreachable
    if isinstance(error, ValueError) and re.match(r"Model .* not found", str(error)):
        return ModelUnknown
    if _NO_KEY.search(str(error)):
        return ModelKeyRefused
    return AgentInvocationError


def _kind_by_status(error: BaseException) -> type[PlaygroundError] | None:
    """Read the HTTP status that google-genai (`code`) and LiteLLM (`status_code`) put on their errors."""
    status = getattr(error, "code", None) or getattr(error, "status_code", None)
    if status in _BUSY:
        return ModelBusy
    if status in _REFUSED or (status and "API_KEY_INVALID" in str(error)):
        return ModelKeyRefused
    if status == _NOT_FOUND:
        return ModelUnknown
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def model_error(event: Event) -> PlaygroundError:
    """Name an error that came as an event: the answer was cut or refused, and nothing was raised."""
    code = str(event.error_code)
    if "MAX_TOKENS" in code:
        return StreamingError("The answer reached the model's length limit and stops here. Ask it to go on.")
    if re.search("SAFETY|PROHIBITED|BLOCK|SPII|RECITATION", code):
        return AgentInvocationError("The model's safety filter stopped this answer. Put it in other words, and please try again.")
    if "NO_CONTENT" in code:
        return AgentInvocationError(EMPTY_ANSWER)
    return AgentInvocationError()
