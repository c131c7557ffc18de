"""Which files a model can take, and what is to be known of a file before it is sent.

A model of one's own may say what it takes in an attribute `file_types`: types such as "image/png", or "text/*".
"""

from __future__ import annotations

import mimetypes
import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO

from google.adk.models import BaseLlm
from PIL import Image

from playground.turn_log import FilePart

_SHOWN = ("image/png", "image/jpeg", "image/webp", "image/gif")
_PIXELS = 50_000_000
_IMAGES = ("image/png", "image/jpeg", "image/webp")
_DOCUMENTS = ("application/pdf", "text/*")
_SOUND = ("audio/wav", "audio/mpeg", "audio/ogg", "audio/flac", "audio/aac", "audio/aiff")
_GEMINI = (*_IMAGES, "image/heic", "image/heif", *_DOCUMENTS, *_SOUND)  # https://ai.google.dev/gemini-api/docs
_LITELLM = (*_IMAGES, *_DOCUMENTS)  # of sound, each provider takes another kind, most take none
_OTHER_NAMES = {"audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "audio/mp3": "audio/mpeg", "image/jpg": "image/jpeg"}
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f:*?\"<>|\ud800-\udfff]")
_RESERVED = {"metadata.json", "versions"}  # ADK's file artifact service has files of these names of its own
_NAME_CHARACTERS = 100
_SPOKEN = (("image/", "images"), ("application/pdf", "PDF"), ("text/", "text"), ("audio/", "sound"))


def types_taken(models: Sequence[BaseLlm]) -> tuple[str, ...]:
    """Return the types of files that every one of an agent's models takes; for an agent without models, those of Gemini."""
    taken = _GEMINI
    for model in models:
        others = _taken_by(model)
        taken = tuple(kind for kind in taken if is_taken(kind, others)) or tuple(kind for kind in others if is_taken(kind, taken))
    return taken


def _taken_by(model: BaseLlm) -> Sequence[str]:
    own: Sequence[str] | None = getattr(model, "file_types", None)
    if own is not None:
        return own
    lite_llm = sys.modules.get("google.adk.models.lite_llm")  # never imported just to ask
    return _LITELLM if lite_llm and isinstance(model, lite_llm.LiteLlm) else _GEMINI


def is_taken(mime: str, types: Sequence[str]) -> bool:
    """Whether a type, or a family such as "text/*", is among the types."""
    return mime in types or f"{mime.split('/', maxsplit=1)[0]}/*" in types


def spoken_types(types: Sequence[str]) -> str:
    """Return types as a person would say them: "images, PDF and text"."""
    words = [word for start, word in _SPOKEN if any(kind.startswith(start) for kind in types)]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words) or "no files"


def file_part(name: str, mime: str, data: bytes) -> FilePart:
    """Return a file that a browser has sent, which may call its type by another name or not know it."""
    mime = mime.split(";", maxsplit=1)[0].strip().lower()
    if mime in ("", "application/octet-stream"):
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return FilePart(safe_name(name), _OTHER_NAMES.get(mime, mime), data)


def safe_name(name: str) -> str:
    """Return a file's name as every artifact service takes it: no folders, nothing that means something to one of them."""
    words = _NOT_IN_NAMES.sub("_", re.split(r"[/\\]", name)[-1]).strip(" .")
    stem, dot, ending = words.rpartition(".")
    if words.casefold() in _RESERVED:
        stem = f"{stem or words} file"
    cut = f"{stem[:_NAME_CHARACTERS]}.{ending[:_NAME_CHARACTERS]}" if dot else (stem or words)[:_NAME_CHARACTERS]
    return cut or "file"


def is_broken(file: FilePart) -> bool:
    """Whether a file cannot be what its type says: one without content, a text that is none."""
    if not file.data:
        return True
    if file.mime in _SHOWN:
        return not is_image(file.data)
    try:
        _ = file.data.decode() if file.mime.startswith("text/") else ""
    except UnicodeDecodeError:
        return True
    return False


@lru_cache(maxsize=64)
def is_image(data: bytes) -> bool:
    """Whether a page can show it as an image: it can be read to its end, and has no more than 50 million pixels."""
    try:
        with Image.open(BytesIO(data)) as image:
            small = image.width * image.height <= _PIXELS
            if small:
                image.load()
            return small
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # what Pillow raises for what is none
        return False
