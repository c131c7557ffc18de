"""One message on the page: a list of items, and a canvas that draws what has changed of them, each in its place.

What the user typed and what tools wrote is shown to the letter; what the agent wrote is Markdown, made safe.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from streamlit.delta_generator import DeltaGenerator

import session_manager
from agent_invoker import AgentInvoker
from page.meeting import floor_html, probes_html, put_said, said_html, tones_of
from playground.contributions import Probes, folded
from playground.files import is_image
from playground.turn_log import GROWING, Contribution, FilePart, Message, Part, Request, SavedFile, TextPart, ToolStep, shown_by
from session_manager import BLOCK, Confirmations, literal

if TYPE_CHECKING:
    from vibehuntr_agent.drawings import Card, Drawing

IMAGE = 320  # pixels: how wide an image is drawn
DRAWINGS = 4  # of one message, the last ones
REPLIES = 4  # that a tool may offer
REPLY = 80  # characters of one
CURSOR = " ▌"

Item = tuple[str, str, Any]  # kind, text, what else the kind needs
NOTHING: Item = ("empty", "", None)


Load = Callable[[str, int], FilePart | None]  # by name and version


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that the agent has saved, and what brings it."""

    file: SavedFile
    load: Load = field(compare=False)


@dataclass(frozen=True, slots=True)
class Form:
    """A request that may be answered now, and what takes the answer."""

    request: Request
    say: Callable[[str, bool], None] = field(compare=False)


def markdown_blocks(part: TextPart, size: int = BLOCK) -> list[str]:
    """Return a text of the agent's as Markdown made safe, cut into blocks."""
    return [session_manager.safe_markdown(block) for block in session_manager.blocks(part.text, size)]


class GrowingBlocks:
    """The same of texts that grow, each block made once. A whole text may be another than its pieces, and is made anew."""

    def __init__(self, size: int = BLOCK) -> None:
        """Begin with no text."""
        self._size = size
        self._settled: dict[str, tuple[int, list[str]]] = {}  # by text: how much of it, and its blocks

    def __call__(self, part: TextPart) -> list[str]:
        """Return the blocks of a text as it is now."""
        if part.final:
            return markdown_blocks(part, self._size)
        length, settled = self._settled.get(part.key, (0, []))
        *done, last = session_manager.blocks(part.text[length:], self._size)
        settled = [*settled, *map(session_manager.safe_markdown, done)] if done else settled
        self._settled[part.key] = (length + sum(map(len, done)), settled)
        return [*settled, session_manager.safe_markdown(last)]


def items_of(
    message: Message,
    asked: Confirmations | None = None,
    say: Callable[[str, bool], None] | None = None,
    load: Load | None = None,
    cut: Callable[[TextPart], list[str]] = markdown_blocks,
) -> list[Item]:
    """Return what to draw of a message: its text in blocks, its tool steps, what they found and ask, files, and how it ended.

    `asked` is what may be answered and what was; without `say`, which takes the answer, nothing can be. `load` brings a file that
    the agent has saved; `cut` makes blocks of what it wrote.
    """
    items: list[Item] = [("notice", notice, None) for notice in message.notices]
    drawn, toned = to_draw(message.parts), tones_of(message)
    for part in folded(message.parts):
        if isinstance(part, TextPart):
            items += text_items(message.role, part, cut)
        elif isinstance(part, ToolStep):  # two places each, so that what comes later stays in its own
            items += [step_item(part, ended=message.status not in GROWING), drawing_item(message, part, drawn)]
        elif isinstance(part, Contribution | Probes):
            items += meeting_items(message, part, drawn, toned)
        elif isinstance(part, Request):
            items += [request_item(part, message, asked or Confirmations(), say), NOTHING]
        elif isinstance(part, FilePart):
            items.append(("file", f"{message.role}-{message.turn_id}-{len(items)}", part))
        elif isinstance(part, SavedFile):
            items.append(saved_item(message, part, load, len(items)))
        else:
            items.append(("caption", "You said yes." if part.confirmed else "You said no.", None))
    if message.status == "cancelled":
        items.append(("caption", message.error or "Stopped.", None))
    elif message.status == "failed":
        items.append(("error", message.error, None))
    return items


