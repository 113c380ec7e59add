"""The studio in a real browser: generate, select cells with the mouse, edit, undo, take along, run again elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from studio_page import Page, codes, open_clip
from studio_world import Studio, walking_clip

from dataset.motion_clip import MotionClip
from dataset.motion_files.write_bvh import write_bvh
from studio.bench import Bench


@pytest.fixture(scope="module")
def clip(bench: Bench) -> MotionClip:
    return walking_clip(bench, 2.0)


@pytest.fixture
def page(browser, studio: Studio) -> Iterator[Page]:
    made = Page(browser, studio)
    yield made
    made.close()


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

    # The shipped models have residual codes: the motion without them is another one.
    page.button("residual codes").click()
    page.until("studio.stage.panels[0].label.textContent === 'pose codes alone'")  # with the next picture
    assert page.run("studio.stage.shownIn(studio.stage.panels[0])[0] !== studio.stage.motions.after")
    page.button("residual codes").click()

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
    page.drop("walk.bvh", (tmp_path / "walk.bvh").read_bytes())
    page.until("studio.session.takes.length === 2")
    page.settled()
    assert page.tab.locator("#title").inner_text() == "walk" and page.tab.locator("#failure").is_hidden()
    np.save(tmp_path / "giant.npy", 3 * clip.joints)
    page.tab.locator("input[type=file]").set_input_files(tmp_path / "giant.npy")
    page.until("studio.session.takes.length === 3")
    page.settled()
    assert re.search(r"giant\.npy: legs of .* m are nobody's", page.tab.locator(".warned").inner_text())
    page.tab.keyboard.press("Control+z")
    page.until("studio.session.title === 'walk'")
    page.settled()
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
