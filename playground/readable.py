"""A conversation for people: Markdown, and a zip of it with its files.

What it guarantees: no text breaks out of its place, whatever it is; an archive is the same for the same, and unpacks anywhere.
"""

from __future__ import annotations

import html
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from itertools import count
from urllib.parse import quote

from playground.contributions import Probes, folded
from playground.exchange import one_line, plain
from playground.turn_log import GROWING, Contribution, FilePart, Message, Part, Reply, Request, SavedFile, TextPart, ToolStep

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_FETCHES_OR_IS_HTML = re.compile(r"<[A-Za-z/!?]|!\[")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


def to_markdown(messages: Sequence[Message], title: str, agent_name: str, plan: Sequence[tuple[str, str]] = (), zone: tzinfo = UTC) -> str:
    """Return a conversation as Markdown for people: a heading for each message, and at the end the plan as (label, words).

    What the user typed shows to the letter, in a fence. What the agent wrote is Markdown in a quotation, which none of its lines can
    leave; if there is HTML or an image in it, it is fenced too. Files are linked as `files_of` names them.
    """
    names = iter(_file_names(messages))
    blocks = [f"# {_escaped(title) or 'Conversation'}"]
    for message in messages:
        author = "You" if message.role == "user" else _escaped(agent_name) or "Agent"
        blocks.append(f"## {author}, {_moment(message.at, zone)}")
        blocks += [_shown(part, message.role, names) for part in folded(message.parts)]
        blocks += [f"*{_escaped(notice)}*" for notice in message.notices if _escaped(notice)]
        blocks += _ended(message)
    if plan:
        blocks += ["## The plan", "\n".join(f"- **{_escaped(label)}:** {_escaped(words)}" for label, words in plan)]
    return plain("\n\n".join(block for block in blocks if block) + "\n")


def files_of(messages: Iterable[Message]) -> dict[str, bytes]:
    """Return the files that were sent in these messages, by the names under which `to_markdown` links them: for `archive`."""
    messages = list(messages)
    return dict(zip(_file_names(messages), (part.data for part in _files_in(messages)), strict=True))


def _file_names(messages: Iterable[Message]) -> list[str]:
    return _safe_names(part.name for part in _files_in(messages))


def _files_in(messages: Iterable[Message]) -> Iterator[FilePart]:
    for message in messages:
        yield from (part for part in message.parts if isinstance(part, FilePart))


