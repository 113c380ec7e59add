"""Archives: what would leave its folder, is damaged, or unpacks without measure is refused and leaves nothing."""

from __future__ import annotations

import tarfile
import zipfile

import pytest
from archive_files import GLOVE, bomb, content_of, of_kind, plain_tar, tarred, zipped

from dataset.building import archives
from dataset.prepare import download
from utils.runtime import UserError


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil", "..\\evil", "C:\\evil"])
def test_archives_cannot_write_outside(tmp_path, name):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    for suffix, content in {
        "zip": zipped({**GLOVE, name: b"!"}),
        "tgz": tarred([(tarfile.TarInfo("our_vab_data.npy"), b"v"), (tarfile.TarInfo(name), b"!")]),
    }.items():
        (archive := tmp_path / f"x.{suffix}").write_bytes(content)
        with pytest.raises(UserError, match="leaves the folder"):
            download.main(["glove", "--root", str(inner), "--file", str(archive)])
        archive.unlink()
        assert not content_of(tmp_path)


def test_links_in_archives_are_refused(tmp_path):
    link = tarfile.TarInfo("our_vab_data.npy")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    (tmp_path / "x.tgz").write_bytes(tarred([(link, b"")]))
    entry = zipfile.ZipInfo("our_vab_data.npy")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    for name in ("x.tgz", "x.zip"):
        with pytest.raises(UserError, match="refused"):
            download.main(["glove", "--root", str(tmp_path / "r"), "--file", str(tmp_path / name)])
    (tmp_path / "cut.zip").write_bytes(zipped(GLOVE)[:-30])
    with pytest.raises(UserError, match="get it again"):
        download.main(["glove", "--root", str(tmp_path / "r"), "--file", str(tmp_path / "cut.zip")])


def test_several_archives_ask_which(tmp_path):
    model = {"text_mot_match/model/finest.tar": b"weights", "Decomp_SP001/meta/mean.npy": b"m"}
    (tmp_path / "kit.tar.gz").write_bytes(
        tarred([(tarfile.TarInfo(f"kit/{name}"), content) for name, content in model.items()])
    )
    arguments = ["extractor", "--root", str(tmp_path / "r"), "--file", str(tmp_path / "kit.tar.gz")]
    with pytest.raises(UserError, match="--only which it is, t2m or kit"):
        download.main(arguments)
    download.main([*arguments, "--only", "kit"])
    assert content_of(tmp_path / "r/checkpoints/kit") == model
    with pytest.raises(UserError, match="--only x: use one of t2m, kit"):
        download.main(["extractor", "--only", "x"])


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_compressed_archive_is_read_to_its_end(tmp_path, mode):
    """Any byte flipped anywhere, and any cut: refused, or what was packed; nothing is left of a refused one."""
    whole = plain_tar(mode)
    archive, root = tmp_path / "x.tgz", tmp_path / "root"
    arguments = ["glove", "--root", str(root), "--file", str(archive), "--force"]
    archive.write_bytes(whole)
    download.main(arguments)
    packed = content_of(root)
    refused = 0
    changed = [
        bytes([*whole[:place], whole[place] ^ 16, *whole[place + 1 :]]) for place in range(0, len(whole), 23)
    ]
    last = [
        bytes([*whole[:-back], whole[-back] ^ 1, *whole[len(whole) - back + 1 :]]) for back in range(1, 9)
    ]
    for content in (*changed, *last, whole[:-1], whole[:-9], whole[: len(whole) // 2]):
        archive.write_bytes(content)
        for path in root.rglob("*.*"):
            path.unlink()
        try:
            download.main(arguments)
        except UserError as error:
            refused += 1
            assert "get it again" in str(error) and not content_of(root)
        else:
            assert content_of(root) == packed
    assert refused >= len(changed) + 3 - 10  # a few bytes of the headers say nothing


def test_a_tar_with_a_damaged_header_or_without_its_end_is_refused(tmp_path):
    whole, archive = plain_tar("w"), tmp_path / "x.tar"
    second = 512 + 1024  # where the second entry's header begins
    for content in (whole[:second], whole[: 3 * second], whole[:second] + b"x" + whole[second + 1 :]):
        archive.write_bytes(content)
        with pytest.raises(
            UserError, match=r"x\.tar is damaged \(no end mark after byte \d+\): get it again"
        ):
            download.main(["glove", "--root", str(tmp_path / "root"), "--file", str(archive)])
        assert not content_of(tmp_path / "root")


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize(
    "files",
    [
        {"x" * 300: b"1"},
        {"a/" + "y" * 300 + "/b": b"1"},
        {"/".join(["d" * 200] * 30): b"1"},
        {"a": b"1", "a/b": b"2"},
        {"a/b": b"1", "a": b"2"},
        {".": b"1"},
    ],
)
def test_names_that_can_not_be_are_one_line_and_leave_nothing(tmp_path, kind, files):
    (tmp_path / "given").write_bytes(of_kind(kind, GLOVE | files))
    root = tmp_path / "root"
    with pytest.raises(UserError, match="given holds .*can't be made") as error:
        download.main(["glove", "--file", str(tmp_path / "given"), "--root", str(root)])
    assert "\n" not in str(error.value) and len(str(error.value)) < 400
    assert not list(root.rglob("*"))


@pytest.mark.parametrize("kind", ["zip", "tar", "tail of a tar"])
def test_archives_that_unpack_without_measure_are_refused(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(archives, "ALWAYS_ALLOWED", 1 << 20)
    (tmp_path / "given").write_bytes(bomb(kind, 8 << 20))
    root = tmp_path / "root"
    with pytest.raises(UserError, match="100 times its size"):
        download.main(["glove", "--file", str(tmp_path / "given"), "--root", str(root)])
    assert not list(root.rglob("*"))
    (tmp_path / "given").write_bytes(bomb(kind, 1 << 18))  # still within what is always allowed
    download.main(["glove", "--file", str(tmp_path / "given"), "--root", str(root)])
    assert (root / "glove" / "our_vab_data.npy").read_bytes() == b"vectors"


def test_archives_of_endless_entries_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_ENTRIES", 10)
    for kind in ("zip", "tar"):
        (tmp_path / "given").write_bytes(of_kind(kind, GLOVE | {str(n): b"" for n in range(10)}))
        with pytest.raises(UserError, match="more than 10 entries"):
            download.main(["glove", "--file", str(tmp_path / "given"), "--root", str(tmp_path / "root")])
    assert not list((tmp_path / "root").rglob("*"))
