"""The agent of the browser tests: Gemini, as the environment says, and three tools."""

import os
import threading
from io import BytesIO

from google.adk.agents import LlmAgent
from google.adk.tools.tool_context import ToolContext
from google.genai import types
from PIL import Image

from vibehuntr_agent.models import choose_model


def find_times(day: str) -> dict[str, str]:
    """Find times on a day."""
    threading.Event().wait(0.3)
    return {"slot": f"{day} 19:00"}


def block_for_long() -> dict[str, str]:
    """Return only after longer than anybody should wait for Stop."""
    threading.Event().wait(8)
    return {}


async def make_file(name: str, tool_context: ToolContext) -> dict[str, str]:
    """Make a file: a picture if its name ends so, otherwise a text."""
    picture = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "PNG")
    data, mime = (picture.getvalue(), "image/png") if name.endswith(".png") else (b"made", "text/plain")
    await tool_context.save_artifact(name, types.Part.from_bytes(data=data, mime_type=mime))
    return {"made": name}


root_agent = LlmAgent(name="page_agent", model=choose_model(os.environ), tools=[find_times, block_for_long, make_file])
