"""Motion of any length, of one sentence or several: windows of codes that continue one another.

The transformers see at most 49 steps. A longer clip is made window by window: each one starts with the last steps of
the one before, pose codes and residual codes kept, and goes on under the sentence whose turn it is. How many steps
are kept decides between memory and obedience: the model trusts what it sees more than what it is told, see
``models.sampling``.

Pose codes of the *heading* frame don't depend on where the person faces, so all windows are strung together and
decoded at once: seen from the decoder there are no windows. Those of the *world* frame (the published models) are
measured against the direction faced at a clip's start, and a window that starts facing elsewhere is like nothing in
training. There the overlap is decoded, turned to face +Z and encoded again; each window is decoded for itself, and
the features, which don't depend on the direction faced either, are blended over the overlap. The finished clip's
codes are then measured from its own start: they decode to the reconstruction of the clip, not to the clip itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from dataset.features import joints_in_metres, recover_joints
from dataset.motion_clip import MotionClip, story_text
from dataset.pose_codes import parse_pose_codes
from models.base_trans import BaseTransformer
from models.long_clip import Clip, Part, Window
from models.pg_tokenizer import PGTokenizer, TokenizerConfig
from models.refine_trans import RefineTransformer
from models.sampling import OVERLAP, Sampling
from utils.rotation import turn
from utils.runtime import UserError

Progress = Callable[[float], None]
Choose = Callable[[Sequence[MotionClip]], int]  # candidates as far as they go -> the one to go on with
SHORTEST = 5  # new steps before the model may end a sentence that follows another
CHUNK = 256  # steps decoded at once


class LongMotion:
    """The three models at work on clips of any length.

    Args:
        tokenizer: with ``info`` and ``normaliser``, as ``load_tokenizer`` gives it.
        base: writes pose codes.
        refine: adds residual codes, or None.
        window: steps of a window, at most what base and refine have room for.
    """

    def __init__(
        self,
        tokenizer: PGTokenizer,
        base: BaseTransformer,
        refine: RefineTransformer | None,
        window: int,
    ) -> None:
        self.tokenizer, self.base, self.refine = tokenizer, base, refine
        self.window = window
        self.device = next(tokenizer.parameters()).device
        self.turns = tokenizer.info.pose_frame == "world"

    @torch.no_grad()
    def generate(
        self,
        stories: Sequence[Sequence[Part]],
        generators: Sequence[torch.Generator],
        sampling: Sampling,
        progress: Progress | None = None,
        candidates: Sequence[int] = (),
        choose: Choose | None = None,
    ) -> list[MotionClip]:
        """A clip for each story (a list of parts), each drawing from its own generator only.

        progress: told the share of the steps that are drawn, 0 to 1; what it raises ends the work.
        candidates: how many stories in a row are one and the same. Once a part of theirs is done, and before the last one,
            `choose` says which of them all go on from: of four motions, one may have left out the first part, and another
            the second.
        """
        clips = [
            Clip(parts, generator, self.tokenizer.frames_per_step)
            for parts, generator in zip(stories, generators, strict=True)
        ]
        while running := [clip for clip in clips if not clip.finished]:
            for group in _alike(running, sampling):
                self._extend(group, sampling, progress and self._share(clips, len(group), progress))
            if choose is not None:
                clips = self._chosen(clips, candidates, choose)
        return self._motions(clips)

    def _chosen(self, clips: Sequence[Clip], candidates: Sequence[int], choose: Choose) -> list[Clip]:
        """Clips, of which all candidates of a motion go on from the best one where they have just done a part."""
        out: list[Clip] = []
        for count in candidates:
            alike = clips[len(out) : len(out) + count]
            done = alike[0].begun_at == alike[0].steps and not alike[0].finished
            if count > 1 and done:
                best = alike[choose(self._motions(alike))]
                alike = [best if clip is best else best.copied(clip.generator) for clip in alike]
            out += alike
        return out

    def _motions(self, clips: Sequence[Clip]) -> list[MotionClip]:
        """What clips are, or have become so far."""
        whole = [not self.turns or len(clip.windows) == 1 for clip in clips]
        strung = iter(self._strung([clip for clip, at_once in zip(clips, whole, strict=True) if at_once]))
        return [
            next(strung) if at_once else self._joined(clip)
            for clip, at_once in zip(clips, whole, strict=True)
        ]

    def _share(self, clips: Sequence[Clip], running: int, progress: Progress) -> Callable[[int], None]:
        """Turn the new steps of a window of `running` clips into the share of all clips' steps.

        Parts that the model ends itself count as a full window.
        """
        whole = self.window * self.tokenizer.frames_per_step
        frames = sum(part.frames or whole for clip in clips for part in clip.parts)
        drawn, total = sum(clip.steps for clip in clips), frames / self.tokenizer.frames_per_step
        return lambda steps: progress(min((drawn + running * steps) / total, 1.0))

    @torch.no_grad()
    def go_on(
        self,
        before: tuple[Tensor, Tensor | None],
        part: Part,
        generator: torch.Generator,
        sampling: Sampling,
    ) -> MotionClip:
        """A clip that goes on from codes, pose codes (L, 70) and residual codes (L, Q), under another sentence.

        The clip begins with what these decode to. Codes of the world frame are measured from its start.
        """
        stride = self.tokenizer.frames_per_step
        begun = Part(part.condition, len(before[0]) * stride)
        clip = Clip((begun, part), generator, stride, [Window(*before, kept=0)], len(before[0]))
        clip.begun_at, clip.ends = clip.steps, [clip.steps * stride]
        while not clip.finished:
            self._extend([clip], sampling)
        return self._motions([clip])[0]

    def _extend(
        self, clips: Sequence[Clip], sampling: Sampling, on_step: Callable[[int], None] | None = None
    ) -> None:
        """One window for clips that keep the same number of steps and all have, or all lack, a given length."""
        kept = clips[0].keeps(sampling)
        starts = [self._carried(clip, kept) for clip in clips] if kept else []
        condition = torch.stack([clip.part.condition for clip in clips])
        generators = [clip.generator for clip in clips]
        wanted = [
            min(kept + due - clip.steps, self.window) for clip in clips if (due := clip.due) is not None
        ]  # of all clips, or of none
        pose_codes, lengths = self.base.generate(
            condition,
            generator=generators,
            sampling=sampling,
            lengths=torch.tensor(wanted, device=self.device) if wanted else None,
            max_steps=self.window,
            min_steps=kept + SHORTEST if kept else 1,
            prefix=torch.stack([codes[-kept:] for codes, _ in starts]) if kept else None,
            on_step=on_step,
        )
        residual = None
        if sampling.use_residuals and self.refine is not None:
            known = None
            if kept:
                known = pose_codes.new_full(
                    (*pose_codes.shape[:2], self.tokenizer.quantizers), -1, dtype=torch.long
                )
                known[:, :kept] = torch.stack([codes[-kept:] for _, codes in starts if codes is not None])
            residual = self.refine.generate(
                pose_codes,
                lengths,
                condition,
                generator=generators,
                sampling=sampling,
                known=known,
            )
        for row, clip in enumerate(clips):
            inside = slice(int(lengths[row]))
            window = Window(
                pose_codes[row, inside], None if residual is None else residual[row, inside], kept
            )
            clip.add(window.after(*starts[row]) if kept else window)

    def _carried(self, clip: Clip, kept: int) -> tuple[Tensor, Tensor | None]:
        """Pose codes and residual codes of a clip's last steps; the next window's first are the last ``kept``."""
        last = clip.windows[-1]
        if not self.turns:
            codes = last.residual_codes
            return last.pose_codes[-kept:], None if codes is None else codes[-kept:]
        # The decoder, too, needs to know where the new window comes from, or its first frames won't fit.
        steps = min(max(kept, OVERLAP), len(last.pose_codes))
        return self._encoded(self._decoded(last), steps, steps - kept, last.residual_codes is not None)

    def _decoded(self, window: Window) -> np.ndarray:
        """Features (T, D) of one window alone."""
        residual = None if window.residual_codes is None else window.residual_codes[None]
        motion = self.tokenizer.decode(window.pose_codes[None], residual)[0].cpu().numpy()
        return self.tokenizer.normaliser.restore(motion)

    def _encoded(
        self, features: np.ndarray, steps: int, front: int, with_residuals: bool
    ) -> tuple[Tensor, Tensor | None]:
        """Codes of the last steps of features (T, D), measured against the direction faced in step ``front``."""
        info, frames = self.tokenizer.info, self.tokenizer.frames_per_step
        tail = features[-steps * frames :]
        joints = turn(recover_joints(tail)[::frames], 2 * tail[: front * frames, 0].sum())
        parsed = parse_pose_codes(
            joints, info.pose_frame, skeleton=info.spec.skeleton, kit_codes=info.kit_codes
        )
        codes = torch.from_numpy(parsed).to(self.device)
        if not with_residuals:
            return codes, None
        motion = torch.as_tensor(self.tokenizer.normaliser.normalise(features), device=self.device).float()
        # The encoder sees all of the motion; of the pose codes it needs each step's own only.
        padded = torch.nn.functional.pad(codes, (0, 0, len(features) // frames - steps, 0))
        return codes, self.tokenizer.encode(motion[None], padded[None])[0, -steps:]

    def _strung(self, clips: Sequence[Clip]) -> list[MotionClip]:
        """String the windows' new steps together and decode all clips at once."""
        if not clips:
            return []
        steps = [clip.steps for clip in clips]
        lengths = torch.tensor(steps, device=self.device)
        strings = [_string(clip.windows) for clip in clips]
        pose_codes = torch.nn.utils.rnn.pad_sequence([codes for codes, _ in strings], batch_first=True)
        residuals = [codes for _, codes in strings if codes is not None]  # of all clips, or of none
        residual = torch.nn.utils.rnn.pad_sequence(residuals, True, -1) if residuals else None
        motion = decode_long(self.tokenizer, pose_codes, residual, lengths).cpu().numpy()
        return [
            self._finished(clip, self.tokenizer.normaliser.restore(motion[row, : clip.ends[-1]]), *codes)
            for row, (clip, codes) in enumerate(zip(clips, strings, strict=True))
        ]

    def _joined(self, clip: Clip) -> MotionClip:
        """Blend the windows' features; the codes are then those of the whole clip, measured from its start."""
        first, *others = clip.windows
        features = self._decoded(first)
        for window in others:
            features = blend(features, self._decoded(window), window.kept * self.tokenizer.frames_per_step)
        codes = self._encoded(features, clip.steps, 0, first.residual_codes is not None)
        return self._finished(clip, features[: clip.ends[-1]], *codes)

    def _finished(
        self, clip: Clip, features: np.ndarray, pose_codes: Tensor, residual_codes: Tensor | None
    ) -> MotionClip:
        """What became of a clip: features (T, D) and its codes. UserError for motion that is not finite."""
        info = self.tokenizer.info
        if not np.isfinite(features).all():
            raise UserError(
                f"{info.folder}: its motion is not finite; the weights are damaged, or don't belong together"
            )
        features = features.astype(np.float32)
        texts = [part.text for part in clip.parts[: len(clip.ends)]]
        borders = [frame / info.spec.fps for frame in (0, *clip.ends)]
        spans = tuple(zip(texts, borders[:-1], borders[1:], strict=True))
        return MotionClip(
            text=story_text([(text, None) for text in texts]),
            features=features,
            joints=joints_in_metres(features),
            pose_codes=pose_codes.cpu().numpy(),
            residual_codes=None if residual_codes is None else residual_codes.cpu().numpy(),
            fps=info.spec.fps,
            pose_frame=info.pose_frame,
            segments=spans if len(spans) > 1 else (),
        )


