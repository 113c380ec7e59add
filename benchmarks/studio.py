"""How quick the studio answers: a change of pose codes until the page has the new motion, and scrubbing in the browser.

    python -m benchmarks.studio                     # decoding of changes, asked of the server as the page asks
    python -m benchmarks.studio --browser           # frames a second while scrubbing 200 steps x 70 rows as well

*wall* is what a person waits, *CPU* what the server worked meanwhile: on a machine that does other things the second
tells more. Each change is new, so nothing is taken from memory. The browser has no graphics card: WebGL is drawn by
the processor (SwiftShader), which is the slowest there is; `canvas` is the player's drawing without WebGL.
"""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from dataset.motion_clip import MotionClip
from editing import Codec
from models.pipeline import TextToMotion
from studio.app import Setting, make_app
from studio.bench import Bench
from studio.jobs import Worker
from studio.serve import in_background, listening_socket, names_of
from studio.store import Store
from utils.flags import FlagParser
from utils.ranges import COUNT
from utils.runtime import run_script
from utils.stage_files import DEFAULT_MODELS

SENTENCE, SECONDS = "a person walks forward and waves with the right hand", 10.0
CHANGES: dict[str, Any] = {
    "one row, 2 s": {
        "SetCode": {"groups": ["L-elbow angle"], "category": 8, "span": {"start": 2, "stop": 4}}
    },
    "one row, throughout": {"SetCode": {"groups": ["L-elbow angle"], "category": 8}},
    "both knees, 2 s": {
        "Shift": {
            "groups": ["L-knee angle", "R-knee angle"],
            "categories": -3,
            "span": {"start": 2, "stop": 4},
        }
    },
    "both arms mirrored, 2 s": {
        "Mirror": {"groups": ["left arm", "right arm"], "span": {"start": 2, "stop": 4}}
    },
    "whole body mirrored, throughout": {"MirrorMotion": {}},
}


def main() -> None:
    """Measure and print."""
    parser = FlagParser(description="Speed of the studio.")
    parser.add_argument("--checkpoint-folder", default=DEFAULT_MODELS)
    parser.add_argument("--repeats", type=COUNT, default=5)
    parser.add_argument("--browser", action=argparse.BooleanOptionalAction, default=False)
    args = parser.parse_args()
    model = TextToMotion.from_pretrained(args.checkpoint_folder)
    bench = Bench(model, Codec(model.tokenizer))
    with running(bench) as (port, store):
        (clip,) = bench.generate([(SENTENCE, SECONDS)], 1, 0, None, lambda share: None)
        print(f"a change of {len(clip.joints) / clip.fps:g} s of motion; medians of {args.repeats}")
        print(f"{'':34}{'wall, s':>9}{'CPU, s':>9}")
        for name, change in CHANGES.items():
            rows = [measure(port, store, clip, [shifted(change, 0.1 * i)]) for i in range(args.repeats)]
            wall, cpu = (statistics.median(column) for column in zip(*rows, strict=True))
            print(f"{name:34}{wall:9.2f}{cpu:9.2f}", flush=True)
        rows = [measure(port, store, clip, several(i), several(i)[:-1]) for i in range(args.repeats)]
        wall, cpu = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"{'a fourth change after three':34}{wall:9.2f}{cpu:9.2f}", flush=True)
        if args.browser:
            scrubbing(port, store, clip)


def shifted(change: dict[str, Any], later: float) -> dict[str, Any]:
    """The same change a little later: a new one."""
    ((name, fields),) = change.items()
    if "span" not in fields:
        # A whole clip can't be moved: another category.
        return {
            name: fields
            | ({"category": fields["category"] + round(10 * later)} if "category" in fields else {})
        }
    return {name: fields | {"span": {key: value + later for key, value in fields["span"].items()}}}


def several(number: int) -> list[dict[str, Any]]:
    """Four changes at different times."""
    change = {"groups": ["L-elbow angle"], "category": 6 + number % 3}
    return [{"SetCode": change | {"span": {"start": 0.4 + 2.5 * i, "stop": 1.2 + 2.5 * i}}} for i in range(4)]


@contextmanager
def running(bench: Bench) -> Iterator[tuple[int, Store]]:
    """The studio on a free port, with sessions in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        store, listening = Store(folder, bench.codec.shape), listening_socket("127.0.0.1", 0)
        app = make_app(bench, store, Worker(), Setting(names_of("127.0.0.1", [])))
        with in_background(app, listening):
            yield listening.getsockname()[1], store


def ask(port: int, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """JSON of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {"Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/json"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    return json.loads(connection.getresponse().read())


def session_with(port: int, store: Store, clip: MotionClip) -> str:
    """A session that has the clip as its take."""
    session = store.find(ask(port, "POST", "/api/sessions")["id"])
    take = store.keep(session, clip, clip.text, "benchmark")
    change(port, session.id, "take", {"take": take.id})
    return session.id


def change(port: int, session: str, what: str, body: dict[str, Any]) -> None:
    """Ask for a change and wait for it, as the page does."""
    revision = ask(port, "GET", f"/api/sessions/{session}")["revision"]
    job = ask(port, "POST", f"/api/sessions/{session}/{what}", {"revision": revision} | body)
    while job["state"] in ("waiting", "running"):
        job = ask(port, "GET", f"/api/jobs/{job['id']}?wait=0.25")
    if job["state"] != "done":
        raise RuntimeError(job["error"])


def measure(
    port: int, store: Store, clip: MotionClip, wanted: list[Any], before: list[Any] | None = None
) -> tuple[float, float]:
    """Wall and CPU seconds from operations `before` to `wanted`."""
    session = session_with(port, store, clip)
    if before:
        change(port, session, "operations", {"operations": before})
    wall, cpu = time.perf_counter(), time.process_time()
    change(port, session, "operations", {"operations": wanted})
    return time.perf_counter() - wall, time.process_time() - cpu


def scrubbing(port: int, store: Store, clip: MotionClip) -> None:
    """Frames a second that a browser draws while the play head is dragged over 200 steps and 70 rows."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    frames = 800
    long = clip.with_motion(
        np.resize(clip.features, (frames, clip.features.shape[1])),
        np.resize(clip.joints, (frames, *clip.joints.shape[1:])),
        pose_codes=np.resize(clip.pose_codes, (frames // 4, 70)),
        residual_codes=None,
    )
    session = session_with(port, store, long)
    print(f"scrubbing {frames // 4} steps x 70 rows, in a window of 1360 x 860")
    swiftshader = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with sync_playwright() as playwright:
        for name, wanted, flags in (
            ("canvas", 0, ["--disable-gpu"]),
            ("WebGL by the processor", 1, swiftshader),
        ):
            common = ["--no-sandbox", "--disable-dev-shm-usage"]
            browser = playwright.chromium.launch(executable_path=found, args=common + flags)
            page = browser.new_page(viewport={"width": 1360, "height": 860})
            page.goto(f"http://127.0.0.1:{port}/?gl={wanted}#s={session}")
            page.wait_for_selector("html[data-ready]")
            rate, drawing, roll = page.evaluate(Path(__file__).with_name("studio_scrub.js").read_text())
            print(
                f"{name:34}{rate:6.0f} frames a second; drawing takes {drawing:.1f} ms, the roll {roll:.1f} ms of it"
            )
            browser.close()


if __name__ == "__main__":
    run_script(main)
