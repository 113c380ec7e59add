"""The studio in a real browser: generate, select cells with the mouse, edit, undo, take along, run again elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from studio_world import Studio, load_bench, running, walking_clip

from dataset.motion_clip import MotionClip
from dataset.motion_files.write_bvh import write_bvh
from studio.bench import Bench

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright (requirements-dev.txt)")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking".split()
WEBGL = "--use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader".split()
SIZE = {"width": 1360, "height": 860}
PATIENCE = 120  # seconds; edits take about one on an idle machine


@pytest.fixture(scope="module")
def bench() -> Bench:
    return load_bench()


@pytest.fixture(scope="module")
def studio(bench: Bench, tmp_path_factory) -> Iterator[Studio]:
    if CHROMIUM is None:
        pytest.skip("needs a Chromium or Chrome browser on the PATH (Debian: apt-get install chromium)")
    with running(bench, tmp_path_factory.mktemp("sessions")) as made:
        yield made


@pytest.fixture(scope="module")
def browser(studio: Studio):
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

    def close(self) -> None:
        self.context.close()
        assert self.complaints == []


@pytest.fixture
def page(browser, studio: Studio) -> Iterator[Page]:
    made = Page(browser, studio)
    yield made
    made.close()


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


def test_from_a_sentence_to_an_edit_that_runs_elsewhere(
    page: Page, studio: Studio, repo: Path, tmp_path: Path
):
    tab = page.tab
    tab.get_by_label("what the person does").fill("a person walks forward")
    tab.get_by_role("spinbutton", name="seconds").fill("4")
    tab.get_by_role("spinbutton", name="takes").fill("2")
    page.button("Generate").click()
    page.until("studio.motion")
    page.settled()
    assert tab.locator(".take").count() == 2 and page.run("studio.roll.steps") == 20
    assert (
        tab.locator("#words li").count() >= 1
        and tab.locator(".caption").inner_text() == "a person walks forward"
    )

    before = codes(page, "L-elbow angle")
    page.drag(page.cell("L-elbow angle", 5.4), page.cell("L-elbow angle", 11.6))
    assert page.run("[[...studio.roll.selection.groups], studio.roll.selection.start, studio.roll.selection.stop]") == [
        [2], 5, 12,
    ]  # fmt: skip
    assert "1.0–2.4 s" in tab.locator("#inspector").inner_text()
    page.button("set to 60 to 70 degrees").click()
    page.until("studio.session.operations.length === 1")
    page.settled()
    after = codes(page, "L-elbow angle")
    assert (
        all(abs(code - 6) <= 1 for code in after[5:12])
        and after[:2] == before[:2]
        and after[16:] == before[16:]
    )
    assert "left elbow" in tab.locator(".difference").inner_text()
    assert page.run("studio.roll.hasFollows.size") > 0
    assert not tab.get_by_role("button", name="ghost").is_disabled()

    tab.keyboard.press("Control+z")
    page.until("studio.session.operations.length === 0")
    page.settled()
    assert codes(page, "L-elbow angle") == before
    page.button("↷ Redo").click()
    page.until("studio.session.operations.length === 1")
    page.settled()
    tab.get_by_role("combobox", name="instruction").fill("raise the right hand at the end")
    page.button("Do it").click()
    page.until("studio.session.operations.length > 1")
    page.settled()

    edited, source, listed = (
        page.save(item, tmp_path)
        for item in ("motion, all arrays", "the clip before", "operations, for edit_motion.py")
    )
    command = [
        sys.executable,
        repo / "edit_motion.py",
        "--motion",
        source,
        "--operations",
        listed,
        "--formats",
        "npz",
    ]
    subprocess.run(
        [*command, "--out", tmp_path / "again", "--device", "cpu"], check=True, capture_output=True, cwd=repo
    )
    here, there = MotionClip.load(edited), MotionClip.load(tmp_path / "again" / f"{source.stem}_edited.npz")
    assert np.abs(here.joints - there.joints).max() < 1e-4 and np.array_equal(
        here.pose_codes, there.pose_codes
    )
    assert np.abs(here.joints - MotionClip.load(source).joints).max() > 0.05
    assert {re.match(r"https?://[^/]+", url)[0] for url in page.asked if url.startswith("http")} == {
        studio.address
    }


@pytest.fixture(scope="module")
def clip(bench: Bench) -> MotionClip:
    return walking_clip(bench, 2.0)


def test_the_list_of_operations_and_the_form(browser, studio: Studio, clip: MotionClip):
    page = open_clip(browser, studio, clip)
    page.button("+ Operation").click()
    dialog = page.tab.locator("dialog.form")
    dialog.get_by_label("operation").select_option("Shift")
    dialog.locator("label", has_text="groups").locator("input").fill("L-elbow angle")
    dialog.locator("label", has_text="categories").locator("input").fill("-3")
    dialog.get_by_label("start").fill("0.4")
    dialog.get_by_label("end").fill("1.2")
    dialog.get_by_role("button", name="Add").click()
    page.until("studio.session.operations.length === 1")
    page.settled()
    assert page.run("studio.session.operations[0].plain") == {
        "Shift": {"groups": ["L-elbow angle"], "categories": -3, "span": {"start": 0.4, "stop": 1.2}}
    }
    page.tab.locator("ol.operations .what").click()
    assert page.run("[studio.roll.selection.start, studio.roll.selection.stop]") == [2, 6]
    page.button("remove operation 1").click()
    page.until("studio.session.operations.length === 0")
    page.settled()
    page.button("+ Operation").click()
    dialog.get_by_label("operation").select_option("SetCode")
    dialog.locator("label", has_text="groups").locator("input").fill("nobody's knee")
    dialog.locator("label", has_text="category").locator("input").fill("1")
    dialog.get_by_role("button", name="Add").click()
    page.until("!document.getElementById('failure').hidden")
    assert (
        "nobody" in page.tab.locator("#failure").inner_text()
        and page.run("studio.session.operations.length") == 0
    )
    page.complaints.clear()  # the browser notes the refused request
    page.close()


def test_200_steps_are_scrubbed_without_painting_the_cells_again(browser, studio: Studio, clip: MotionClip):
    long = clip.with_motion(
        np.resize(clip.features, (800, clip.features.shape[1])),
        np.resize(clip.joints, (800, *clip.joints.shape[1:])),
        pose_codes=np.resize(clip.pose_codes, (200, 70)),
        residual_codes=None,
    )
    page = open_clip(browser, studio, long)
    assert page.run("[studio.roll.steps, studio.roll.rows.length]") == [200, 70]
    page.button("Open all").click()
    assert page.run("studio.roll.items.length") == 70 + 8
    painted = page.run("studio.roll.painted")
    box = page.tab.locator("canvas.over").bounding_box()
    page.tab.mouse.move(box["x"] + 300, box["y"] + 10)
    page.tab.mouse.down()
    for x in range(300, 900, 15):
        page.tab.mouse.move(box["x"] + x, box["y"] + 10)
    page.tab.mouse.up()
    time_now, wanted = page.run("[studio.stage.state.time, studio.roll.stepAt(885, false) * 0.2]")
    assert time_now == pytest.approx(wanted, abs=0.01)
    assert page.run("studio.roll.painted") == painted
    page.close()


def test_words_and_names_stay_text(browser, studio: Studio, clip: MotionClip):
    evil = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"
    hostile = clip.with_motion(clip.features, clip.joints, text=evil, segments=((evil, 0.0, 2.0),))
    page = open_clip(browser, studio, hostile)
    assert (
        page.tab.locator(".caption").inner_text() == evil and page.tab.locator("#title").inner_text() == evil
    )
    assert page.tab.locator("main img, main script").count() == 0 and "hacked" != page.tab.title()
    page.button("Sessions ▾").click()
    assert page.tab.locator(".menu .list img").count() == 0
    page.close()


def test_a_dropped_file_opens_and_a_bad_one_leaves_the_work(
    browser, studio: Studio, clip: MotionClip, tmp_path: Path
):
    page = open_clip(browser, studio, clip)
    shown = page.run("studio.session.take")
    (tmp_path / "bad.bvh").write_text("no motion")
    page.tab.locator("input[type=file]").set_input_files(tmp_path / "bad.bvh")
    page.until("!document.getElementById('failure').hidden")
    page.settled()
    assert "bad.bvh" in page.tab.locator("#failure").inner_text() and page.run("studio.session.take") == shown
    write_bvh(tmp_path / "walk.bvh", clip.joints, clip.fps)
    page.tab.locator("input[type=file]").set_input_files(tmp_path / "walk.bvh")
    page.until("studio.session.takes.length === 2")
    page.settled()
    assert page.tab.locator("#title").inner_text() == "walk" and page.tab.locator("#failure").is_hidden()
    page.tab.reload()
    page.until("document.documentElement.dataset.ready === '1' && studio.motion")
    assert page.run("studio.session.title") == "walk"
    page.close()


def test_the_roll_by_keyboard(browser, studio: Studio, clip: MotionClip):
    page = open_clip(browser, studio, clip)
    keys = page.tab.keyboard
    page.tab.locator(".scroller").focus()
    keys.press("ArrowDown")
    keys.press("ArrowRight")
    keys.press("Shift+ArrowRight")
    keys.press("Shift+ArrowDown")
    assert page.run(
        "[studio.roll.selection.start, studio.roll.selection.stop, studio.roll.selection.groups.size]"
    ) == [1, 3, 2]
    assert re.search(r"the left \w+ is", page.tab.locator("#said").inner_text())
    keys.press("Enter")
    assert page.run("document.getElementById('inspector').contains(document.activeElement)")
    page.tab.locator(".scroller").focus()
    keys.press("Escape")
    assert page.run("studio.roll.selection") is None
    keys.press("/")
    keys.type("left elbow")
    assert all(
        "elbow" in label
        for label in page.run("studio.roll.items.filter((i) => i.row).map((i) => i.row.says[0])")
    )
    page.close()


@pytest.mark.parametrize("where", ["", "&gl=1"])
def test_the_person_is_seen_before_after_and_as_a_ghost(
    browser, studio: Studio, clip: MotionClip, tmp_path: Path, where
):
    session = studio.with_clip(clip)
    studio.done(
        session, "operations", {"operations": [{"SetCode": {"groups": ["L-elbow angle"], "value": 40}}]}
    )
    page = Page(browser, studio, f"/?gl={1 if where else 0}#s={session}")
    page.settled()
    page.run("studio.stage.set({ marks: false, follow: true })")
    page.run("studio.stage.seek(1.0)")
    shots = {}
    for mode in ("after", "before", "ghost", "both"):
        page.run(f"studio.stage.set({{ mode: {mode!r} }})")
        time.sleep(0.2)
        path = tmp_path / f"{mode}.png"
        page.tab.locator(".views").screenshot(path=path)
        shots[mode] = np.asarray(Image.open(path).convert("RGB")).astype(int)
    blue = {mode: (shot[..., 2] - shot[..., 0] > 60) for mode, shot in shots.items()}
    assert all(mask.sum() > 300 for mask in blue.values())
    assert (blue["after"] != blue["before"]).sum() > 100  # the forearm is elsewhere
    assert (np.abs(shots["ghost"] - shots["after"]).sum(-1) > 30).sum() > 100
    half = blue["both"].shape[1] // 2
    assert blue["both"][:, :half].sum() > 150 and blue["both"][:, half:].sum() > 150
    assert page.run("document.documentElement.dataset.renderer") == (
        "WebGLRenderer" if where else "CanvasRenderer"
    )
    page.close()


@pytest.mark.parametrize("width", [1000, 1360])
def test_nothing_is_cut_off_at_usual_widths(browser, studio: Studio, clip: MotionClip, width: int):
    page = Page(browser, studio, f"/?gl=0#s={studio.with_clip(clip)}", width)
    page.settled()
    page.run("studio.roll.reveal({ groups: new Set([2]), start: 0, stop: 5 })")
    outside = page.run(
        "[...document.querySelectorAll('button, input:not([hidden]), select, h2')].filter((e) => e.offsetParent &&"
        " e.getBoundingClientRect().right > e.closest('section, header').getBoundingClientRect().right + 1)"
        ".map((e) => e.textContent || e.placeholder)"
    )
    assert outside == []
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    page.close()