def _alike(clips: Sequence[Clip], sampling: Sampling) -> Iterator[list[Clip]]:
    """Groups that can share a window: as many kept steps, and the length given or left to the model."""
    groups: dict[tuple[int, bool], list[Clip]] = {}
    for clip in clips:
        groups.setdefault((clip.keeps(sampling), clip.due is None), []).append(clip)
    yield from groups.values()


def _string(windows: Sequence[Window]) -> tuple[Tensor, Tensor | None]:
    """Pose codes (L, 70) and residual codes (L, Q) of windows without their repetitions."""
    pose_codes = torch.cat([window.pose_codes[window.kept :] for window in windows])
    residual = [codes[window.kept :] for window in windows if (codes := window.residual_codes) is not None]
    return pose_codes, torch.cat(residual) if residual else None  # all windows have them, or none


def blend(before: np.ndarray, after: np.ndarray, shared: int) -> np.ndarray:
    """Features (A, D) and (B, D) whose last and first ``shared`` frames are the same motion -> (A + B - shared, D).

    The weight goes from one to the other along a raised cosine, whose slope is zero at both ends.
    """
    weight = (1 - np.cos(np.pi * (np.arange(shared) + 0.5) / shared))[:, None] / 2
    middle = before[len(before) - shared :] * (1 - weight) + after[:shared] * weight
    return np.concatenate([before[: len(before) - shared], middle, after[shared:]])


