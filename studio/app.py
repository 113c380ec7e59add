"""The studio's addresses. Everything that takes time is a job; the page asks for its state until it has ended.

A change of a session happens in the worker's thread, one after the other, and only when all of it worked: a page that
has seen an older revision is refused, and an error leaves the work as it was.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.exceptions import StarletteHTTPException as HTTPException
from fastapi.responses import FileResponse, JSONResponse, Response

from editing.language.instructions import EXAMPLES
from editing.sources import ENDINGS
from models.sampling import Sampling
from studio import requests as ask
from studio.bench import Bench
from studio.exports import FORMATS, write_export
from studio.forms import forms, from_plain
from studio.guard import Guard
from studio.history import Session, State, short, stacked
from studio.jobs import Job, Worker
from studio.rows import SECTIONS, rows
from studio.store import Store
from studio.view import told_motion, told_session
from utils.runtime import UserError
from utils.stage_files import DEFAULT_MODELS
from utils.texts import one_line, require_well_formed
from visualization import player
from visualization.generation import warn_of_unseen
from visualization.mannequin import mannequin

UPLOAD_LIMIT = 16 << 20  # bytes
ASSETS = Path(__file__).parent / "assets"
PLAYER_FILES = ("player_render.js", "player_canvas.js", "player_motion.js")
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}


@dataclass(frozen=True)
class Setting:
    """Who may open the page, and what it says of the models. hosts: names; token: None for none."""

    hosts: frozenset[str]
    token: str | None = None
    checkpoint_folder: str = DEFAULT_MODELS


def make_app(bench: Bench, store: Store, worker: Worker, setting: Setting) -> Guard:
    """The application behind its guard."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        worker.close()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_exception_handler(UserError, _told_user)
    app.add_exception_handler(RequestValidationError, _told_invalid)
    app.add_exception_handler(HTTPException, _told_http)
    app.add_exception_handler(Exception, _told_mistake)
    _add_page(app)
    _add_facts(app, bench)
    _add_sessions(app, store, bench, worker)
    _add_changes(app, store, bench, worker)
    _add_exports(app, store, bench, worker, setting)
    return Guard(app, setting.hosts, setting.token, UPLOAD_LIMIT)


# ---- errors: one line each


def _line(status: int, line: object) -> JSONResponse:
    return JSONResponse({"error": one_line(line, 400)}, status)


async def _told_user(_: Request, error: Exception) -> Response:
    return _line(400, error)


async def _told_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _line(error.status_code, error.detail)


async def _told_mistake(_: Request, error: Exception) -> Response:
    return _line(500, f"a mistake of ours, {type(error).__name__}: {error}")


async def _told_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    return _line(422, f"{place or 'request'}: {first['msg']}")


# ---- the page and what never changes


@cache
def page_files() -> dict[str, Path]:
    """Every file that the page may ask for, by its name: nothing else is looked up on disk."""
    own = [path for path in ASSETS.iterdir() if path.suffix in TYPES]
    return {path.name: path for path in (*own, *(player.ASSETS / name for name in PLAYER_FILES))}


def _add_page(app: FastAPI) -> None:
    @app.get("/")
    def page() -> Response:
        return Response(page_files()["index.html"].read_bytes(), media_type="text/html; charset=utf-8")

    @app.get("/assets/{name}")
    def asset(name: str) -> Response:
        path = page_files().get(name)
        if path is None:
            raise HTTPException(404, "no such file of the page")
        return Response(path.read_bytes(), media_type=f"{TYPES[path.suffix]}; charset=utf-8")


def _add_facts(app: FastAPI, bench: Bench) -> None:
    @app.get("/api/facts")
    def facts() -> dict[str, Any]:
        return {
            "fps": bench.codec.spec.fps,
            "stride": bench.codec.stride,
            "sections": SECTIONS,
            "rows": rows(),
            "operations": forms(),
            "formats": FORMATS,
            "endings": list(ENDINGS),
            "examples": list(EXAMPLES),
            "guidance": bench.model.base.info.sampling.guidance,
            "languageModel": bench.language is not None,
            "limit": UPLOAD_LIMIT,
        }

    @app.get("/api/body")
    def body() -> dict[str, Any]:
        return _body()


@cache
def _body() -> dict[str, Any]:
    return player.body_data(mannequin())


