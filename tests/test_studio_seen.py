"""What is seen in the studio's page: the person, the roll while it is scrubbed, no markup, nothing cut off."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from studio_page import Page, open_clip
from studio_world import Studio, walking_clip

from dataset.motion_clip import MotionClip
from studio.bench import Bench


@pytest.fixture(scope="module")
def clip(bench: Bench) -> MotionClip:
    return walking_clip(bench, 2.0)


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
    processor = page.context.new_cdp_session(page.tab)
    processor.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        """Seconds of the processor that the page has used: what a frame costs, however busy the machine is."""
        told = processor.send("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in told if one["name"] == "TaskDuration")

    drawn, begun, moves = page.run("studio.stage.drawn"), worked(), range(300, 900, 15)
    box = page.tab.locator("canvas.over").bounding_box()
    page.tab.mouse.move(box["x"] + 300, box["y"] + 10)
    page.tab.mouse.down()
    for x in moves:
        page.tab.mouse.move(box["x"] + x, box["y"] + 10)
        page.run("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    page.tab.mouse.up()
    time_now, wanted = page.run("[studio.stage.state.time, studio.roll.stepAt(885, false) * 0.2]")
    assert time_now == pytest.approx(wanted, abs=0.01)
    assert page.run("studio.roll.painted") == painted
    frames = page.run("studio.stage.drawn") - drawn
    assert len(moves) <= frames <= len(moves) + 3  # each movement has a frame of its own
    assert (worked() - begun) / frames < 1 / 30
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


def test_webgl_without_a_graphics_card_is_left_for_the_plain_canvas(browser, studio: Studio):
    page = Page(browser, studio, "/")
    assert page.run("document.documentElement.dataset.renderer") == "CanvasRenderer"
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
    covered = page.run(
        "[...document.querySelectorAll('button, input:not([hidden]), select')].filter((e) => {"
        " if (!e.offsetParent || e.closest('.roll')) return false;"
        " const { left, right, top, bottom } = e.getBoundingClientRect(), x = (left + right) / 2, y = (top + bottom) / 2;"
        " const card = e.closest('section, header').getBoundingClientRect();"
        " if (y < card.top || y > card.bottom) return false;"
        " return [left + 3, x, right - 3].map((at) => document.elementFromPoint(at, y)).some((over) =>"
        " over && over !== e && !e.contains(over) && /BUTTON|INPUT|SELECT/.test(over.tagName)); })"
        ".map((e) => e.textContent || e.placeholder || e.type)"
    )
    assert covered == []
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
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
