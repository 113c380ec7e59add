"""The mean and standard deviation that normalise features: read, and checked against the features themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dataset.npy_files import read_npy
from utils.runtime import UserError, warn

LARGEST = 1e4  # metres, radians, or KIT-ML's millimetres: no feature's mean or deviation lies beyond
MOST_CONSTANT = 0.25  # share of features that may never change
BLOCKS, BLOCK = 64, 64  # frames looked at: so many stretches of so many
CONSTANT = 1e-6  # deviation of a feature that does not vary
ABSURD = 100.0  # root mean square of normalised features that no training survives
TRAINED = ("train", "train_val", "all")  # splits that statistics are made of
FAR = 4.0  # factor by which normalised features may miss mean 0 and deviation 1


def read_statistics(
    mean_path: Path, std_path: Path, width: int | None, remedy: str
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation, (width,) float32 each; the deviation of a constant feature may be 0.

    width: None: whatever both files have. remedy: ends the error's line. UserError for what is missing, damaged, not
    finite or beyond any motion, and for a deviation that is negative.
    """
    mean = _read(mean_path, width, remedy)
    std = _read(std_path, len(mean), remedy)
    negative = np.flatnonzero(std < 0)
    if len(negative):
        raise UserError(
            f"{std_path} is negative at {len(negative)} features (the first: {negative[0]}), a deviation can't be; are "
            f"{mean_path.name} and {std_path.name} exchanged? {remedy}"
        )
    zeros = int((std == 0).sum())
    if zeros > MOST_CONSTANT * len(std):
        raise UserError(f"{std_path} is 0 for {zeros} of {len(std)} features: {remedy}")
    return mean, std


def divisor(std: np.ndarray) -> np.ndarray:
    """The deviation to divide by: a feature that never changes (std 0) is divided by one."""
    return np.where(std > 0, std, np.float32(1))


def _read(path: Path, width: int | None, remedy: str) -> np.ndarray:
    try:
        values = read_npy(path)
    except FileNotFoundError:
        raise UserError(f"{path} is missing: {remedy}") from None
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} is damaged ({' '.join(str(error).split())}): {remedy}") from error
    shaped = values.ndim == 1 and len(values) and width in (None, len(values))
    if not shaped or values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        wanted = "a row of" if width is None else width
        raise UserError(
            f"{path}: shape {values.shape} of {values.dtype}, but {path.name} must hold {wanted} finite numbers: {remedy}"
        )
    if np.abs(values).max() > LARGEST:
        raise UserError(f"{path} holds {values[np.abs(values).argmax()]:g}, beyond any motion: {remedy}")
    return values.astype(np.float32)


def check_normalisation(
    features: np.ndarray, mean: np.ndarray, std: np.ndarray, root: Path, split: str
) -> None:
    """Compare the statistics of a data set with its features (F, D), not normalised, at a few thousand frames.

    UserError where normalising by them can't be meant: features that become huge, or that are normalised already. A
    warning where they become far from mean 0 and deviation 1.
    """
    starts = np.unique(np.linspace(0, max(len(features) - BLOCK, 0), BLOCKS).astype(np.int64))
    sample = np.concatenate([features[start : start + BLOCK] for start in starts]).astype(np.float64)
    own_mean, own_std = sample.mean(0), sample.std(0)
    varying = own_std > CONSTANT
    if varying.sum() < 2:
        return  # nothing that could tell
    unset = int((varying & (std == 0)).sum())
    if unset:
        warn(f"{root}/Std.npy is 0 for {unset} features that vary: they are not scaled; make it again")
    offset = ((own_mean - mean) / divisor(std))[varying]
    ratio = (own_std / divisor(std))[varying]
    size = float(np.sqrt(np.mean(offset**2 + ratio**2)))
    typical, shift = float(np.median(ratio)), float(np.median(np.abs(offset)))
    found = (
        f"features of {root} ({split}) normalised by its Mean.npy and Std.npy have deviation {typical:.3g} and offset "
        f"{shift:.3g} (medians; 1 and 0 expected)"
    )
    if typical > FAR and 0.5 < np.median(own_std[varying]) < 2 and np.median(np.abs(own_mean)) < 0.3:
        raise UserError(
            f"{found}: new_joint_vecs is normalised already; it must hold features as they are measured"
        )
    if size > ABSURD:
        raise UserError(f"{found} and root mean square {size:.3g}: the files are of other data or damaged")
    # A few clips of a small split may well move less than the data that the statistics are of.
    if split in TRAINED and (not 1 / FAR < typical < FAR or shift > FAR):
        warn(f"{found}: are they of this data set?")
