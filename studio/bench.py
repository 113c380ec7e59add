"""The work bench: one set of models in memory, and what is made with it. Only the worker's thread comes here."""

from __future__ import annotations

import re
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from dataset.motion_clip import MotionClip, Segment
from editing import (
    AnyOperation,
    Codec,
    EditResult,
    Generator,
    edit_motion,
    operations_to_yaml,
    parse_instruction,
)
from editing.edit import start_of
from editing.fit_memory import FitMemory
from editing.language.language_model import Complete, ask_for_edit
from editing.own_motion import rigid
from editing.sources import load_clip
from models.pipeline import TextToMotion
from models.sampling import Sampling
from utils.place import place_of
from utils.runtime import UserError, heard_warnings, warn

CLIP_ID = re.compile(r"[A-Za-z0-9_]{1,64}")
LONGEST_CLIP = 300.0  # seconds that the page shows
MOST_TAKES = 12
LARGEST_UNPACKED = 128 << 20  # bytes; the longest clip has 10 MB
RESULTS_IN_MEMORY = 64


@dataclass(frozen=True)
class Shown:
    """What the page shows of a state: the clip before and after its operations, and what the edit says of itself."""

    before: MotionClip
    after: MotionClip
    alone: np.ndarray | None  # (T, 22, 3) the codes after, decoded without residual codes
    result: EditResult | None  # None without operations


class _Interruptible(FitMemory):
    """A memory of fits that asks before each one, which takes most of an edit's time, whether the work goes on."""

    def __init__(self, memory: FitMemory, check: Callable[[], None]) -> None:
        super().__init__()
        self._memory, self._check = memory, check

    def recall(
        self, arrays: Sequence[np.ndarray], settings: Hashable, fit: Callable[[], np.ndarray]
    ) -> np.ndarray:
        """What the memory has; whatever the check raises where the work was cancelled."""
        self._check()
        return self._memory.recall(arrays, settings, fit)


