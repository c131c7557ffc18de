"""Takes screenshots of the keyless page to look at: `python tests/screens.py OUTDIR`."""

from __future__ import annotations

import os
import sys
from itertools import product
from pathlib import Path
from typing import Literal

from browsing import ARGS, CHROMIUM, ask, box, ended, opened, send, serving
from playwright.sync_api import Browser, Page, expect, sync_playwright

SIZES = {"desktop": (1200, 900), "phone": (390, 844)}
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
SAID = (
    "Dinner for four of us on Friday evening, about 30 euros each, one is vegan",
    "Anna, Ben, Carla and me",
    "Anna is free Friday 18-22, Ben from 7pm, Carla 18-21, I can do any time after 6pm",
)


def walk(page: Page, outdir: Path, name: str) -> None:
    """Say the sentences; take the first screen, the middle of the first answer, and the end of each answer."""
    expect(box(page)).to_be_visible()
    page.screenshot(path=outdir / f"{name}-0-first.png")
    send(page, SAID[0])
    page.wait_for_function("/[a-z,] ▌/.test(document.body.innerText)")  # looked at in every frame: the answer is short
    page.screenshot(path=outdir / f"{name}-1-streaming.png")
    ended(page)
    page.screenshot(path=outdir / f"{name}-1-answered.png")
    for number, text in enumerate(SAID[1:], start=2):
        ask(page, text)
        page.screenshot(path=outdir / f"{name}-{number}-answered.png")


def take(browser: Browser, url: str, outdir: Path) -> None:
    """Walk through the page at each size, in light and in dark, as a new user each time."""
    for (name, (width, height)), scheme in product(SIZES.items(), SCHEMES):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        walk(opened(context, url), outdir, f"{name}-{scheme}")
        context.close()


def main(outdir: Path) -> None:
    """Serve the page without a key, and leave the pictures and the page's log in `outdir`."""
    outdir.mkdir(parents=True, exist_ok=True)
    unset = ("GOOGLE_API_KEY", "GEMINI_API_KEY", "VIBEHUNTR_MODEL", "VIBEHUNTR_AGENT")
    environ = {name: value for name, value in os.environ.items() if name not in unset}
    expect.set_options(timeout=20_000)
    with serving(environ, outdir / "page.log") as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        take(browser, served.url, outdir)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
