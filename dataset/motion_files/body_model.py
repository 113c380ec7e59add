"""Files of SMPL, SMPL+H and SMPL-X, which each user has to get: found in their usual places, read without smplx.

Both forms are read: npz, and the pickles of SMPL and SMPL+H (nothing in them is run; see `dataset.safe_pickle`).
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from dataset.safe_pickle import load_model_pickle
from utils.runtime import UserError

KINDS = ("smplx", "smplh", "smpl")
GENDERS = ("neutral", "male", "female")
SUFFIXES = (".npz", ".pkl")


def find_model(folder: str | Path, kind: str, gender: str) -> Path | None:
    """A model's file in any usual layout, npz first; `folder` may be the file itself. None where there is none.

    smplh/male/model.npz, male/model.npz, smplx/SMPLX_MALE.npz, SMPLH_male.pkl, basicmodel_m_lbs_10_207_0_v1.1.0.pkl
    and so on, whatever the case of the names.
    """
    folder = Path(folder)
    if folder.is_file():
        return folder
    if not folder.is_dir():
        return None
    places = [f"{kind}/{gender}/model", f"{gender}/model", f"{kind}/{kind}_{gender}", f"{kind}_{gender}"]
    files: dict[str, Path] = {}
    for path in sorted(p for depth in ("*", "*/*", "*/*/*") for p in folder.glob(depth)):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            files.setdefault(path.relative_to(folder).as_posix().lower(), path)
    for suffix in SUFFIXES:
        for place in places:
            if f"{place}{suffix}" in files:
                return files[f"{place}{suffix}"]
    if kind != "smpl":
        return None
    letters = {"neutral": ("neutral",), "male": ("m_", "male"), "female": ("f_", "female")}[gender]
    starts = tuple(f"basicmodel_{letter}" for letter in letters)
    return next((path for name, path in files.items() if Path(name).name.startswith(starts)), None)


def read_model(path: str | Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The arrays called `names` of a model file. UserError where it is missing, damaged or something else."""
    path = Path(path)
    if not path.is_file():
        raise UserError(
            f"{path}: no such file; get SMPL-X, SMPL+H or SMPL from its website after registering there"
        )
    if path.suffix.lower() == ".pkl":
        held = load_model_pickle(path)
    else:
        try:
            with np.load(path, allow_pickle=False) as data:
                held = {name: data[name] for name in names if name in data}
        except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
            raise UserError(f"{path}: no body model, or damaged ({error}); get it again") from error
    missing = [name for name in names if not isinstance(held.get(name), np.ndarray)]
    if missing:
        raise UserError(f"{path}: no body model: it lacks {', '.join(missing)}")
    wrong = [
        name for name in names if held[name].dtype.kind not in "fiu" or not np.isfinite(held[name]).all()
    ]
    if wrong:
        raise UserError(f"{path}: damaged: {', '.join(wrong)} holds no finite numbers; get it again")
    return {name: held[name] for name in names}