class Bench:
    """The models at work.

    model: text to motion. codec: of its tokenizer. data_root: of clips by id; None: the tokenizer's data set. language:
    a language model that reads instructions, or None.
    """

    def __init__(
        self,
        model: TextToMotion,
        codec: Codec,
        data_root: str | Path | None = None,
        language: Complete | None = None,
    ) -> None:
        self.model, self.codec, self.data_root, self.language = model, codec, data_root, language
        self.actor = Generator(model.tokenizer.info.folder)
        self.actor.models = model  # there is one set of models
        self.fits = FitMemory()
        self._results: OrderedDict[tuple[str, str], Shown] = OrderedDict()

    def generate(
        self,
        story: Sequence[Segment],
        takes: int,
        seed: int,
        guidance: float | None,
        progress: Callable[[float], None],
    ) -> list[MotionClip]:
        """Takes of a sentence or a sequence, take i with seed + i: what generate.py writes for that seed.

        UserError for what makes no motion; whatever `progress` raises ends the work.
        """
        if not 1 <= takes <= MOST_TAKES:
            raise UserError(f"{takes} takes: ask for 1 to {MOST_TAKES} at once")
        if sum(seconds or 0 for _, seconds in story) > LONGEST_CLIP:
            raise UserError(f"the studio shows clips of up to {LONGEST_CLIP:g} seconds: ask for less")
        clips = self.model.generate_stories(
            [list(story)] * takes,
            seed=[seed + number for number in range(takes)],
            sampling=Sampling(guidance=guidance),
            progress=lambda share: progress(0.95 * share),
        )
        return [clip.with_constant_bones() for clip in clips]

    def load(self, path: Path, name: str) -> MotionClip:
        """A clip of a file that lies at a path of our own. UserErrors and warnings call the file by its name."""

        def named(line: object) -> str:
            return str(line).replace(f"{path.parent}/", "").replace(path.name, name)

        try:
            _require_small(path)
            with heard_warnings() as heard:
                clip = load_clip(path, self.codec, self.data_root)
        except UserError as error:
            raise UserError(named(error)) from error
        for line in heard:
            warn(named(line))
        return self._fit(clip, name)

    def load_id(self, clip_id: str) -> MotionClip:
        """A clip of the data set. UserError for what is no id or not there."""
        if not CLIP_ID.fullmatch(clip_id):
            raise UserError(f"{clip_id[:40]!r} is no clip's id: ids are letters and digits, such as 000006")
        try:
            clip = load_clip(clip_id, self.codec, self.data_root)
        except UserError as error:
            raise UserError(str(error).replace("--motion ", "")) from error
        return self._fit(clip, clip_id)

    def _fit(self, clip: MotionClip, name: str) -> MotionClip:
        if len(clip.joints) / clip.fps > LONGEST_CLIP:
            raise UserError(
                f"{name}: lasts {len(clip.joints) / clip.fps:.0f} seconds, the studio shows up to {LONGEST_CLIP:g}: "
                "cut it first"
            )
        start_of(clip, self.codec)  # complains about what can't be edited
        return rigid(clip)

    def understand(
        self, text: str, clip: MotionClip, ask_model: bool
    ) -> tuple[tuple[AnyOperation, ...], tuple[str, ...]]:
        """Operations of an English instruction about a clip, and how its clauses were understood."""
        if not ask_model:
            parsed = parse_instruction(text)
            return tuple(parsed.operations), tuple(parsed.clauses)
        if self.language is None:
            raise UserError("no language model is set up: start studio.py with --llm --model NAME")
        codes = self.codec.parse(start_of(clip, self.codec).joints)
        return tuple(ask_for_edit(self.language, text, codes, clip.fps, clip.text)), ()

    def show(
        self,
        key: str,
        clip: MotionClip,
        operations: Sequence[AnyOperation],
        check: Callable[[], None] = lambda: None,
    ) -> Shown:
        """A clip with operations done, decoded with `preserve`; key: names the clip. Raises UserError as `edit_motion`.

        check: called between the parts of the work; what it raises ends it.
        """
        whole = (key, operations_to_yaml(operations) if operations else "")
        if whole not in self._results:
            self._results[whole] = self._made(clip, operations, check)
        self._results.move_to_end(whole)
        while len(self._results) > RESULTS_IN_MEMORY:
            self._results.popitem(last=False)
        return self._results[whole]

    def _made(self, clip: MotionClip, operations: Sequence[AnyOperation], check: Callable[[], None]) -> Shown:
        if not operations:
            return Shown(clip, clip, self._alone(clip), None)
        fits = _Interruptible(self.fits, check)
        with _one_thread():
            result = edit_motion(clip, list(operations), self.codec, actor=self.actor, fits=fits)
        check()
        if len(result.edited.joints) / clip.fps > LONGEST_CLIP:
            raise UserError(f"the clip would last longer than {LONGEST_CLIP:g} seconds: make it shorter")
        return Shown(result.source, result.edited, self._alone(result.edited), result)

    def _alone(self, clip: MotionClip) -> np.ndarray | None:
        """Joints of a clip's pose codes decoded alone, where the clip stands; None for a clip that has no other."""
        if clip.residual_codes is None:
            return None
        (bare,) = self.model.without_residuals([clip])
        place = place_of(clip.joints[: len(bare.joints)], bare.joints)
        return place.put(bare.joints.astype(np.float64)).astype(np.float32)


@contextmanager
def _one_thread() -> Iterator[None]:
    """An edit is thousands of operations on small tensors: further threads mostly wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _require_small(path: Path) -> None:
    """UserError for an archive that unpacks to more than any clip has; what is damaged is the reader's to tell."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (OSError, ValueError, zipfile.BadZipFile):
        return
    if size > LARGEST_UNPACKED:
        raise UserError(f"{path.name}: unpacks to {size >> 20} MiB, more than any clip has")