def _moment(at: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M %Z").rstrip()


def _shown(part: Part | Probes, role: str, names: Iterator[str]) -> str:
    match part:
        case TextPart():
            return _text(part.text, role)
        case ToolStep():
            return _step(part)
        case Request():
            return f"*May* {_call(part)} *be done?* {_escaped(part.hint)}".rstrip()
        case Reply():
            return f"*{'Yes' if part.confirmed else 'No'}* to {_call(part.request)}"
        case FilePart():
            name = next(names)
            return f"*File:* [{_escaped(part.name) or _escaped(name)}](files/{quote(name)})"
        case SavedFile():
            return f"*File:* [{_escaped(part.name)}](files/{quote(_safe(part.name))})"
        case Contribution():
            return _said(part)
        case Probes():
            return f"*{_escaped(part.words)}*"


def _said(said: Contribution) -> str:
    """Return what a seat has said in a meeting, to the letter; nothing for the frame around it."""
    act = f" *{said.act}*" if said.act else ""
    return f"**{_escaped(said.seat)}**{act}{': ' if said.words else ''}{_escaped(said.words)}" if said.is_said else ""


def _call(request: Request) -> str:
    return f"{_escaped(request.name)}\\({_escaped(json.dumps(plain(dict(request.args)), ensure_ascii=False, default=str)[1:-1])}\\)"


def _text(text: str, role: str) -> str:
    if not text.strip():
        return ""
    if role == "user" or _FETCHES_OR_IS_HTML.search(text):
        return _fenced(text, "text")
    return "\n".join(f"> {line}".rstrip() if not line.strip() else f"> {line}" for line in _LINE_ENDS.split(text))


def _step(step: ToolStep) -> str:
    seconds = "" if step.seconds is None else f" · {step.seconds:.1f} s"
    result = step.details
    came = "Stopped." if step.stopped else "No result." if step.result is None else f"Result:\n\n{_fenced(_pretty(result), 'json')}"
    summary = f"<details><summary>{html.escape(one_line(step.name))}{seconds}</summary>"
    return f"{summary}\n\nArguments:\n\n{_fenced(_pretty(dict(step.args)), 'json')}\n\n{came}\n\n</details>"


def _pretty(value: object) -> str:
    return json.dumps(plain(value), indent=2, ensure_ascii=False, default=str)


def _fenced(text: str, kind: str) -> str:
    """Put a text where Markdown means nothing: between fences longer than any in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{kind}\n{text}\n{fence}"


def _ended(message: Message) -> list[str]:
    marks = {"cancelled": "Stopped.", "failed": "Failed."} | dict.fromkeys(GROWING, "Not yet ended.")
    mark = marks.get(message.status)
    return [f"**{mark}** {_escaped(message.error)}".rstrip()] if mark else []


def _escaped(text: str) -> str:
    """Return words on one line that Markdown shows to the letter."""
    return _PUNCTUATION.sub(r"\\\1", one_line(text))


# -- files -------------------------------------------------------------------------------------------------------------------

_EPOCH_OF_ZIPS = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o644 << 16
_UNIX = 3
_NAME_BYTES = 120
_ENDING_BYTES = 20
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)


def archive(name: str, text: str, files: Mapping[str, bytes]) -> bytes:
    """Return a zip of `NAME.md` and the files, the same for the same; names that are not safe are made so."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as made:
        made.writestr(_entry(file_name(name, "md")), plain(text).encode())
        for safe, data in zip(_safe_names(files), files.values(), strict=True):
            made.writestr(_entry(f"files/{safe}"), data)
    return packed.getvalue()


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _EPOCH_OF_ZIPS)
    entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, _REGULAR_FILE, _UNIX
    return entry


def file_name(title: str, ending: str) -> str:
    """Return a name for a download that every system takes."""
    return f"{_safe(title) or 'conversation'}.{_safe(ending.lstrip('.')) or 'txt'}"


def _safe_names(names: Iterable[str]) -> list[str]:
    """Make names safe, and no two the same, also where upper and lower case are."""
    taken: set[str] = set()
    safe: list[str] = []
    for name in names:
        whole = _safe(name) or "file"
        tries = (whole if number == 1 else _numbered(whole, f"-{number}") for number in count(1))
        safe.append(next(wanted for wanted in tries if wanted.casefold() not in taken))
        taken.add(safe[-1].casefold())
    return safe


def _numbered(name: str, number: str) -> str:
    stem, ending = _parts_of(name)
    return f"{_cut(stem, _NAME_BYTES - len((number + ending).encode()))}{number}{ending}"


def _safe(name: str) -> str:
    """Return what is left of a name without paths, without what Windows refuses, and without what cannot be seen."""
    shown = "".join(char for char in one_line(name) if unicodedata.category(char)[0] != "C")
    shown = _NOT_IN_NAMES.sub("_", unicodedata.normalize("NFC", one_line(shown))).strip(" .")
    if _DEVICES.fullmatch(shown.split(".")[0].rstrip()):
        shown = f"_{shown}"
    stem, ending = _parts_of(shown)
    return f"{_cut(stem, _NAME_BYTES - len(ending.encode()))}{ending}"


def _parts_of(name: str) -> tuple[str, str]:
    """Return the stem and the ending with its dot; what is longer than an ending is none."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem and len(ending.encode()) <= _ENDING_BYTES else (name, "")


def _cut(stem: str, room: int) -> str:
    return stem.encode()[:room].decode(errors="ignore").strip(" .")
