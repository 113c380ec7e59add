"""What held already and must stay: planted code, archives that climb, names that inject, the user's own files."""

from __future__ import annotations

import io
import pickle
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from .damages import Planted
from .judge import EITHER, REFUSED, WORKS
from .play import Case

BIG = 3 << 30  # bytes that an archive says it holds


def _zip(entries: Callable[[zipfile.ZipFile], object]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.unlink()
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            entries(archive)

    return damage


def _tar(*members: tuple[str, bytes | None, dict]) -> Callable[[Path], None]:
    """A tar.gz of these members: name, content, and what else is set (`type`, `linkname`, `size`)."""

    def damage(path: Path) -> None:
        path.unlink()
        with tarfile.open(path, "w:gz") as archive:
            for name, content, more in members:
                entry = tarfile.TarInfo(name)
                entry.size = len(content or b"")
                for key, value in more.items():
                    setattr(entry, key, value)
                archive.addfile(entry, io.BytesIO(content or b""))

    return damage


def _link(archive: zipfile.ZipFile) -> None:
    entry = zipfile.ZipInfo("glove/our_vab_data.npy")
    entry.external_attr = 0o120777 << 16
    archive.writestr(entry, "/etc/passwd")


def _bomb(archive: zipfile.ZipFile) -> None:
    chunk = bytes(1 << 20)
    with archive.open("glove/our_vab_data.npy", "w", force_zip64=True) as file:
        for _ in range(BIG >> 20):
            file.write(chunk)


MARK = "glove/our_vab_data.npy"
CLIMBING = (
    "../escaped",
    "/tmp/escaped-robustness",
    "glove/../../escaped",
    "..\\escaped",
    "C:\\escaped",
    "\\\\host\\escaped",
)
ZIPS = {
    f"a name {name!r}": _zip(
        lambda archive, name=name: (archive.writestr(MARK, "x"), archive.writestr(name, "x"))
    )
    for name in CLIMBING
} | {
    "a link": _zip(_link),
    "a bomb": _zip(_bomb),
    "a name too long": _zip(
        lambda archive: (archive.writestr(MARK, "x"), archive.writestr("glove/" + "x" * 300, "x"))
    ),
    "a path too deep": _zip(
        lambda archive: (archive.writestr(MARK, "x"), archive.writestr("glove/" + "d/" * 3000 + "x", "x"))
    ),
    "a file that is a folder too": _zip(
        lambda archive: (archive.writestr(MARK, "x"), archive.writestr(MARK + "/y", "x"))
    ),
    "a folder that is a file too": _zip(
        lambda archive: (archive.writestr(MARK + "/y", "x"), archive.writestr(MARK, "x"))
    ),
    "nothing": _zip(lambda archive: None),
    "other files": _zip(lambda archive: archive.writestr("readme.txt", "x")),
    "a name of nul": _zip(lambda archive: (archive.writestr(MARK, "x"), archive.writestr("glove/a\0b", "x"))),
}
TARS = {f"a name {name!r}": _tar((MARK, b"x", {}), (name, b"x", {})) for name in CLIMBING[:3]} | {
    "a link": _tar((MARK, None, {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"})),
    "a hard link": _tar((MARK, None, {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"})),
    "a device": _tar((MARK, None, {"type": tarfile.CHRTYPE})),
    "a pipe": _tar((MARK, None, {"type": tarfile.FIFOTYPE})),
    "a name too long": _tar((MARK, b"x", {}), ("glove/" + "x" * 300, b"x", {})),
    "a file that is a folder too": _tar((MARK, b"x", {}), (MARK + "/y", b"x", {})),
    "other files": _tar(("readme.txt", b"x", {})),
}


def _object_array(path: Path) -> None:
    path.unlink()
    held = np.empty(1, dtype=object)
    held[0] = Planted()
    np.save(path, held, allow_pickle=True)


def _pickle(path: Path) -> None:
    path.unlink()
    path.write_bytes(pickle.dumps(Planted()))


PLANTED_IN = {
    "glove/our_vab_words.pkl": ("train_evaluator",),
    "glove/our_vab_idx.pkl": ("train_evaluator",),
    "evaluators/toy/text_mot_match/model/finest.tar": ("eval_tokenizer", "train_base"),
    "data/Mean.npy": ("train_tokenizer", "train_base"),
    "data/new_joint_vecs/000003.npy": ("train_tokenizer", "edit_by_id"),
    "data/codes_heading/000003.npy": ("train_base",),
    "data/keywords/000000.npy": ("make_keywords",),
    "data/new_joints/000003.npy": ("parse_motion",),
    "motion/joints.npy": ("convert_npy", "edit_joints"),
    "encoder/model.safetensors": ("generate",),
}  # fmt: skip


def promise_cases() -> Iterator[Case]:
    """All of them."""
    for what, damage in ZIPS.items():
        yield Case(
            "archive",
            "install_zip",
            what,
            "archives/glove.zip",
            damage,
            says=("glove.zip",),
            ends=EITHER if "nul" in what else REFUSED,
        )
    for what, damage in TARS.items():
        yield Case("archive", "install_tar", what, "archives/glove.tar.gz", damage, says=("glove.tar.gz",))
    for place, commands in PLANTED_IN.items():
        for command in commands:
            for what, damage in (("a pickle", _pickle), ("a pickle in an array", _object_array)):
                yield Case("planted", command, what, place, damage, ends=EITHER)
    yield from injections()
    yield from own_files()


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><b>",
    "{{7*7}} ${x} `id`",
    "../../etc/passwd",
)


def injections() -> Iterator[Case]:
    """Sentences that would be markup or paths: they stay text."""
    for sentence in (*HOSTILE, "日本語 العربية 🙂", "a\tb\nc", "x" * 5000, "-", ".", "$(touch PLANTED)"):
        for form in ("html", "txt"):
            extra = ("--sequence", sentence, "--formats", form, "npz")
            yield Case("injection", "generate", f"{form}: {sentence[:40]!r}", extra=extra, ends=WORKS)


def own_files() -> Iterator[Case]:
    """Folders that hold what is somebody's own are never replaced, with --force or without."""

    def mine(home: Path) -> None:
        (home / "out").mkdir()
        (home / "out" / "thesis.txt").write_text("mine\n")

    for command in ("make_toy", "build_mocap", "import_csv"):
        for force in ((), ("--force",)):
            yield Case(
                "own files",
                command,
                f"a folder of others {' '.join(force)}",
                extra=force,
                prepare=mine,
                says=("out",),
            )
    for command, flag, value in (
        ("import_csv", "--out", "{takes}"),
        ("import_csv", "--out", "{takes}/.."),
        ("build_mocap", "--out", "{mocap}"),
        ("convert_bvh", "--convert", "{motion}/walk.bvh"),
        ("convert_npz", "--convert", "{motion}/named.npz"),
        ("import_csv", "--report", "{captions.csv}"),
        ("export", "--out", "{runs}"),
    ):
        for force in ((), ("--force",)) if command in ("import_csv", "build_mocap") else ((),):
            ends = (
                EITHER if flag == "--report" or command == "export" else REFUSED
            )  # its files end in .json and .txt
            yield Case(
                "own files",
                command,
                f"{flag} {value} {' '.join(force)}",
                value[1:]
                .replace("}", "")
                .removesuffix("/..")
                .split("/")[0],  # a copy of its own for each case
                extra=(flag, value, *force),
                says=(flag, "out"),
                ends=ends,
            )
