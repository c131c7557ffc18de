"""A page for the tests of client.js: something to copy, to jump to, to search, and buttons with shortcuts. Served by test_client."""

from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from playground.client import SCRIPT, Button, Jump, Link, client_data, list_html, row_html
from playground.turn_log import Message, plain_text

TEXTS = (
    "two\nlines",
    "\"double\" 'single' `back` & <b>bold</b> <img src=x onerror=alert(1)>",
    "--> ]]> </style></script></textarea> <!-- --!>",
    "100% %41 äö 🎉 \\n  two spaces ",
    "",
)
TARGETS = {
    "Near": ("near", ["cafe"]),
    "Far": ("far", ["éclair"]),
    "Late": ("late", ["found"]),
    "Again": ("near", ["CAFÉ"]),
    "Nowhere": None,
}
SHORTCUTS = {"Stop": "Escape", "New": "Ctrl+Shift+O", "Edit": "Alt+Up"}


def counted(name: str) -> None:
    st.session_state[name] = st.session_state.get(name, 0) + 1


def shown(key: str, text: str) -> None:
    with st.container(key=key):
        st.markdown(text)


def said() -> Message | None:
    number = st.session_state.get("Say", 0)
    return (
        Message(number, f"t{number}", "assistant", plain_text(f"answer **{number}** {'x' * 600 if number == 3 else ''}"))
        if number
        else None
    )


def draw_texts() -> None:
    for text in TEXTS:
        st.html(row_html("assistant", text, [Button("Copy", "content_copy", ("copy", text))]))
    shown("near", "Café Ekberg, a **cafe**teria; decaf is not marked, nor is #cafe's end")
    for number in range(60):
        st.text(f"line {number}")
    shown("far", "an Eclair\n\nand another ÉCLAIR")
    if st.session_state.get("Draw"):
        shown("late", "found")


def told() -> None:
    st.session_state["told"] = st.session_state["client"]["act"]


def draw_row() -> None:
    """A thumb: pressed once it has been told of."""
    pressed = bool(st.session_state.get("told"))
    deed = ("rate", "t 1", "" if pressed else "1")
    st.html(row_html("assistant", 't "1"', [Button("Thumbs up", "thumb_up", deed, pressed=pressed), "2 of <3>"]))
    st.text(f"told {st.session_state.get('told')}")


def draw_list() -> None:
    """Two conversations: the one that was told of is open."""
    told = st.session_state.get("told")
    links = (Link(name, f"Talk <{name}>", "2 d", "keep", "Pinned", told == ["open", name]) for name in ("a", 'b "1"'))
    st.html(list_html("c", list(links)))


def draw_sidebar() -> None:
    st.text_input("Search", key="search")
    for label in (*TARGETS, "Say", "Draw"):
        if st.button(label, on_click=counted, args=(label,)) and label in TARGETS:
            st.session_state["to"] = label
    for label, shortcut in SHORTCUTS.items():
        st.button(label, shortcut=shortcut, on_click=counted, args=(label,))
    st.text(f"searched {st.session_state['search']!r}")
    st.text(" ".join(f"{label}={st.session_state.get(label, 0)}" for label in SHORTCUTS))


def draw() -> None:
    st.html(Path(__file__).parent.parent / "playground" / "look.css")
    with st.sidebar:
        draw_sidebar()
        draw_list()
    place = TARGETS[st.session_state.get("to", "Nowhere")]
    jump = Jump(str(st.session_state.get("to")), f"st-key-{place[0]}", place[1]) if place else None
    client = component("vibehuntr", js=SCRIPT.read_text(encoding="utf-8"), isolate_styles=False)
    client(key="client", data=client_data(said(), jump), on_act_change=told)
    draw_row()
    draw_texts()
    st.chat_input("Say something", key="prompt")


if __name__ == "__main__":
    draw()
