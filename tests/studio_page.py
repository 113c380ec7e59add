"""A tab of the studio in a real browser, and what tests do in it."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from studio_world import Studio

from dataset.motion_clip import MotionClip

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking".split()
WEBGL = "--use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader".split()
SIZE = {"width": 1360, "height": 860}
PATIENCE = 120  # seconds; edits take about one on an idle machine


@contextmanager
def chromium() -> Iterator:
    """A browser; the test is skipped where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright (requirements-dev.txt)")
    if CHROMIUM is None:
        pytest.skip("needs a Chromium or Chrome browser on the PATH (Debian: apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS + WEBGL)
        yield made
        made.close()


class Page:
    """A tab of the studio."""

    def __init__(self, browser, studio: Studio, where: str = "/?gl=0", width: int | None = None) -> None:
        self.context = browser.new_context(viewport=SIZE | ({"width": width} if width else {}))
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(1000 * PATIENCE)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("console", lambda told: told.type == "error" and self.complaints.append(told.text))
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.goto(studio.address + where)
        self.until("document.documentElement.dataset.ready === '1'")

    def run(self, code: str):
        """Value of a JavaScript expression; the page's own policy forbids Playwright's waiting for one."""
        return self.tab.evaluate(code)

    def until(self, condition: str) -> None:
        """Wait for a JavaScript condition."""
        end = time.monotonic() + PATIENCE
        while not self.run(f"Boolean({condition})"):
            assert time.monotonic() < end, f"{condition}; {self.complaints}"
            time.sleep(0.03)

    def settled(self) -> None:
        """Wait until no work is left."""
        self.until("studio.running === 0")

    def button(self, name: str | re.Pattern, exact: bool = True):
        return self.tab.get_by_role("button", name=name, exact=exact)

    def cell(self, label: str, step: float) -> tuple[float, float]:
        """Where a cell of the roll is in the window."""
        x, y = self.run(
            f"(() => {{ const r = studio.roll, item = r.items.find((i) => i.row && i.row.label === {label!r});"
            f" return [r.x({step}), r.y(item) + item.height / 2]; }})()"
        )
        box = self.tab.locator("canvas.over").bounding_box()
        return box["x"] + x, box["y"] + y

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.tab.mouse.move(*start)
        self.tab.mouse.down()
        self.tab.mouse.move(*end, steps=5)
        self.tab.mouse.up()

    def save(self, item: str, folder: Path) -> Path:
        """Take something along; returns the file."""
        self.button("Take along ▾").click()
        with self.tab.expect_download() as download:
            self.tab.get_by_role("menuitem", name=item).click()
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path

    def drop(self, name: str, content: bytes) -> None:
        """Drag a file over the page and let it go."""
        at_each = [
            "document.body.dispatchEvent(new DragEvent('dragenter', given))",
            "drop = !document.getElementById('drop').hidden",
            "document.body.dispatchEvent(new DragEvent('dragover', given))",
            "document.body.dispatchEvent(new DragEvent('drop', given))",
        ]
        shown = self.run(
            f"(() => {{ const dataTransfer = new DataTransfer(), bytes = new Uint8Array({json.dumps(list(content))});"
            f" dataTransfer.items.add(new File([bytes], {json.dumps(name)})); let drop;"
            f" const given = {{ dataTransfer, bubbles: true, cancelable: true }}; {'; '.join(at_each)}; return drop; }})()"
        )
        assert shown and self.tab.locator("#drop").is_hidden()

    def close(self) -> None:
        self.context.close()
        assert self.complaints == []


def open_clip(browser, studio: Studio, clip: MotionClip, extra: str = "") -> Page:
    made = Page(browser, studio, f"/?gl=0{extra}#s={studio.with_clip(clip)}")
    made.settled()
    return made


def codes(page: Page, label: str) -> list[int]:
    """A row's categories, step by step."""
    return page.run(
        f"(() => {{ const r = studio.roll, g = studio.facts.rows.find((row) => row.label === {label!r}).index;"
        " return Array.from({ length: r.steps }, (_, s) => r.codes[s * r.groups + g]); })()"
    )