# ---- sessions and jobs


def _add_sessions(app: FastAPI, store: Store, bench: Bench, worker: Worker) -> None:
    @app.get("/api/sessions")
    def listed() -> dict[str, Any]:
        return {"sessions": store.listed()}

    @app.post("/api/sessions")
    def create() -> dict[str, Any]:
        return told_session(store.create())

    @app.get("/api/sessions/{session_id}")
    def session(session_id: str) -> dict[str, Any]:
        return told_session(store.find(session_id))

    @app.delete("/api/sessions/{session_id}")
    def remove(session_id: str) -> dict[str, Any]:
        found = store.find(session_id)

        def run(job: Job) -> dict[str, Any]:
            store.remove(found)
            return {}

        return worker.submit(session_id, "remove", run).told()

    @app.post("/api/sessions/{session_id}/motion")
    def motion(session_id: str) -> dict[str, Any]:
        """What is shown, drawn anew: quick where it was made a moment ago, a decoding after a restart."""
        found = store.find(session_id)
        return worker.submit(session_id, "show", lambda job: _shown(store, bench, found, job)).told()

    @app.get("/api/jobs/{job_id}")
    def job(job_id: str, wait: float = 0.0) -> dict[str, Any]:
        found = worker.find(job_id)
        if 0 < wait <= 10:
            worker.wait(found, wait)
        return found.told() | {"ahead": worker.ahead_of(found)}

    @app.post("/api/jobs/{job_id}/cancel")
    def cancel(job_id: str) -> dict[str, Any]:
        return worker.cancel(job_id).told()


def _shown(
    store: Store, bench: Bench, session: Session, job: Job, state: State | None = None
) -> dict[str, Any]:
    """A session and the motion of a state of it (None: the present one), for the page; a job's part, which may stop."""
    state = session.state if state is None else state
    if state.take is None:
        return {"session": told_session(session), "motion": None}
    clip = store.clip(session, state.take)
    shown = bench.show(f"{session.id}/{state.take}", clip, state.operations, job.check)
    return {"session": told_session(session), "motion": told_motion(shown)}