def to_draw(parts: Sequence[Part]) -> list[str]:
    """Return the calls and contributions whose view is drawn: the last of each name, and the last few of these."""
    last: dict[str, str] = {}
    for part in parts:
        if isinstance(part, ToolStep | Contribution) and isinstance(view := shown_by(part).get("view"), Mapping):
            name = str(view.get("name"))
            last.pop(name, None)
            last[name] = key_of(part)
    return list(last.values())[-DRAWINGS:]


def key_of(part: ToolStep | Contribution) -> str:
    """Return what tells a part of a message from the others."""
    return part.call_id if isinstance(part, ToolStep) else part.key


def drawing_item(message: Message, part: ToolStep | Contribution, drawn: Sequence[str]) -> Item:
    """Return what a tool found, or a contribution brings, as a drawing; or nothing in its place."""
    if key_of(part) in drawn:
        return ("drawing", f"{message.turn_id}-{key_of(part)}", shown_by(part)["view"])
    return NOTHING


def meeting_items(message: Message, part: Contribution | Probes, drawn: Sequence[str], toned: Mapping[str, int]) -> list[Item]:
    """Return what a seat has said, and a place for what it brings, if it brings anything; quick answers are one line that opens."""
    if isinstance(part, Probes):
        return [("probes", part.words, probes_html(part, toned))]
    said: list[Item] = [("said", said_html(part, toned), None)] if part.is_said else []
    return [*said, drawing_item(message, part, drawn)] if "view" in part.data else said


def saved_item(message: Message, saved: SavedFile, load: Load | None, place: int) -> Item:
    """Return a file that the agent has saved, to be downloaded; nothing for one that a drawing offers already."""
    if load is None or saved.name in {drawing.file.name for drawing in drawings_of(message) if drawing.file}:
        return NOTHING
    return ("saved", f"{message.turn_id}-{place}", Saved(saved, load))


def drawings_of(message: Message) -> list[Drawing]:
    """Return the drawings of a message's tool steps."""
    views = [shown_by(part).get("view") for part in message.parts]
    return [drawing for view in views if view and (drawing := drawing_of(as_key(view)))]


def request_item(request: Request, message: Message, asked: Confirmations, say: Callable[[str, bool], None] | None) -> Item:
    """Return what a tool asks: a form while it may be answered, then a line with what was said."""
    if say and request.request_id in asked.open:
        return ("form", request.request_id, Form(request, say))
    said = {True: "you said yes", False: "you said no", None: "not answered"}[asked.replies.get(request.request_id)]
    return ("asked", f"{words_of(request.name)}? {'…' if message.status in GROWING else said}", request)


def words_of(name: str) -> str:
    """Return a tool's name as a person would write it: "finalize_plan" is "Finalize plan"."""
    words = " ".join(name.replace("_", " ").split())
    return words[:1].upper() + words[1:]


def text_items(role: str, part: TextPart, cut: Callable[[TextPart], list[str]]) -> list[Item]:
    """Return a text as blocks. What the user typed is shown to the letter; an answer is Markdown, made safe."""
    if role == "user":
        return [("text", session_manager.printable(part.text), None)]
    return [("markdown", block, None) for block in cut(part)]


def step_item(step: ToolStep, *, ended: bool) -> Item:
    """Return a tool step as one line: running, done ("find_times · 0.3 s") or stopped."""
    name = session_manager.safe_markdown(step.name)
    if step.stopped or (ended and step.result is None):
        return ("step", f"{name} · stopped", step)
    if step.seconds is None:
        return ("caption", f"{name} …", None)
    return ("step", f"{name} · {step.seconds:.1f} s", step)


def live_items(message: Message, invoker: AgentInvoker, cut: Callable[[TextPart], list[str]]) -> list[Item]:
    """Return the items of an answer that may still be growing, with the cursor, or who has the floor, and what there is to wait for."""
    items = items_of(message, cut=cut)
    if message.status == "stopping":
        return [*items, ("caption", "Stopping…", None)]
    if message.status == "queued":
        return [*items, ("caption", message.error, None)]
    if message.status != "running":
        return items
    health = invoker.health()
    if health.blocked_for:
        items.append(("warning", f"Nobody's answer moves: the agent's code blocks the event loop ({health.culprit}).", None))
    elif message.floor:
        items.append(("said", floor_html(message, tones_of(message)), None))
    elif items and items[-1][0] == "markdown":
        items[-1] = ("markdown", with_cursor(items[-1][1]), None)
    else:
        items.append(("markdown", CURSOR, None))
    return items


