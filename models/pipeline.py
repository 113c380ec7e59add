"""Text to motion with all three models: the interface that notebooks and ``generate.py`` use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch

from dataset.heard import heard
from dataset.motion_clip import MotionClip, Segment, story_text
from dataset.said_plainly import said_plainly
from models.again import Told, never_back, other_way_round, with_tries
from models.base_trans import BaseTransformer
from models.build import (
    load_base_transformer,
    load_refine_transformer,
    load_tokenizer,
    normaliser_of,
    require_same,
    require_text_tokens,
)
from models.code_search import obeying_clip
from models.folders import STAGES, find_stage_folders
from models.inference import for_inference
from models.long_clip import Part
from models.long_motion import LongMotion, Progress, decode_long
from models.matcher import TextMotionMatcher, best_of_each, candidate_count, candidate_streams, counts_of
from models.mirrored import mirrored_clip
from models.pg_tokenizer import PGTokenizer
from models.refine_trans import RefineTransformer
from models.sampling import Sampling
from models.text_encoder import TextEncoder, load_text_encoder
from models.text_to_condition import KeywordSource, condition_of
from models.turned import turned_as_said
from utils.runtime import UserError, make_generator, warn
from utils.texts import one_line

__all__ = [
    "STAGES",
    "MotionClip",
    "Segment",
    "TextToMotion",
    "feature_statistics_of",
    "find_stage_folders",
    "story_text",
]

LONGEST = 3600.0  # seconds
DEFAULT_SAMPLING = Sampling()


class TextToMotion:
    """Tokenizer, base and refine transformer and the text encoder they were trained with."""

    def __init__(
        self,
        tokenizer: PGTokenizer,
        base: BaseTransformer,
        refine: RefineTransformer | None,
        text_encoder: TextEncoder,
        matcher: TextMotionMatcher | None = None,
    ) -> None:
        self.tokenizer, self.base, self.refine, self.text_encoder = tokenizer, base, refine, text_encoder
        self.matcher = matcher
        self.device = next(tokenizer.parameters()).device
        self._looked_at: set[str] = set()  # sentences whose reading was checked
        transformers: list[BaseTransformer | RefineTransformer] = [base] if refine is None else [base, refine]
        models = [tokenizer, *transformers]
        require_same("pose frame", models, lambda info: info.pose_frame)
        require_same("feature width", models, lambda info: info.spec.layout.width)
        require_same("text encoder", transformers, lambda info: info.text_encoder)
        _require_text_encoder(text_encoder.name, base)
        require_text_tokens(base, refine)
        if refine is not None and refine.config.quantizers != tokenizer.quantizers:
            raise UserError(
                f"{refine.info.folder} predicts {refine.config.quantizers} residual stages, "
                f"the tokenizer {tokenizer.info.folder} has {tokenizer.quantizers}"
            )

    @classmethod
    def from_pretrained(
        cls,
        folder: str | Path,
        device: torch.device | str = "cpu",
        text_encoder: str | None = None,
        text_encoder_path: str | None = None,
        data_root: str | Path | None = None,
        folders: Mapping[str, str | Path | None] | None = None,
        precision: str = "float32",
    ) -> TextToMotion:
        """Load a set of checkpoints.

        Args:
            folder: a folder that holds the three stages' folders, or one stage's folder whose stored arguments or
                siblings lead to the others.
            device: where to run.
            text_encoder: "clip" or "minilm"; None: the one the models were trained with.
            text_encoder_path: local weights of the text encoder.
            data_root: data set whose Mean.npy and Std.npy to use when the tokenizer's folder has none.
            folders: stages ("tokenizer", "base", "refine") to take from elsewhere.
            precision: of the transformers' products: "float32", "bf16" or "auto", see `models.inference`.

        Raises:
            UserError: something is missing or doesn't fit; the message says what was looked for.
        """
        chosen = {stage: Path(path) for stage, path in (folders or {}).items() if path}
        places = chosen if {"tokenizer", "base"} <= set(chosen) else find_stage_folders(folder) | chosen
        tokenizer = load_tokenizer(places["tokenizer"], device)
        base = load_base_transformer(places["base"], device)
        refine = load_refine_transformer(places["refine"], device) if "refine" in places else None
        name = text_encoder or base.info.text_encoder
        if name is None:
            raise UserError(f"{base.info.folder}: says no text encoder; restore its arguments.yaml")
        _require_text_encoder(name, base)
        encoder = load_text_encoder(name, text_encoder_path, device=device)
        normaliser_of(tokenizer, data_root)
        base = for_inference(base, precision)
        refine = None if refine is None else for_inference(refine, precision)
        return cls(tokenizer, base, refine, encoder, TextMotionMatcher.beside(places["base"], tokenizer))

    @property
    def mean(self) -> np.ndarray:
        """Mean (D,) of the features."""
        return self.tokenizer.normaliser.mean

    @property
    def std(self) -> np.ndarray:
        """Standard deviation (D,) of the features."""
        return self.tokenizer.normaliser.std

    @property
    def fps(self) -> float:
        """Frames per second of generated motion."""
        return self.tokenizer.info.spec.fps

    @property
    def max_seconds(self) -> float:
        """Longest clip made at once; longer ones are continued, see `models.long_motion`."""
        return self._max_steps() * self.tokenizer.frames_per_step / self.fps

    def _max_steps(self) -> int:
        limit = self.tokenizer.info.spec.max_length // self.tokenizer.frames_per_step
        return min(limit, self.base.config.block_size - self.base.config.condition_tokens)

    def condition(self, texts: Sequence[str], keywords: KeywordSource = "none") -> torch.Tensor:
        """Condition tokens (B, 12 + N, C) of sentences, see `models.text_to_condition.condition_of`."""
        return condition_of(texts, self.text_encoder, self.base, keywords)

    def generate(
        self,
        text: str | Sequence[str],
        seconds: float | Sequence[float] | None = None,
        seed: int | Sequence[int] = 0,
        temperature: float | None = None,
        refine_temperature: float | None = None,
        use_residuals: bool = True,
        guidance: float | None = None,
        keywords: KeywordSource = "none",
        overlap: int | None = None,
        sampling: Sampling | None = None,
    ) -> MotionClip | list[MotionClip]:
        """Generate one clip per sentence.

        Args:
            text: one sentence or several.
            seconds: length of each clip, exact to the frame, up to an hour; None lets the model choose.
            seed: sentence i draws from seed + i, or from the i-th of several seeds, whatever else is in the call.
            temperature: of the pose codes; 0 takes the most probable; None: the model's own.
            refine_temperature: of the residual codes; None: that of the pose codes where one is said, else the model's own.
            use_residuals: False decodes the pose codes alone.
            guidance: above 1, follow the text more closely (classifier-free guidance); 1: off; None: the model's own.
            keywords: for models trained with them: "none", "rules" or a function, see `condition`.
            overlap: of clips longer than `max_seconds`, steps that each window takes over from the one before;
                None: `models.sampling.OVERLAP`. More remembers better and follows the sentence less.
            sampling: all about how codes are drawn, in place of temperatures, use_residuals, guidance and overlap.

        Returns:
            A clip for a single sentence, else a list.

        Raises:
            UserError: empty sentence, or a length that makes no clip.
        """
        texts = [text] if isinstance(text, str) else list(text)
        values: list[float | None] = (
            list(seconds) if isinstance(seconds, Sequence) else [seconds] * len(texts)
        )
        if len(values) != len(texts):
            raise UserError(f"{len(values)} lengths for {len(texts)} sentences")
        stories = [[segment] for segment in zip(texts, values, strict=True)]
        return self.generate_sequence(
            stories[0] if isinstance(text, str) else stories,
            seed,
            temperature,
            refine_temperature,
            use_residuals,
            guidance,
            keywords,
            overlap,
            sampling,
        )

    def generate_sequence(
        self,
        segments: Sequence[Segment] | Sequence[Sequence[Segment]],
        seed: int | Sequence[int] = 0,
        temperature: float | None = None,
        refine_temperature: float | None = None,
        use_residuals: bool = True,
        guidance: float | None = None,
        keywords: KeywordSource = "none",
        overlap: int | None = None,
        sampling: Sampling | None = None,
    ) -> MotionClip | list[MotionClip]:
        """Generate a clip in which one sentence follows another without a seam.

            t2m.generate_sequence([("a person walks forward", 6), ("a person waves", 3.5)])

        Args:
            segments: sentences with their seconds (None: the model ends them, within `max_seconds`); or a list
                of such lists, one a clip. The clip's length is the sum, exact to the frame; a change of sentence
                falls on the nearest step.
            seed, temperature, refine_temperature, use_residuals, guidance, keywords, overlap, sampling: see
                `generate`.

        Returns:
            A clip, with `segments` where there are several, or for a list of lists a list.

        Raises:
            UserError: as `generate`.
        """
        if sampling is None:
            sampling = Sampling(
                temperature,
                refine_temperature,
                guidance=guidance,
                use_residuals=use_residuals,
                overlap=overlap,
            )
        single = bool(segments) and isinstance(segments[0][0] if segments[0] else None, str)
        stories = [list(cast(Sequence[Segment], story)) for story in ([segments] if single else segments)]
        clips = self.generate_stories(stories, seed, keywords, sampling)
        return clips[0] if single else clips

    def generate_stories(
        self,
        stories: Sequence[Sequence[Segment]],
        seed: int | Sequence[int] = 0,
        keywords: KeywordSource = "none",
        sampling: Sampling = DEFAULT_SAMPLING,
        progress: Progress | None = None,
    ) -> list[MotionClip]:
        """A clip for each story, a list of sentences with their seconds; see `generate_sequence` and `generate`.

        progress: told the share of the steps that are drawn, 0 to 1; what it raises ends the work.
        """
        frames = self.check_stories(stories)
        asked = sampling.candidates
        if asked is not None and sampling.tries is None:  # as many as somebody asked for, once
            sampling = replace(sampling, tries=1)
        sampling = sampling.with_own(self.base.info.sampling).within(self._max_steps())
        told = [
            [
                part
                for (text, _), count in zip(story, counts, strict=True)
                for part in (heard(text, count, self.fps) if sampling.divide else [(text, count)])
            ]
            for story, counts in zip(stories, frames, strict=True)
        ]
        seeds = [seed + row for row in range(len(stories))] if isinstance(seed, int) else list(seed)
        if len(seeds) != len(stories):
            raise UserError(f"{len(seeds)} seeds for {len(stories)} motions")
        count = candidate_count(
            asked, sampling.candidates, self.matcher, self._longest(frames), self.base.info.folder.parent
        )
        counts = counts_of([[text for text, _ in story] for story in told], count, asked)
        progress = progress and never_back(progress)
        draw = partial(self._drawn, keywords=keywords, sampling=sampling, progress=progress)
        clips = draw(told, seeds, counts)
        if count > 1:
            clips = with_tries(clips, told, seeds, counts, sampling.tries or 1, draw)
        mends = count > 1 and sampling.tries != 1
        if mends:
            clips = other_way_round(clips, told, partial(mirrored_clip, self.tokenizer))
        clips = [self._obeying(clip, sampling) for clip in clips]
        if mends:  # behind obeying, which would undo it
            clips = [turned_as_said(clip, parts) for clip, parts in zip(clips, told, strict=True)]
        return [replace(clip, text=story_text(story)) for clip, story in zip(clips, stories, strict=True)]

    def _drawn(
        self,
        told: Sequence[Told],
        seeds: Sequence[int],
        counts: Sequence[int],
        first: int = 0,
        *,
        keywords: KeywordSource,
        sampling: Sampling,
        progress: Progress | None,
    ) -> list[MotionClip]:
        """The best of as many motions of each story's parts as are counted; first: the number of the first one's stream."""
        conditions = iter(self.condition([text for story in told for text, _ in story], keywords))
        parts = [[Part(next(conditions), count, text) for text, count in story] for story in told]
        models = LongMotion(self.tokenizer, self.base, self.refine, self._max_steps())
        drawn = models.generate(
            [story for story, number in zip(parts, counts, strict=True) for _ in range(number)],
            candidate_streams(seeds, counts, first),
            sampling,
            progress,
            counts,
            None if self.matcher is None else self.matcher.best_so_far,
        )
        return best_of_each(drawn, counts, self.matcher)

    def _obeying(self, clip: MotionClip, sampling: Sampling) -> MotionClip:
        """A clip whose motion obeys its pose codes as far as `sampling` asks for, whatever is made beside it."""
        windows_blended = clip.pose_frame == "world" and len(clip.pose_codes) > self._max_steps()
        if not sampling.obey or windows_blended:  # these are no motion that the codes decode to
            return clip
        return obeying_clip(self.tokenizer, clip, sampling.obey)

    def go_on(
        self,
        before: tuple[np.ndarray, np.ndarray | None],
        text: str,
        seconds: float | None = None,
        seed: int = 0,
        sampling: Sampling | None = None,
    ) -> MotionClip:
        """Generate what comes next, under a sentence, after pose codes (L, 70) and residual codes (L, Q) or None.

        The clip begins with what these codes decode to, then lasts `seconds` more (None: until the model ends it).
        Raises UserError as `generate`.
        """
        [[frames]] = self.check_stories([[(text, seconds)]])
        sampling = (sampling or Sampling()).with_own(self.base.info.sampling)
        text = said_plainly(text) if sampling.divide else text
        part = Part(self.condition([text])[0], frames, text)
        models = LongMotion(self.tokenizer, self.base, self.refine, self._max_steps())
        pose_codes = torch.as_tensor(before[0], device=self.device)
        residual = None
        if self.refine is not None and sampling.use_residuals and before[1] is not None:
            residual = torch.as_tensor(before[1], device=self.device).long()
        sampling = replace(sampling, use_residuals=residual is not None)
        return models.go_on((pose_codes, residual), part, make_generator(seed), sampling)

    def check_stories(self, stories: Sequence[Sequence[Segment]]) -> list[list[int | None]]:
        """Lengths in frames of stories' sentences, before any work is done for them.

        UserError for sentences and lengths that make no clip. One warning tells of sentences that the text encoder
        does not read as they stand; each is looked at once.
        """
        sentences = [text for story in stories for text, _ in story]
        if not all(stories) or not sentences or any(not sentence.strip() for sentence in sentences):
            raise UserError('empty sentence: say what the person does, for example "a person walks forward"')
        frames = [[self._frames(seconds) for _, seconds in story] for story in stories]
        if (longest := self._longest(frames)) > LONGEST:
            raise UserError(f"a sequence of {longest:g} seconds: clips last at most {LONGEST:g} seconds")
        new = [text for text in dict.fromkeys(sentences) if text not in self._looked_at]
        self._looked_at.update(new)
        unread = [(text, why) for text in new if (why := self.text_encoder.unread(text))]
        if unread:
            text, why = unread[0]
            many = "1 sentence is" if len(unread) == 1 else f"{len(unread)} sentences are"
            first = "" if len(unread) == 1 else "the first is "
            warn(
                f"{many} not read as written by the text encoder {self.text_encoder.name}: "
                f'{first}"{one_line(text, 60)}" ({why})'
            )
        return frames

    @torch.no_grad()
    def without_residuals(self, clips: Sequence[MotionClip]) -> list[MotionClip]:
        """The same pose codes decoded alone, to see what the residual codes add."""
        out = []
        for clip in clips:
            codes = torch.from_numpy(clip.pose_codes).to(self.device)[None]
            steps = torch.tensor([codes.shape[1]], device=self.device)
            motion = decode_long(self.tokenizer, codes, None, steps)[0].cpu().numpy()
            features = self.tokenizer.normaliser.restore(motion[: len(clip.features)])
            out.append(clip.with_motion(features, residual_codes=None))
        return out

    def _longest(self, frames: Sequence[Sequence[int | None]]) -> float:
        """Seconds of the longest story, as far as they are known."""
        return max(sum(count or 0 for count in counts) for counts in frames) / self.fps

    def _frames(self, seconds: float | None) -> int | None:
        """Length in frames; UserError where no clip can have it."""
        if seconds is None:
            return None
        shortest = self.tokenizer.frames_per_step / self.fps
        if not shortest <= seconds <= LONGEST:
            raise UserError(f"{seconds:g} seconds: clips last from {shortest:g} to {LONGEST:g} seconds")
        return max(round(seconds * self.fps), self.tokenizer.frames_per_step)


def _require_text_encoder(name: str, base: BaseTransformer) -> None:
    if name != base.info.text_encoder:
        raise UserError(
            f"{base.info.folder} was trained with text encoder {base.info.text_encoder}, "
            f"not {name}; use --text-encoder {base.info.text_encoder}"
        )


def feature_statistics_of(
    tokenizer: PGTokenizer, data_root: str | Path | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (D,) that a tokenizer was trained with, see `models.build.normaliser_of`."""
    normaliser = normaliser_of(tokenizer, data_root)
    return normaliser.mean, normaliser.std