def _add_changes(app: FastAPI, store: Store, bench: Bench, worker: Worker) -> None:
    def submit(
        session_id: str, kind: str, revision: int, work: Callable[[Session, Job], State | None]
    ) -> dict[str, Any]:
        """A job that changes a session to the state that `work` gives, None where work has moved it itself."""
        session = store.find(session_id)

        def run(job: Job) -> dict[str, Any]:
            session.require(revision)
            takes = list(session.takes)
            try:
                state = work(session, job)
                told = _shown(store, bench, session, job, state)  # what can't be shown is no state
                job.report(0.97)
            except BaseException:
                session.takes[:] = takes
                raise
            if state is not None:
                session.change(state)
                store.save(session)
            return told | {"session": told_session(session)}

        return worker.submit(session_id, kind, run).told()

    @app.post("/api/sessions/{session_id}/generate")
    def generate(session_id: str, body: ask.Generate) -> dict[str, Any]:
        for part in body.parts:
            require_well_formed(part.text, "sentence")

        def work(session: Session, job: Job) -> State:
            story = [(part.text, part.seconds) for part in body.parts]
            clips = bench.generate(story, body.takes, body.seed, body.guidance, job.report)
            takes = [
                store.keep(session, clip, clip.text, f"seed {body.seed + number}")
                for number, clip in enumerate(clips)
            ]
            sampling = Sampling().with_own(bench.model.base.info.sampling)
            warn_of_unseen(sampling, clips, [take.origin for take in takes], seed="seed")
            return State(takes[0].id, (), short(f"generate: {clips[0].text}"))

        return submit(session_id, "generate", body.revision, work)

    @app.post("/api/sessions/{session_id}/dataset")
    def load_id(session_id: str, body: ask.LoadId) -> dict[str, Any]:
        def work(session: Session, job: Job) -> State:
            clip = bench.load_id(body.clip)
            take = store.keep(session, clip, clip.text, body.clip)
            return State(take.id, (), short(f"load {body.clip}"))

        return submit(session_id, "load", body.revision, work)

    @app.post("/api/sessions/{session_id}/upload")
    async def upload(session_id: str, request: Request, name: str, revision: int) -> dict[str, Any]:
        store.find(session_id)
        # Of the name only its ending and, to be shown, its letters are taken.
        shown = one_line(Path(name.replace("\\", "/")).name, 100)
        ending = Path(shown).suffix.lower()
        if ending not in ENDINGS:
            raise UserError(f"{shown or 'this file'}: can't be read; files may end in {', '.join(ENDINGS)}")
        folder = tempfile.TemporaryDirectory(prefix="pgr2m_studio_")
        path = Path(folder.name) / f"upload{ending}"
        with path.open("wb") as file:
            async for chunk in request.stream():
                file.write(chunk)

        def work(session: Session, job: Job) -> State:
            with folder:
                clip = bench.load(path, shown)
            take = store.keep(
                session, clip, clip.text if clip.text not in ("", "upload") else Path(shown).stem, shown
            )
            return State(take.id, (), short(f"load {shown}"))

        return submit(session_id, "load", revision, work)

    @app.post("/api/sessions/{session_id}/take")
    def choose(session_id: str, body: ask.Choose) -> dict[str, Any]:
        def work(session: Session, job: Job) -> State:
            take = session.take(body.take)
            return State(take.id, (), short(f"take: {take.title}, {take.origin}"))

        return submit(session_id, "take", body.revision, work)

    @app.post("/api/sessions/{session_id}/operations")
    def operations(session_id: str, body: ask.Operations) -> dict[str, Any]:
        wanted = from_plain(body.operations)

        def work(session: Session, job: Job) -> State:
            _require_take(session)
            return State(session.state.take, wanted, short(body.label))

        return submit(session_id, "edit", body.revision, work)

    @app.post("/api/sessions/{session_id}/instruction")
    def instruction(session_id: str, body: ask.Instruction) -> dict[str, Any]:
        require_well_formed(body.text, "instruction")

        def work(session: Session, job: Job) -> State:
            state = session.state
            take = _require_take(session)
            shown = bench.show(f"{session.id}/{take}", store.clip(session, take), state.operations)
            found, _ = bench.understand(body.text, shown.after, body.model)
            job.report(0.2)
            return State(take, stacked(state.operations, found), short(body.text))

        return submit(session_id, "edit", body.revision, work)

    def move(session_id: str, revision: int, steps: int) -> dict[str, Any]:
        session = store.find(session_id)

        def run(job: Job) -> dict[str, Any]:
            session.require(revision)
            told = _shown(store, bench, session, job, session.neighbour(steps))
            session.move(steps)
            store.save(session)
            return told | {"session": told_session(session)}

        return worker.submit(session_id, "edit", run).told()

    @app.post("/api/sessions/{session_id}/undo")
    def undo(session_id: str, body: ask.Change) -> dict[str, Any]:
        return move(session_id, body.revision, -1)

    @app.post("/api/sessions/{session_id}/redo")
    def redo(session_id: str, body: ask.Change) -> dict[str, Any]:
        return move(session_id, body.revision, 1)


def _require_take(session: Session) -> str:
    if session.state.take is None:
        raise UserError("there is no motion yet: generate or load one first")
    return session.state.take


# ---- files to take along


def _add_exports(app: FastAPI, store: Store, bench: Bench, worker: Worker, setting: Setting) -> None:
    @app.post("/api/sessions/{session_id}/export")
    def export(session_id: str, body: ask.Export) -> dict[str, Any]:
        session = store.find(session_id)
        if body.format not in FORMATS:
            raise UserError(f"no such format: use one of {', '.join(FORMATS)}")

        def run(job: Job) -> dict[str, Any]:
            session.require(body.revision)
            take, state = _require_take(session), session.state
            shown = bench.show(f"{session.id}/{take}", store.clip(session, take), state.operations)
            folder = store.place(session.id) / "exports"
            path = write_export(
                shown, state.operations, body.format, folder, setting.checkpoint_folder, job.report
            )
            job.files = [path]
            return {"name": path.name}

        return worker.submit(session_id, "export", run).told()

    @app.get("/api/jobs/{job_id}/file")
    def file(job_id: str) -> Response:
        job = worker.find(job_id)
        if job.state != "done" or not job.files or not job.files[0].is_file():
            raise HTTPException(404, "this file is not there (any more): export it again")
        return FileResponse(job.files[0], filename=job.files[0].name, media_type="application/octet-stream")
