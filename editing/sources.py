"""Clips to edit: generated ones (npz), clips of a data set, and motion files of others."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from dataset.clip_npz import DAMAGED, FARTHEST
from dataset.features import extract_features, recover_joints
from dataset.motion_clip import MotionClip
from dataset.motion_files import MOTION_SUFFIXES, BadMotion
from dataset.motion_files.load import ConvertOptions, load_take
from dataset.motion_files.quality import take_warnings
from dataset.motion_files.to_training import leg_length
from dataset.npy_files import read_npy
from editing.decode import Codec
from editing.edit import SOURCES
from editing.reconstruction import Reconstruction
from utils.runtime import UserError, warn
from utils.skeleton import T2M_SKELETON
from utils.texts import read_text

ENDINGS = MOTION_SUFFIXES
LEGS = (0.3, 1.6)  # metres, of people: other joints are not in metres


def load_clip(
    source: str | Path, codec: Codec, data_root: str | Path | None = None, keep: str = "clip"
) -> MotionClip:
    """A clip from a file or of the data set.

    source: `.npz` of `MotionClip.save`; `.npy` of joints (T, 22, 3) in metres or features (T, 263); any other file
    that `dataset.motion_files` reads; or the id of a clip in `data_root` (None: the tokenizer's data set). Files with
    motion only are encoded; what the import of a folder would drop them for is a warning.
    keep: what becomes the joints of a clip that has to be encoded. "clip" ("original" is an older word for it): the
    file's own, where they stand and with their own bones (a file's last frame only serves for velocities);
    "reconstruction": what the codes decode to.
    Raises UserError for files that are missing, damaged, too short or of another body.
    """
    if keep not in SOURCES:
        raise UserError(f"--source {keep}: use one of {', '.join(SOURCES)}")
    path = Path(source)
    if path.suffix.lower() == ".npz" and not _is_motion_only(path):
        return MotionClip.load(path, codec.spec, codec.shape)
    if path.suffix.lower() in ENDINGS:
        if not path.is_file():
            raise UserError(f"{path}: no such file; give a motion file or the id of a clip")
        found = _read_npy(path, codec) if path.suffix.lower() == ".npy" else _import(path, codec)
        if found.shape[1:] == (codec.spec.joints, 3):
            return clip_of(extract_features(found, codec.spec), codec, path.stem, keep, _sized(found, path))
        return clip_of(found, codec, path.stem, keep)
    root = Path(data_root or codec.spec.folder)
    file = root / "new_joint_vecs" / f"{source}.npy"
    if not file.is_file():
        raise UserError(
            f"--motion {source}: neither a file ({', '.join(ENDINGS)}) nor a clip of {root}; "
            "give a path, or an id from its test.txt"
        )
    return clip_of(_features(file, codec), codec, _caption(root, str(source)), keep)


def clip_of(
    features: np.ndarray,
    codec: Codec,
    text: str = "",
    keep: str = "clip",
    joints: np.ndarray | None = None,
) -> MotionClip:
    """Encode features (T, D) into a clip of as many frames; see `load_clip`.

    joints: (>= T, 22, 3) metres that the features were made of, wherever they stand; None: those of the features.
    """
    if len(features) < codec.stride:
        raise UserError(f"the motion has {len(features)} frames, at least {codec.stride} are needed")
    features = np.asarray(features, np.float32)
    recovered = recover_joints(features)
    pose_codes = codec.parse(recovered)[:: codec.stride]
    residual = codec.encode(features, pose_codes, search=True)
    clip = MotionClip(
        text=text,
        features=features,
        joints=recovered if joints is None else np.asarray(joints[: len(features)], np.float32),
        pose_codes=pose_codes,
        residual_codes=residual,
        fps=codec.spec.fps,
        pose_frame=codec.frame,
    )
    return reconstructed(clip, codec) if keep == "reconstruction" else clip


def reconstructed(clip: MotionClip, codec: Codec) -> Reconstruction:
    """What a clip's codes decode to, as a clip."""
    decoded = codec.decode(clip.pose_codes, clip.residual_codes, len(clip.features))
    return Reconstruction(**vars(clip.with_motion(decoded)), encoded=clip.features)


def _array(path: Path) -> np.ndarray:
    try:
        array = read_npy(path)
    except DAMAGED as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: not a readable array ({reason})") from error
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise UserError(f"{path}: holds NaN, infinity or something else than numbers: repair the clip")
    if not array.size or np.abs(array).max() > FARTHEST:
        raise UserError(f"{path}: is empty, or lies beyond {FARTHEST:g} metres: no motion of a person")
    return np.array(array, np.float32 if array.dtype.itemsize < 8 else np.float64)


def _features(path: Path, codec: Codec) -> np.ndarray:
    """Features (T, D) of a data set's clip."""
    array = _array(path)
    if array.ndim != 2 or array.shape[1] != codec.spec.layout.width:
        raise UserError(f"{path}: has shape {array.shape}, expected (frames, {codec.spec.layout.width})")
    return array


def _sized(joints: np.ndarray, path: Path) -> np.ndarray | None:
    """Joints (T, 22, 3) of somebody's size, else None: the training skeleton's size is taken instead."""
    leg = leg_length(joints)
    if LEGS[0] < leg < LEGS[1]:
        return joints
    warn(f"{path}: legs of {leg:.3g} m are nobody's; the motion is taken on the training skeleton")
    return None


def _read_npy(path: Path, codec: Codec) -> np.ndarray:
    """Features (T, D) or joints in metres (T, 22, 3) of a file, or of whatever else the importer reads."""
    try:
        shape = np.load(path, mmap_mode="r", allow_pickle=False).shape
    except DAMAGED:
        return _import(path, codec)  # pickled, or damaged: the importer tells
    if len(shape) == 2 and shape[1] == codec.spec.layout.width:
        return _array(path)
    if len(shape) != 3 or shape[1:] != (codec.spec.joints, 3):
        return _import(path, codec)
    joints = _array(path)
    if codec.spec.skeleton is T2M_SKELETON:
        _warn(path, take_warnings(joints))
    return joints


def _import(path: Path, codec: Codec) -> np.ndarray:
    """Joints (T, 22, 3) of a motion file of others, through the importer of data sets and its checks."""
    try:
        take = load_take(path, ConvertOptions(), codec.spec.fps)
    except BadMotion as problem:
        raise UserError(f"{problem}; see also dataset/prepare/import_motion.py --convert") from problem
    _warn(path, [*take.warnings, *take_warnings(take.joints)])
    return take.joints


def _warn(path: Path, lines: list[str]) -> None:
    for line in lines:
        warn(f"{path}: {line}")


def _is_motion_only(path: Path) -> bool:
    """Whether an .npz is a motion file of others: without the pose codes that a clip of ours has."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
    return bool(names) and not {"pose_codes.npy", "text.npy"} & set(names)


def _caption(root: Path, name: str) -> str:
    """First caption of a clip, or its id."""
    try:
        return read_text(root / "texts" / f"{name}.txt").split("#", 1)[0].strip() or name
    except UserError:
        return name