def decoder_reach(config: TokenizerConfig) -> int:
    """Steps to either side that the decoder's output of a step can depend on."""
    blocks = sum(config.dilation_growth_rate**i for i in range(config.depth))
    frames = 2**config.down_t
    reach = Fraction(1)  # the first convolution, at one position a step
    for stage in range(config.down_t):
        reach += Fraction(blocks, 2**stage) + Fraction(1, 2 ** (stage + 1))
    reach += Fraction(2, frames)
    return -int(-reach // 1)


def decode_long(
    tokenizer: PGTokenizer,
    pose_codes: Tensor,
    residual_codes: Tensor | None,
    lengths: Tensor,
    chunk: int = CHUNK,
) -> Tensor:
    """``tokenizer.decode`` in chunks that overlap as far as the decoder sees: the same motion in bounded memory.

    Args:
        tokenizer: its decoder must not normalise over time (``--vq-norm GN``); then everything is decoded at once.
        pose_codes: (B, L, 70).
        residual_codes: (B, L, Q) or None.
        lengths: (B,) steps of each clip.
        chunk: steps at once.

    Returns:
        (B, L * frames_per_step, D) normalised features, zero beyond a clip's end; in chunks, on the CPU.
    """
    steps, frames = pose_codes.shape[1], tokenizer.frames_per_step
    if steps <= chunk or tokenizer.config.norm == "GN":
        return tokenizer.decode(pose_codes, residual_codes, lengths)
    reach = decoder_reach(tokenizer.config)
    pieces = []
    for start in range(0, steps, chunk):
        stop = min(start + chunk, steps)
        seen = slice(max(0, start - reach), min(steps, stop + reach))
        motion = tokenizer.decode(
            pose_codes[:, seen],
            None if residual_codes is None else residual_codes[:, seen],
            (lengths - seen.start).clamp(0, seen.stop - seen.start),
        )
        pieces.append(motion[:, (start - seen.start) * frames : (stop - seen.start) * frames].cpu())
    return torch.cat(pieces, dim=1)
