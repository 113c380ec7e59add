"""Sessions on disk: a folder each, with its states as JSON and its takes as npz, written whole or not at all."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from dataset.clip_npz import CodeShape
from dataset.motion_clip import MotionClip
from studio.history import Session, Take, short
from utils.outputs import require_folder
from utils.runtime import UserError, atomic_write, warn
from utils.texts import read_json

NAME = re.compile(r"[A-Za-z0-9_-]{16,40}")
CLIPS_IN_MEMORY = 24
LISTED = 30


class Store:
    """The sessions of a folder. Names come from the browser: only those that we gave lead anywhere."""

    def __init__(self, folder: str | Path, shape: CodeShape | None = None) -> None:
        require_folder(folder, "--sessions")
        self.folder, self.shape = Path(folder), shape
        self._sessions: dict[str, Session] = {}
        self._clips: OrderedDict[tuple[str, str], MotionClip] = OrderedDict()
        self._lock = threading.RLock()

    def create(self) -> Session:
        """A new, empty session; it gets a folder with its first take."""
        session = Session(secrets.token_urlsafe(16))
        with self._lock:
            self._sessions[session.id] = session
        return session

    def find(self, session_id: str) -> Session:
        """The session of an id, from disk after a restart. UserError where there is none, or its file is damaged."""
        if not NAME.fullmatch(session_id):
            raise UserError("no such session: open the page anew")
        with self._lock:
            if session_id not in self._sessions:
                path = self.place(session_id) / "session.json"
                if not path.is_file():
                    raise UserError("no such session: open the page anew")
                try:
                    session = Session.restored(read_json(path))
                except (ValueError, UserError) as error:
                    raise UserError(f"session {session_id}: its file is damaged ({error})") from error
                if session.id != session_id:
                    raise UserError(f"session {session_id}: its file is another's")
                self._sessions[session_id] = session
            return self._sessions[session_id]

    def place(self, session_id: str) -> Path:
        """The folder of a session whose id was checked."""
        assert NAME.fullmatch(session_id)
        return self.folder / session_id

    def save(self, session: Session) -> None:
        """Write a session's states; its file changes whole or not at all."""
        with atomic_write(self.place(session.id) / "session.json") as temporary:
            temporary.write_text(json.dumps(session.stored(), ensure_ascii=False, indent=1), encoding="utf-8")

    def keep(self, session: Session, clip: MotionClip, title: str, origin: str) -> Take:
        """Store a clip as a new take of a session, which the caller saves."""
        take = Take(secrets.token_urlsafe(12), short(title), short(origin))
        with atomic_write(self.clip_file(session, take.id)) as temporary:
            clip.save(temporary)
        session.takes.append(take)
        self._remember((session.id, take.id), clip)
        return take

    def clip_file(self, session: Session, take_id: str) -> Path:
        """The npz of a take."""
        return self.place(session.id) / f"{take_id}.npz"

    def clip(self, session: Session, take_id: str) -> MotionClip:
        """The clip of a take."""
        take = session.take(take_id)
        key = (session.id, take.id)
        with self._lock:
            if key in self._clips:
                self._clips.move_to_end(key)
                return self._clips[key]
        clip = MotionClip.load(self.clip_file(session, take.id), shape=self.shape)
        self._remember(key, clip)
        return clip

    def remove(self, session: Session) -> None:
        """Take a session and its files away."""
        with self._lock:
            self._sessions.pop(session.id, None)
            for key in [key for key in self._clips if key[0] == session.id]:
                del self._clips[key]
        shutil.rmtree(self.place(session.id), ignore_errors=True)

    def listed(self) -> list[dict[str, Any]]:
        """The latest sessions with a take: id, title, number of operations, time of the last change (seconds)."""
        found = []
        files = sorted(self.folder.glob("*/session.json"), key=_changed, reverse=True)
        for path in files[:LISTED]:
            if not NAME.fullmatch(path.parent.name):
                continue
            try:
                session = self.find(path.parent.name)
            except UserError as error:
                warn(str(error))
                continue
            found.append(
                {
                    "id": session.id,
                    "title": session.title,
                    "operations": len(session.state.operations),
                    "takes": len(session.takes),
                    "changed": _changed(path),
                }
            )
        return found

    def _remember(self, key: tuple[str, str], clip: MotionClip) -> None:
        with self._lock:
            self._clips[key] = clip
            self._clips.move_to_end(key)
            while len(self._clips) > CLIPS_IN_MEMORY:
                self._clips.popitem(last=False)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
