"""Downloads: from a server on this machine, from files and folders; nothing leaves its folder or is lost."""

from __future__ import annotations

import hashlib
import subprocess
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from archive_files import GLOVE, content_of, zipped

import dataset.building.fetch as fetch_module
from dataset.prepare import download
from utils.runtime import UserError


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
    (root / "pretrained/small").mkdir(parents=True)
    (root / "pretrained/small/README.md").write_bytes(b"ours")
    (root / "pretrained/exp_pg_tokenizer").mkdir()
    (root / "pretrained/exp_pg_tokenizer/arguments.yaml").write_bytes(b"mine")
    arguments = ["model", "--root", str(root)]
    with pytest.raises(UserError, match="give it by --url"):
        download.main([*arguments, "--force"])
    download.main([*arguments, "--file", str(tmp_path / "m.zip")])
    expected = files | {"small/README.md": b"ours", "exp_pg_tokenizer/arguments.yaml": b"mine"}
    assert content_of(root / "pretrained") == expected
    with zipfile.ZipFile(tmp_path / "m.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    download.main([*arguments, "--folder", str(tmp_path / "unpacked"), "--force"])
    assert content_of(root / "pretrained") == files | {"small/README.md": b"ours"}
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
