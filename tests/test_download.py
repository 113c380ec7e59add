"""Downloads: from a server on this machine, from files and folders; nothing leaves its folder or is lost."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import tarfile
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import dataset.building.fetch as fetch_module
from dataset.building import archives
from dataset.prepare import download
from utils.runtime import UserError

GLOVE = {"our_vab_data.npy": b"vectors", "our_vab_words.pkl": b"words", "our_vab_idx.pkl": b"index"}


def zipped(files: dict[str, bytes], prefix: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(prefix + name, content)
    return buffer.getvalue()


def tarred(entries: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for entry, content in entries:
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def serve():
    """serve(content, status=200, cut=None) -> (address, ranges asked for); cut: bytes of the first answer."""
    servers = []

    def start(content: bytes, status: int = 200, cut: int | None = None):
        ranges: list[str | None] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = self.headers["Range"]
                ranges.append(wanted)
                first = int(wanted.split("=")[1].rstrip("-")) if wanted else 0
                if first >= len(content) > 0:
                    self.send_error(416)
                    return
                self.send_response(206 if wanted and status == 200 else status)
                self.send_header("Content-Length", str(len(content) - first))
                self.end_headers()
                self.wfile.write(content[first : cut if cut and len(ranges) == 1 else None])

            def log_message(self, *args) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/archive.zip", ranges

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def content_of(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("prefix", ["", "glove/", "some/where/"])
def test_an_archive_is_fetched_and_unpacked_once(tmp_path, serve, prefix, capsys):
    address, asked = serve(zipped(GLOVE, prefix))
    arguments = ["glove", "--root", str(tmp_path), "--url", address]
    download.main(arguments)
    assert content_of(tmp_path) == {f"glove/{name}": content for name, content in GLOVE.items()}
    download.main(arguments)
    assert len(asked) == 1 and "already" in capsys.readouterr().out
    download.main([*arguments, "--force", "--keep-archive"])
    assert len(asked) == 2 and list((tmp_path / ".downloads").iterdir())


def test_a_download_that_broke_off_goes_on(tmp_path, serve):
    content = zipped({**GLOVE, "our_vab_data.npy": bytes(range(256)) * 50})
    address, asked = serve(content, cut=1000)
    arguments = ["glove", "--root", str(tmp_path), "--url", address]
    with pytest.raises(UserError, match="run the command again"):
        download.main(arguments)
    assert not (tmp_path / "glove").exists()
    download.main(arguments)
    assert asked == [None, "bytes=1000-"] and len(content_of(tmp_path / "glove")["our_vab_data.npy"]) == 12800


def test_dead_links_and_web_pages_are_explained_and_harm_nothing(tmp_path, serve):
    (tmp_path / "glove").mkdir()
    (tmp_path / "glove/our_vab_data.npy").write_bytes(b"mine")
    for address, expected in [
        (serve(b"gone", 404)[0], "404"),
        (serve(b"<!DOCTYPE html><p>quota")[0], "web page"),
        (serve(b"\x00 not an archive")[0], "no zip or tar"),
        (serve(zipped({"other.txt": b""}))[0], "not the files of glove"),
        ("http://127.0.0.1:9/x.zip", "can't be downloaded"),
    ]:
        with pytest.raises(UserError, match=expected) as error:
            download.main(["glove", "--root", str(tmp_path), "--url", address, "--force"])
        assert "\n" not in str(error.value)
        assert "--file ARCHIVE" in str(error.value) or expected.startswith("no")
        assert content_of(tmp_path / "glove") == {"our_vab_data.npy": b"mine"}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".glove")]


def test_google_drive_goes_through_gdown(tmp_path, monkeypatch):
    import gdown

    asked = []

    def fake(id, output, **settings):
        asked.append((id, settings["resume"]))
        if len(asked) > 1:
            raise gdown.FileURLRetrievalError("Cannot retrieve\nthe public link")
        with open(output, "wb") as file:
            file.write(zipped(GLOVE))

    monkeypatch.setattr(gdown, "download", fake)
    monkeypatch.setattr(fetch_module, "_resolves", lambda host: False)
    with pytest.raises(UserError, match="no network"):
        download.main(["glove", "--root", str(tmp_path)])
    monkeypatch.setattr(fetch_module, "_resolves", lambda host: True)
    download.main(["glove", "--root", str(tmp_path)])
    assert asked == [("1bCeS6Sh_mLVTebxIgiUHgdPrroW06mb6", True)]
    with pytest.raises(UserError, match="download_glove.sh --file ARCHIVE") as error:
        download.main(["glove", "--root", str(tmp_path), "--force"])
    assert "Cannot retrieve the public link" in str(error.value)
    assert len(content_of(tmp_path / "glove")) == 3


def test_checksums(tmp_path, serve):
    content = zipped(GLOVE)
    arguments = ["glove", "--root", str(tmp_path), "--url", serve(content)[0], "--sha256"]
    with pytest.raises(UserError, match="checksum"):
        download.main([*arguments, "0" * 64])
    assert not content_of(tmp_path)
    download.main([*arguments, hashlib.sha256(content).hexdigest()])
    assert len(content_of(tmp_path / "glove")) == 3


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


@pytest.mark.parametrize("has_statistics", [True, False])
def test_an_official_evaluator_in_place_of_an_own_one_is_read_as_official(tmp_path, has_statistics):
    meta = "VQVAEV3_CB1024_CMT_H1024_NRES3/meta"
    own = (
        "text_mot_match/evaluator.json",
        "text_mot_match/model/finest.tar",
        f"{meta}/mean.npy",
        f"{meta}/std.npy",
    )
    for name in own:
        (tmp_path / "r/checkpoints/t2m" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "r/checkpoints/t2m" / name).write_bytes(b"own")
    names = own[1:] if has_statistics else own[1:2]
    official = {name: b"official" for name in names}
    (tmp_path / "t2m.zip").write_bytes(zipped(official, "t2m/"))
    arguments = [
        "extractor",
        "--root",
        str(tmp_path / "r"),
        "--only",
        "t2m",
        "--file",
        str(tmp_path / "t2m.zip"),
    ]
    download.main(arguments)
    assert content_of(tmp_path / "r/checkpoints/t2m") == {name: b"own" for name in own}
    for _ in range(2):  # an official one's own statistics stay when it is fetched again
        download.main([*arguments, "--force"])
        assert content_of(tmp_path / "r/checkpoints/t2m") == official


def test_models_come_from_an_archive_or_folder_and_only_what_is_missing(tmp_path):
    names = ("exp_pg_tokenizer", "exp_base_transformer")
    files = {
        f"{name}/{file}": name.encode() for name in names for file in ("arguments.yaml", "net_best_fid.pth")
    }
    (tmp_path / "m.zip").write_bytes(zipped(files, "release/"))
    root = tmp_path / "r"
    (root / "pretrained/mini").mkdir(parents=True)
    (root / "pretrained/mini/README.md").write_bytes(b"ours")
    (root / "pretrained/exp_pg_tokenizer").mkdir()
    (root / "pretrained/exp_pg_tokenizer/arguments.yaml").write_bytes(b"mine")
    arguments = ["model", "--root", str(root)]
    with pytest.raises(UserError, match="give it by --url"):
        download.main([*arguments, "--force"])
    download.main([*arguments, "--file", str(tmp_path / "m.zip")])
    expected = files | {"mini/README.md": b"ours", "exp_pg_tokenizer/arguments.yaml": b"mine"}
    assert content_of(root / "pretrained") == expected
    with zipfile.ZipFile(tmp_path / "m.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    download.main([*arguments, "--folder", str(tmp_path / "unpacked"), "--force"])
    assert content_of(root / "pretrained") == files | {"mini/README.md": b"ours"}
    with pytest.raises(UserError, match="one model's folder"):
        download.main([*arguments, "--folder", str(root / "pretrained/exp_pg_tokenizer")])


def test_keywords_go_beside_the_data(tmp_path):
    files = {f"keywords/{name}.npy": b"x" for name in ("000000", "M000000")} | {"__MACOSX/._0.npy": b""}
    (tmp_path / "k.zip").write_bytes(zipped(files))
    download.main(
        ["keywords", "--only", "keywords", "--file", str(tmp_path / "k.zip"), "--root", str(tmp_path / "r")]
    )
    assert set(content_of(tmp_path / "r")) == {
        f"dataset/HumanML3D/keywords/{name}.npy" for name in ("000000", "M000000")
    }


def test_drive_links_are_known_by_their_id(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(fetch_module, "_from_drive", lambda file_id, part, address: seen.append(file_id))
    for address in (
        "https://drive.google.com/file/d/ab-C_1/view?usp=x",
        "https://drive.google.com/uc?id=ab-C_1",
    ):
        with pytest.raises(FileNotFoundError):
            fetch_module.fetch(address, tmp_path / "x")
    assert seen == ["ab-C_1"] * 2


@pytest.mark.parametrize("what", ["glove", "extractor", "smpl", "keywords", "model", "mocap"])
def test_the_shell_scripts_pass_on_their_flags(repo, what, tmp_path):
    script = repo / f"dataset/prepare/download_{what}.sh"
    assert f'download.py" {what} "$@"' in script.read_text()
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_motion_capture_comes_whole_and_what_has_no_address_is_told(tmp_path, serve_mocap, capsys):
    """Two archives by address; the others say where they are had, and come by --file, one after the other."""
    root = tmp_path / "root"
    download.main(["mocap", "--root", str(root)])
    told = capsys.readouterr()
    here = set(content_of(root))
    assert here == {
        "dataset/originals/bandai/B/dataset/D-2/data/dataset-2_walk_normal_001.bvh",
        "dataset/originals/bandai/B/LICENSE",
        "dataset/originals/reactidle/R/genuine/000_genuine.bvh",
        "dataset/originals/cmu/all/subjects/01/01_01.amc",
    }
    for name, page in {"cmu_daz": "cgspeed", "hdm05": "resources.mpi-inf.mpg.de"}.items():
        assert any(name in line and page in line and "--file" in line for line in told.err.splitlines())
        with pytest.raises(UserError, match=f"{name} is not fetched.*--only {name} --file"):
            download.main(["mocap", "--root", str(root), "--only", name])
    for number, name in enumerate(("a/05/05_02.bvh", "13/13_07.bvh")):
        (tmp_path / f"{number}.zip").write_bytes(zipped({name: b"HIERARCHY"}))
        download.main(
            ["mocap", "--root", str(root), "--only", "cmu_daz", "--file", str(tmp_path / f"{number}.zip")]
        )
        assert (root / "dataset/originals/cmu_daz" / name).is_file()
    (tmp_path / "other.zip").write_bytes(zipped({"readme": b"?"}))
    with pytest.raises(UserError, match="holds no HDM_"):
        download.main(
            ["mocap", "--root", str(root), "--only", "hdm05", "--file", str(tmp_path / "other.zip")]
        )
    capsys.readouterr()
    download.main(["mocap", "--root", str(root)])
    assert capsys.readouterr().out.count("is there already") == 4


@pytest.fixture
def serve_mocap(tmp_path, monkeypatch):
    """Archives in the layout of the public ones, at addresses of their own."""
    content = {
        "bandai": {"B/dataset/D-2/data/dataset-2_walk_normal_001.bvh": b"HIERARCHY", "B/LICENSE": b"text"},
        "reactidle": {"R/genuine/000_genuine.bvh": b"HIERARCHY"},
        "cmu": {"all/subjects/01/01_01.amc": b":FULLY"},
    }
    items = []
    for item in download.ITEMS["mocap"]:
        if item.name in content:
            archive = tmp_path / f"{item.name}.zip"
            archive.write_bytes(zipped(content[item.name]))
            item = replace(item, address=archive.as_uri())
        items.append(item)
    monkeypatch.setitem(download.ITEMS, "mocap", tuple(items))


def plain_tar(mode: str) -> bytes:
    """The three files as a tar archive ("w", "w:gz", "w:bz2", "w:xz"), with content that compresses badly."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for number, name in enumerate(GLOVE):
            content = hashlib.shake_256(bytes([number])).digest(700)
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


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


# ------------------------------------------------------------------------------------------ archives without measure
def of_kind(kind: str, files: dict[str, bytes]) -> bytes:
    return zipped(files) if kind == "zip" else tarred([(tarfile.TarInfo(n), c) for n, c in files.items()])


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


def bomb(kind: str, size: int) -> bytes:
    if kind == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (GLOVE | {"zeros": bytes(size)}).items():
                archive.writestr(name, content)
        return buffer.getvalue()
    if kind == "tail of a tar":  # behind the archive's end
        return gzip.compress(gzip.decompress(of_kind("tar", GLOVE)) + bytes(size))
    return of_kind("tar", GLOVE | {"zeros": bytes(size)})


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