def with_cursor(text: str) -> str:
    """Put the cursor after a text, unless that would keep its last line from closing a code fence."""
    last_line = text.rstrip("\n").rpartition("\n")[2].lstrip()
    return text if last_line.startswith(("```", "~~~")) else text + CURSOR


class Canvas:
    """Draws a list of items and, as the list changes, only what changed, each item in its place."""

    def __init__(self, container: Any) -> None:  # noqa: ANN401 - Streamlit's container
        """Begin empty, in a container of its own."""
        self._container = container
        self._drawn: list[Item | None] = []
        self._slots: list[Any] = []

    def draw(self, items: list[Item]) -> None:
        """Draw the items that differ from the last time. Items that are no longer there leave an empty place."""
        for index, item in enumerate(items):
            if index == len(self._slots):
                self._slots.append(next_place(self._container))
                self._drawn.append(None)
            if item != self._drawn[index]:
                put(self._slots[index], item)
                self._drawn[index] = item
        for index in range(len(items), len(self._slots)):
            self._slots[index].empty()
            self._drawn[index] = NOTHING


def next_place(container: Any) -> Any:  # noqa: ANN401
    """Return the place after all that a container holds, with nothing in it.

    Streamlit gives one only with an element in it; and what it gives for a line that opens is the inside of that.
    """
    return DeltaGenerator(root_container=container._root_container, cursor=container._cursor.lock_element(), parent=container)  # noqa: SLF001


def put(place: Any, item: Item) -> None:  # noqa: ANN401
    """Draw one item in its place, whatever stood there."""
    kind, text, more = item
    match kind:
        case "empty":
            place.empty()
        case "markdown":
            place.markdown(text)
        case "text":
            place.text(text)
        case "said" | "probes":
            put_said(place, text, more)
        case "step":
            put_step(place, text, more)
        case "drawing":
            put_drawing(place, text, more)
        case "file" | "saved":
            put_file(place, text, more)
        case "form":
            put_form(place, more)
        case "asked":
            put_asked(place, text, more)
        case _:
            put_remark(place, kind, session_manager.safe_markdown(text))


def put_remark(place: Any, kind: str, text: str) -> None:  # noqa: ANN401
    """Draw what is said about an answer."""
    match kind:
        case "caption":
            place.caption(text)
        case "notice":
            place.info(text)
        case "warning":
            place.warning(text)
        case _:
            place.error(text, icon="🚫")


def put_step(place: Any, label: str, step: ToolStep) -> None:  # noqa: ANN401
    """Draw a finished tool call as a collapsed line with its arguments and result inside."""
    expander = place.expander(label)
    expander.json(dict(step.args), expanded=2)
    if result := step.details:
        expander.json(result, expanded=1)


def put_file(place: Any, key: str, file: FilePart | Saved) -> None:  # noqa: ANN401
    """Draw a file: an image or a sound as such, anything else to be downloaded."""
    if isinstance(file, Saved):
        kind = mimetypes.guess_type(file.file.name)[0] or "application/octet-stream"
        loaded = file.load(file.file.name, file.file.version) if kind.startswith(("image/", "audio/")) else None
        if loaded is None:
            put_download(place, key, file.file.name, kind, partial(content_of, file))
            return
        file = loaded
    if is_image(file.data):
        place.image(file.data, caption=literal(file.name), width=IMAGE)
    elif file.mime.startswith("audio/"):
        place.audio(file.data, format=file.mime, alt=file.name)
    else:
        put_download(place, key, file.name, file.mime, file.data)


def put_download(place: Any, key: str, name: str, mime: str, data: bytes | Callable[[], bytes]) -> None:  # noqa: ANN401
    """Draw a file as a button that downloads it."""
    place.download_button(literal(name), data, name, mime, key=f"download-{key}", icon=":material/attach_file:", on_click="ignore")


def content_of(saved: Saved) -> bytes:
    """Return what is in a file that the agent has saved; nothing if it is gone."""
    file = saved.load(saved.file.name, saved.file.version)
    return file.data if file else b""


