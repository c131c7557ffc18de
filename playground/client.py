"""What the page hands to client.js in the browser, and the buttons and links that it listens to. Pure: no Streamlit."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playground.turn_log import GROWING, Message, Request, TextPart

SCRIPT = Path(__file__).with_suffix(".js")
_MARKS = re.compile(r"^\s{0,3}(?:#{1,6}\s+|>\s?|```.*$|~~~.*$)|[*_`|]+|\]\([^)\s]*\)|[\[\]]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Jump:
    """Where to go: `target` is the CSS class of a container ("st-key-..."), `words` are marked in it. A new `id` is a new jump."""

    id: str
    target: str
    words: Sequence[str] = ()


def client_data(message: Message | None, jump: Jump | None) -> list[dict[str, Any] | None]:
    """Return the data of the client: the message to announce, once it is finished, and where to go.

    A list: of a dict, Streamlit asks pandas whether a data frame is in it, which takes 0.4 s and 50 MB to import.
    """
    announce = {"id": message.turn_id, "text": spoken(message)} if message and message.status not in GROWING else None
    return [announce, {"id": jump.id, "target": jump.target, "words": list(jump.words)} if jump else None]


def spoken(message: Message) -> str:
    """Return what is to be read out of an answer: its words without Markdown's signs, how it ended, what it asks.

    Of a meeting, how it began and what it came to: what the seats have said can be read on the page.
    """
    texts = " ".join(part.text for part in message.parts if isinstance(part, TextPart))
    said = [" ".join(_MARKS.sub(" ", texts).split())]
    if message.status in ("cancelled", "failed"):
        said.append(message.error or "Stopped.")
    if any(isinstance(part, Request) for part in message.parts):
        said.append("It asks before it acts: yes or no?")
    return " ".join(text for text in said if text) or "The answer is there."


def pause(seconds: float) -> None:
    """Give the browser time to paint in. Nothing is waited for."""
    threading.Event().wait(seconds)


@dataclass(frozen=True, slots=True)
class Button:
    """A button in the row under a message. Its label is for those who cannot see the icon (Streamlit's names), and for whoever rests on it.

    What it does is a deed and its arguments: "copy" with a text is done in the browser, all else the page's component is told ("act").
    """

    label: str
    icon: str
    deed: Sequence[str]
    pressed: bool | None = None
    disabled: bool = False


def row_html(role: str, turn_id: str, content: Sequence[Button | str] | None = None) -> str:
    """Return the HTML of the row under a message, for `st.html`: buttons, and words between them; without any, of one that grows."""
    inside = "".join(_button_html(one) if isinstance(one, Button) else f"<span>{escape(one)}</span>" for one in content or ())
    grows = " vh-grows" if content is None else ""
    return f'<div class="vh-row vh-row-{role}{grows}" data-vibehuntr-row="{role}-{_encoded(turn_id)}">{inside}</div>'


@dataclass(frozen=True, slots=True)
class Link:
    """A conversation in the list: what it is called, and when it last had a message. `about` is for whoever rests on it.

    A link, so that it can be opened in a tab of its own; a plain click is told as the deed ("open", its id).
    """

    id: str
    title: str
    when: str
    icon: str
    about: str = ""
    is_open: bool = False


def list_html(address: str, links: Sequence[Link]) -> str:
    """Return the HTML of conversations in the list, for `st.html`; `address` is the query parameter that has a page open one."""
    return f'<div class="vh-list" data-vibehuntr-row="list">{"".join(_link_html(address, link) for link in links)}</div>'


def first_html(icon: Path, greeting: str, introduction: str, suggestions: Sequence[str]) -> str:
    """Return the HTML of the first screen, for `st.html`: an icon (SVG), a heading, words, if any, and messages to send by a click."""
    buttons = "".join(f'<button type="button" {_written(_told(("ask", text)))}>{escape(text)}</button>' for text in suggestions)
    words = f"<p>{escape(introduction)}</p>" if introduction else ""
    head = f'<img src="{_url_of(icon)}" alt=""><h1>{escape(greeting)}</h1>{words}'
    return f'<div class="vh-first" data-vibehuntr-row="first">{head}<div>{buttons}</div></div>'


@cache
def _url_of(svg: Path) -> str:
    """Return the URL that holds a picture: the page's sanitizer lets no SVG through that stands in the HTML. Read once a process."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.read_bytes()).decode()}"


def _button_html(button: Button) -> str:
    attributes = {
        **_told(button.deed, button.icon),
        "aria-label": button.label,
        "title": button.label,
        **({} if button.pressed is None else {"aria-pressed": str(button.pressed).lower()}),
        **({"disabled": ""} if button.disabled else {}),
    }
    return f'<button type="button" {_written(attributes)}></button>'


def _link_html(address: str, link: Link) -> str:
    attributes = {
        "href": f"?{address}={_encoded(link.id)}",
        **_told(("open", link.id), link.icon),
        **({"title": link.about} if link.about else {}),
        **({"aria-current": "page"} if link.is_open else {}),
    }
    return f"<a {_written(attributes)}><span>{escape(link.title)}</span><span>{escape(link.when)}</span></a>"


def _told(deed: Sequence[str], icon: str = "") -> dict[str, str]:
    """Return what client.js reads of what is clicked, and what look.css draws."""
    return {
        "data-vibehuntr-do": _encoded(json.dumps([*deed], ensure_ascii=False)),
        **({"data-vibehuntr-icon": icon} if icon else {}),
    }


def _written(attributes: Mapping[str, str]) -> str:
    return " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())


def _encoded(text: str) -> str:
    """Percent-encode a text: the page's sanitizer trims attributes, and drops one that seems to hold the end of a comment or of a style."""
    return quote(text, safe="", errors="replace")
