"""What can be downloaded: a conversation in three forms, and the files of a message, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from agent_invoker import AgentInvoker, TalkSession
from page.messages import as_key, card_of
from playground.readable import archive, file_name, files_of, to_markdown
from session_manager import SessionManager

Download = tuple[str, str, str, Callable[[], bytes | str]]  # label, name, type, and what makes it
JSON = "application/json"


def of_conversation(invoker: AgentInvoker, manager: SessionManager, talk: TalkSession) -> Iterator[Download]:
    """Yield the open conversation for people, for adk web, and for adk eval. A name may turn out to be a zip's."""
    of = (manager.user_id, talk.id)
    yield "Export as Markdown (zip)", file_name(talk.title, "zip"), "application/zip", partial(_zip, invoker, manager, talk)
    yield "Export as ADK session", file_name(talk.title, "json"), JSON, partial(invoker.export_session, *of)
    yield "Export as ADK eval case", file_name(talk.title, "evalset.json"), JSON, partial(invoker.export_eval_case, *of)


def _zip(invoker: AgentInvoker, manager: SessionManager, talk: TalkSession) -> bytes:
    messages = invoker.view(manager.user_id, talk.id).messages
    text = to_markdown(messages, talk.title, invoker.agent_name, _plan(manager))
    files = {**invoker.export_files(manager.user_id, talk.id), **files_of(messages)}
    return archive(file_name(talk.title, "md").removesuffix(".md"), text, files)


def _plan(manager: SessionManager) -> Sequence[tuple[str, str]]:
    newest = manager.newest("card")
    card = card_of(as_key(newest)) if newest else None
    return [("Plan", card.title), ("Status", card.status), *card.lines] if card else []