def put_form(place: Any, form: Form) -> None:  # noqa: ANN401
    """Draw what a tool asks before it acts, with a yes and a no. What a tool or a model wrote is shown to the letter."""
    request = form.request
    box = place.container(border=True, key=f"confirm-{request.request_id}")
    box.markdown(f":material/help: **{literal(words_of(request.name))}?**")
    if about := about_request(request):
        box.text(about)
    box.caption("Nothing is done before you say so. You can also type something else.")
    row = box.container(horizontal=True)
    for label, confirmed in (("Yes, do it", True), ("No", False)):
        row.button(
            label, key=f"say-{label}-{request.request_id}", type="primary" if confirmed else "secondary",
            on_click=form.say, args=(request.request_id, confirmed),
        )  # fmt: skip


def put_asked(place: Any, text: str, request: Request) -> None:  # noqa: ANN401
    """Draw a request that can no longer be answered, or not yet, as a line that opens."""
    expander = place.expander(literal(text), icon=":material/help:")
    expander.text(about_request(request) or "No details.")


def about_request(request: Request) -> str:
    """Return what a tool is to be called with, and what it says of it, a line each."""
    lines = [request.hint] if request.hint else []
    lines += [f"{words_of(key)}: {plain(value)}" for key, value in request.args.items() if value not in (None, "", [])]
    if request.payload not in (None, {}, []):
        lines.append(f"With: {plain(request.payload)}")
    return session_manager.printable("\n".join(lines))


def plain(value: object) -> str:
    """Return JSON as a person would write it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {plain(item)}" for key, item in value.items())
    return ", ".join(plain(item) for item in value) if isinstance(value, list | tuple) else str(value)


# -- drawings --------------------------------------------------------------------------------------------------------------


def as_key(found: object) -> str:
    """Return a tool's own JSON as a text, to look up what was made of it; "null" for what is none."""
    try:
        return json.dumps(found, default=str, skipkeys=True)
    except (ValueError, RecursionError):
        return "null"


@lru_cache(maxsize=256)
def drawing_of(view: str) -> Drawing | None:
    """Make a drawing once: a message is drawn at every run of the page, and Altair checks its charts slowly."""
    from vibehuntr_agent import drawings  # noqa: PLC0415 - brings our agent along: only if there is something to draw

    return drawings.draw(json.loads(view))


@lru_cache(maxsize=256)
def card_of(card: str) -> Card | None:
    """Read a plan card once."""
    from vibehuntr_agent import drawings  # noqa: PLC0415 - as in drawing_of

    return drawings.read_card(json.loads(card))


def put_drawing(place: Any, key: str, view: object) -> None:  # noqa: ANN401
    """Draw what a tool found, with the same as text; nothing for a view that is none."""
    drawing = drawing_of(as_key(view))
    if drawing is None:
        place.empty()
        return
    box = place.container(key=f"drawing-{key}")
    words = session_manager.printable("\n".join(drawing.lines))
    if not drawing.file:
        box.markdown(f"**{literal(drawing.title)}**")
    if drawing.chart:
        width = "content" if "width" in drawing.chart else "stretch"
        box.vega_lite_chart(spec=dict(drawing.chart), width=width, theme=None, alt=words or drawing.title)
    if table := drawing.table:
        cells = [[literal(cell) for cell in row] for row in table.rows]
        box.table({head: [row[n] for row in cells] for n, head in enumerate(map(literal, table.columns))}, hide_index=True)
    if drawing.chips:
        box.markdown(" ".join(f":gray-badge[{literal(chip)}]" for chip in drawing.chips))
    if drawing.source:
        box.caption(literal(drawing.source))
    if file := drawing.file:
        box.download_button(
            f"Download {literal(file.name)}", file.text, file.name, file.mime, key=f"file-{key}",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    if drawing.chart or drawing.table:
        box.expander("As text", icon=":material/notes:").text(words or "There are no words for it.")
    elif words and not drawing.chips:
        box.text(words)


def replies_of(message: Message) -> list[str]:
    """Return what to offer: `replies` of the last tool result, or of a meeting's conclusion, if they are short texts."""
    results = [shown_by(part) for part in message.parts if shown_by(part) and not (isinstance(part, Contribution) and part.is_said)]
    replies = results[-1].get("replies") if results and message.status == "done" else None
    texts = [text.strip() for text in replies if isinstance(text, str)] if isinstance(replies, list) else []
    return list(dict.fromkeys(text for text in texts if 0 < len(text) <= REPLY))[:REPLIES]
