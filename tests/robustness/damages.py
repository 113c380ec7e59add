"""Ways in which a file can be bad. Each takes a path of a sound file and spoils it in place."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

Damage = Callable[[Path], None]
PLANTED = "PLANTED"  # a file that appears when a planted pickle runs


class Planted:
    """A pickle that runs a command when it is opened carelessly."""

    def __reduce__(self) -> tuple:
        return os.system, (f"touch {PLANTED}",)


# --------------------------------------------------------------------------------------------- any file
def missing(path: Path) -> None:
    path.unlink()


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def circle(path: Path) -> None:
    """A link to itself."""
    path.unlink()
    path.symlink_to(path.name)


def rewrite(change: Callable[[bytes], bytes]) -> Damage:
    """A damage that changes a file's bytes."""

    def damage(path: Path) -> None:
        content = change(path.read_bytes())
        path.unlink()  # not through the name: it may be a second link to the sound file
        path.write_bytes(content)

    return damage


def noise(content: bytes) -> bytes:
    return np.random.default_rng(0).integers(0, 256, max(len(content), 64), dtype=np.uint8).tobytes()


ANY: dict[str, Damage] = {
    "missing": missing,
    "a folder": folder_instead,
    "a circle of links": circle,
    "empty": rewrite(lambda content: b""),
    "half": rewrite(lambda content: content[: len(content) // 2]),
    "noise": rewrite(noise),
    "zeros": rewrite(lambda content: bytes(len(content))),
    "a web page": rewrite(lambda content: b"<!DOCTYPE html><html><body>404</body></html>\n"),
}

# ------------------------------------------------------------------------------------------------- text
TEXT: dict[str, Damage] = ANY | {
    "utf-16": rewrite(lambda content: content.decode().encode("utf-16")),
    "nul bytes": rewrite(lambda content: content[:9] + b"\0\0\0" + content[9:]),
    "bad utf-8": rewrite(lambda content: b"\xff\xfe\xfa" + content[3:]),
    "blank lines only": rewrite(lambda content: b"\n \n\t\n"),
}
# What programs write that is nobody's fault: these must work.
TEXT_FINE: dict[str, Damage] = {
    "byte order mark": rewrite(lambda content: b"\xef\xbb\xbf" + content),
    "windows line ends": rewrite(lambda content: content.replace(b"\n", b"\r\n")),
    "no last line end": rewrite(lambda content: content.rstrip(b"\n")),
    "blank lines between": rewrite(lambda content: content.replace(b"\n", b"\n\n")),
}


def lines(change: Callable[[list[str]], list[str]]) -> Damage:
    """A damage of a text file's lines."""
    return rewrite(lambda content: ("\n".join(change(content.decode().splitlines())) + "\n").encode())


def text(change: Callable[[str], str]) -> Damage:
    """A damage of a text file as one string."""
    return rewrite(lambda content: change(content.decode()).encode())


DEEP = 20_000
YAML: dict[str, Damage] = {
    name: TEXT[name]
    for name in (
        "missing",
        "a folder",
        "a circle of links",
        "noise",
        "zeros",
        "utf-16",
        "bad utf-8",
        "a web page",
    )
} | {
    "deep": rewrite(lambda content: b"[" * DEEP),
    "a list": rewrite(lambda content: b"- 1\n- 2\n"),
    "a number": rewrite(lambda content: b"7\n"),
    "unclosed": rewrite(lambda content: b"{a: [1, 2\n"),
    "tabs": rewrite(lambda content: b"a:\n\t- b: c\n"),
    "python object": rewrite(
        lambda content: f"a: !!python/object/apply:os.system ['touch {PLANTED}']\n".encode()
    ),
    "unknown keys": rewrite(lambda content: b"frobnicate: 7\nquux: {x: 1}\n"),
    "references without end": rewrite(
        lambda content: (
            b"a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + b"".join(
                b"%c: &%c [%s]\n" % (98 + k, 98 + k, b", ".join([b"*%c" % (97 + k)] * 10)) for k in range(8)
            )
        )
    ),
}


def setting(**values: Any) -> Damage:
    """A damage of a YAML file: keys take other values."""

    def damage(path: Path) -> None:
        content = yaml.safe_load(path.read_text()) | values
        path.unlink()
        path.write_text(json.dumps(content))

    return damage


# ---------------------------------------------------------------------------------------------- npy, npz
def array(change: Callable[[np.ndarray], Any]) -> Damage:
    """A damage of a .npy file's array."""

    def damage(path: Path) -> None:
        values = change(np.load(path, allow_pickle=True))
        path.unlink()
        np.save(path, values, allow_pickle=True)

    return damage


def arrays(**changes: Callable[[np.ndarray], Any] | None) -> Damage:
    """A damage of some arrays of a .npz file; None takes an array out."""

    def damage(path: Path) -> None:
        with np.load(path, allow_pickle=True) as held:
            values = dict(held)
        for name, change in changes.items():
            value = values.pop(name)
            if change is not None:
                values[name] = change(value)
        path.unlink()
        np.savez(path, **values)

    return damage


def _with(value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(values: np.ndarray) -> np.ndarray:
        values = np.array(values, float)
        values.reshape(-1)[values.size // 2] = value
        return values

    return change


def lying_header(content: bytes) -> bytes:
    """A .npy header that announces far more than follows."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 263)}
    )
    return head.getvalue() + content[128:]


def planted_array(values: np.ndarray) -> np.ndarray:
    held = np.empty(1, dtype=object)
    held[0] = Planted()
    return held


VALUES: dict[str, Callable[[np.ndarray], Any]] = {
    "NaN": _with(np.nan),
    "infinity": _with(np.inf),
    "of text": lambda values: np.array(["a", "b"]),
    "complex": lambda values: values.astype(complex) + 1j,
    "of dates": lambda values: np.zeros(values.shape, "datetime64[s]"),
    "a record": lambda values: np.zeros(values.shape, [("x", "f4"), ("y", "i4")]),
    "a scalar": lambda values: np.array(1.0),
    "without rows": lambda values: np.atleast_1d(values)[:0],
    "one dimension more": lambda values: values[None, None],
    "one column short": lambda values: np.atleast_1d(values)[..., :-1],
    "objects": lambda values: np.array([None, "x"], dtype=object),
    "a planted pickle": planted_array,
}
NPY: dict[str, Damage] = (
    {
        name: ANY[name]
        for name in ("a folder", "empty", "half", "noise", "zeros", "a web page", "a circle of links")
    }
    | {name: array(change) for name, change in VALUES.items()}
    | {"a lying header": rewrite(lying_header)}
)


def flip_one_byte(content: bytes) -> bytes:
    """Another byte in the middle of the largest member's data, as a bad disk or connection leaves it."""
    held = zipfile.ZipFile(io.BytesIO(content))
    member = max(held.infolist(), key=lambda entry: entry.compress_size)
    place = member.header_offset + 30 + len(member.filename) + member.compress_size // 2
    return content[:place] + bytes([content[place] ^ 0x40]) + content[place + 1 :]


ZIPPED: dict[str, Damage] = {
    name: ANY[name]
    for name in ("a folder", "empty", "half", "noise", "zeros", "a web page", "a circle of links")
} | {"one byte flipped": rewrite(flip_one_byte)}


# -------------------------------------------------------------------------------------------------- pth
def weights(change: Callable[[dict], Any]) -> Damage:
    """A damage of a checkpoint's content."""

    def damage(path: Path) -> None:
        content = torch.load(path, weights_only=True)
        changed = change(content)
        path.unlink()
        torch.save(content if changed is None else changed, path)

    return damage


def _model(content: dict) -> dict:
    return next(content[key] for key in ("net", "trans", "r_trans") if key in content)


def _largest(content: dict) -> str:
    state = _model(content)
    return max(
        (name for name in state if state[name].is_floating_point()), key=lambda name: state[name].numel()
    )


def _each(value: Callable[[torch.Tensor], Any]) -> Damage:
    def change(content: dict) -> None:
        name = _largest(content)
        _model(content)[name] = value(_model(content)[name])

    return weights(change)


def _put(number: float) -> Callable[[torch.Tensor], torch.Tensor]:
    def change(tensor: torch.Tensor) -> torch.Tensor:
        tensor = tensor.clone()
        tensor.view(-1)[tensor.numel() // 2] = number
        return tensor

    return change


def _without_one(content: dict) -> None:
    del _model(content)[_largest(content)]


def planted_checkpoint(path: Path) -> None:
    path.unlink()
    path.write_bytes(pickle.dumps({"net": Planted(), "trans": Planted(), "r_trans": Planted()}))


def planted_zip(path: Path) -> None:
    path.unlink()
    torch.save({"net": Planted(), "trans": Planted(), "r_trans": Planted()}, path)


PTH: dict[str, Damage] = ZIPPED | {
    "NaN in a weight": _each(_put(float("nan"))),
    "infinity in a weight": _each(_put(float("inf"))),
    "a weight of text": _each(lambda tensor: "weight"),
    "a weight of None": _each(lambda tensor: None),
    "a complex weight": _each(lambda tensor: tensor.to(torch.complex64)),
    "a sparse weight": _each(lambda tensor: tensor.to_sparse()),
    "a weight of another shape": _each(lambda tensor: tensor[:1]),
    "a weight missing": weights(_without_one),
    "a weight too many": weights(lambda content: _model(content).update(extra=torch.zeros(3))),
    "weights under a number": weights(lambda content: _model(content).update({7: torch.zeros(3)})),
    "no model": weights(lambda content: {"optimizer": {}}),
    "a list": weights(lambda content: [1, 2]),
    "a tensor": weights(lambda content: torch.zeros(3)),
    "the model a list": weights(lambda content: dict.fromkeys(("net", "trans", "r_trans"), [1, 2])),
    "another model's": weights(lambda content: {"evaluator": {}, "nb_iter": 1}),
    "a planted pickle": planted_checkpoint,
    "a planted zip": planted_zip,
}
PTH_EITHER: dict[str, Damage] = {  # nothing that the weights need: may be ignored or refused
    "iteration a text": weights(lambda content: content | {"nb_iter": "many"}),
    "iteration negative": weights(lambda content: content | {"nb_iter": -5}),
    "iteration None": weights(lambda content: content | {"nb_iter": None}),
    "no iteration": weights(
        lambda content: {key: value for key, value in content.items() if key != "nb_iter"}
    ),
}


def replace_folder(change: Callable[[Path], None]) -> Damage:
    """A damage of a whole folder."""
    return change


FOLDER: dict[str, Damage] = {
    "missing": shutil.rmtree,
    "empty": lambda path: (shutil.rmtree(path), path.mkdir()),
    "a file": lambda path: (shutil.rmtree(path), path.write_text("x")),
}
