"""The pictures of the studio in README and docs/studio.md, taken in a browser while somebody seems to use it.

    python -m docs.studio_pictures                  # studio.png, studio_edit.png and studio.gif in docs/
    python -m docs.studio_pictures --only stills

Needs playwright and Chromium (requirements-dev.txt). The film is drawn frame by frame, so a slow machine makes the same.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from editing import Codec
from models.pipeline import TextToMotion
from studio.app import Setting, make_app
from studio.bench import Bench
from studio.jobs import Worker
from studio.serve import in_background, listening_socket, names_of
from studio.store import Store
from utils.flags import FlagParser
from utils.runtime import UserError, atomic_write, run_script
from utils.stage_files import DEFAULT_MODELS

FOLDER = Path(__file__).parent
WINDOW = {"width": 1280, "height": 800}
FILM_WIDTH, FILM_RATE = 900, 8  # pixels, pictures a second
SENTENCE, SECONDS = "a person walks forward and waves with the right hand", 6
LABEL, ROW_SPAN, CODE = "L-elbow angle", (10, 20), "set to 50 to 60 degrees"
# Colours of the page that a palette made of areas would miss.
EXACT = "ffffff eef1f5 f1f4f8 1c2330 545d6b d81b84 b86e00 2563b8 e6effb 4684d6 e0622d d5dae1 6d46ad 3c9a66".split()
FLAGS = (
    "--no-sandbox --disable-dev-shm-usage --use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader"
)
POINTER = """() => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  made.id = "pointer";
  made.setAttribute("viewBox", "0 0 16 24");
  const place = { position: "fixed", width: "18px", height: "27px", left: "-50px", top: "0", zIndex: 99 };
  Object.assign(made.style, place, { pointerEvents: "none" });
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M1 1 L1 18 L5.2 14.2 L8 21 L10.8 19.8 L8 13.2 L13.5 13 Z");
  Object.assign(path.style, { fill: "#1c2330", stroke: "#fff", strokeWidth: "1.4px" });
  made.append(path);
  document.body.append(made);
  const follow = (event) => Object.assign(made.style, { left: `${event.clientX}px`, top: `${event.clientY}px` });
  addEventListener("pointermove", follow, true);
}"""


class Film:
    """The page, the pictures taken of it, and a pointer that moves in between."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pictures: list[Image.Image] = []
        self.at = (700.0, 420.0)
        page.evaluate(POINTER)

    def run(self, code: str) -> Any:
        """Value of a JavaScript expression."""
        return self.page.evaluate(code)

    def until(self, condition: str) -> None:
        """Wait for a JavaScript condition."""
        for _ in range(6000):
            if self.run(f"Boolean({condition})"):
                return
            self.page.wait_for_timeout(30)
        raise UserError(f"the page never came to: {condition}")

    def settle(self) -> None:
        """Wait until no work is left, and for what lights up to fade."""
        self.until("studio.running === 0")

    def take(self, pictures: int = 1, each: Callable[[int], None] | None = None) -> None:
        """Pictures for the film, `each` called before every one."""
        for number in range(pictures):
            if each is not None:
                each(number)
                self.page.wait_for_timeout(40)
            shot = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
            height = round(FILM_WIDTH * shot.height / shot.width)
            self.pictures.append(shot.resize((FILM_WIDTH, height), Image.Resampling.LANCZOS))

    def play(self, start: float, stop: float) -> None:
        """The motion from second to second, as fast as it is."""
        count = max(round((stop - start) * FILM_RATE), 1)
        self.take(count, lambda i: self.run(f"studio.stage.seek({start + i / FILM_RATE})"))

    def move(self, x: float, y: float, pictures: int = 4) -> None:
        """The pointer goes somewhere."""
        x0, y0 = self.at

        def step(i: int) -> None:
            share = (i + 1) / pictures
            share = share**2 * (3 - 2 * share)
            self.page.mouse.move(x0 + (x - x0) * share, y0 + (y - y0) * share)

        self.take(pictures, step)
        self.at = (x, y)

    def move_to(self, selector: Any, pictures: int = 4) -> None:
        """The pointer goes to the middle of an element."""
        box = selector.bounding_box()
        self.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, pictures)

    def cell(self, step: float) -> tuple[float, float]:
        """Where a cell of the row is in the window."""
        x, y = self.run(
            f"(() => {{ const r = studio.roll, i = r.items.find((item) => item.row && item.row.label === {LABEL!r});"
            f" return [r.x({step}), r.y(i) + i.height / 2]; }})()"
        )
        box = self.page.locator("canvas.over").bounding_box()
        assert box is not None
        return box["x"] + x, box["y"] + y

    def save(self, path: Path) -> Path:
        """One GIF, with one palette for all pictures so that what stays the same costs nothing."""
        size = self.pictures[0].size
        sample = Image.new("RGB", (size[0], 4 * size[1]))
        for i in range(4):
            sample.paste(self.pictures[i * (len(self.pictures) - 1) // 3], (0, i * size[1]))
        most = sample.quantize(256 - len(EXACT), method=Image.Quantize.MEDIANCUT, kmeans=2)
        palette = Image.new("P", (1, 1))
        colours = [int(colour[i : i + 2], 16) for colour in EXACT for i in (0, 2, 4)]
        palette.putpalette(colours + (most.getpalette() or [])[: 768 - len(colours)])
        frames = [shot.quantize(palette=palette, dither=Image.Dither.NONE) for shot in self.pictures]
        with atomic_write(path) as temporary:
            frames[0].save(
                temporary,
                "GIF",
                save_all=True,
                append_images=frames[1:],
                duration=1000 // FILM_RATE,
                loop=0,
                optimize=True,
            )
        return path


def generated(film: Film) -> None:
    """A sentence becomes two takes."""
    page = film.page
    page.get_by_label("what the person does").fill(SENTENCE)
    page.get_by_role("spinbutton", name="seconds").fill(str(SECONDS))
    page.get_by_role("button", name="Generate", exact=True).click()
    film.until("studio.motion")
    film.settle()
    film.run("studio.stage.set({ follow: true })")


def act(film: Film) -> None:
    """What the film shows: play, select cells, set them, see before and after, say more in words."""
    page = film.page
    film.take(4)
    film.play(1.0, 3.6)
    film.move(*film.cell(ROW_SPAN[0] + 0.5))
    page.mouse.down()
    film.move(*film.cell(ROW_SPAN[1] - 0.5), 6)
    page.mouse.up()
    film.take(2)
    film.move_to(page.get_by_role("button", name=CODE), 5)
    film.run("studio.stage.seek(2.6)")
    page.mouse.down()
    page.mouse.up()
    film.settle()
    film.take(5)
    film.run("studio.stage.set({ mode: 'ghost' })")
    film.play(1.4, 4.4)
    text = page.get_by_role("combobox", name="instruction")
    film.move_to(text, 4)
    text.click()
    said = "raise the left hand at the end"
    film.take(len(said) // 3, lambda i: text.fill(said[: 3 * (i + 1)]))
    film.move_to(page.get_by_role("button", name="Do it"), 3)
    page.mouse.down()
    page.mouse.up()
    film.until("studio.session.operations.length > 1")
    film.settle()
    film.run("studio.stage.set({ mode: 'after' })")
    film.play(3.4, 5.9)
    film.take(4)


def stills(film: Film) -> list[Path]:
    """Two pictures: a clip just generated, and one with edits as a ghost over what it was."""
    paths = [FOLDER / "studio.png", FOLDER / "studio_edit.png"]
    film.run("studio.stage.seek(2.4)")
    film.run("studio.roll.select(null)")
    for number, path in enumerate(paths):
        if number:
            film.run(
                "studio.roll.reveal({ groups: new Set([studio.facts.rows.find((r) => r.label === "
                f"{LABEL!r}).index]), start: {ROW_SPAN[0]}, stop: {ROW_SPAN[1]} }})"
            )
            film.page.get_by_role("button", name=CODE).click()
            film.until("studio.session.operations.length === 1")
            film.settle()
            film.run("studio.stage.set({ mode: 'ghost' })")
            film.run("studio.stage.seek(3.0)")
        film.page.wait_for_timeout(2500)
        shot = Image.open(io.BytesIO(film.page.screenshot())).convert("RGB")
        with atomic_write(path) as temporary:
            shot.save(temporary, "PNG", optimize=True)
    return paths


def main() -> None:
    """Start a studio of its own, use it, write the pictures."""
    parser = FlagParser(description="Pictures of the studio.")
    parser.add_argument("--checkpoint-folder", default=DEFAULT_MODELS)
    parser.add_argument("--only", choices=("stills", "film"), default=None)
    args = parser.parse_args()
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise UserError("no Chromium or Chrome on the PATH; install one (Debian: apt-get install chromium)")
    model = TextToMotion.from_pretrained(args.checkpoint_folder)
    bench, listening = Bench(model, Codec(model.tokenizer)), listening_socket("127.0.0.1", 0)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = make_app(bench, Store(folder), Worker(), Setting(names_of("127.0.0.1", [])))
        with in_background(app, listening) as address:
            browser = playwright.chromium.launch(executable_path=found, args=FLAGS.split())
            for kind in ("stills", "film"):
                if args.only not in (None, kind):
                    continue
                page = browser.new_page(viewport=WINDOW)
                page.set_default_timeout(300_000)
                page.goto(f"{address}?gl=1")  # as with a graphics card
                page.wait_for_selector("html[data-ready]")
                film = Film(page)
                generated(film)
                if kind == "stills":
                    print(*stills(film), sep="\n")
                else:
                    act(film)
                    print(film.save(FOLDER / "studio.gif"))
                page.close()
            browser.close()


if __name__ == "__main__":
    run_script(main)
