"""Get what others have published: word vectors, evaluators, body model, keywords, trained models, motion capture.

    bash dataset/prepare/download_glove.sh                          # also: _extractor, _smpl, _keywords, _model, _mocap
    bash dataset/prepare/download_glove.sh --file ~/glove.zip       # fetched by hand, nothing is downloaded
    bash dataset/prepare/download_extractor.sh --only t2m
    bash dataset/prepare/download_model.sh --url https://...zip     # or --file ARCHIVE, or --folder FOLDER

What is complete already is left alone (--force gets it again). A stopped download goes on where it was. Files appear in
their place only after the whole archive has arrived and been unpacked; on failure everything stays as it was.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

if not __package__:  # a plain script, from any directory; `python -m` needs no help
    import bootstrap  # noqa: F401

from dataset.building.archives import unpack
from dataset.building.downloads import ITEMS, Item
from dataset.building.fetch import DRIVE_PAGE, fetch
from dataset.building.folders import replaced_folder
from options.prepare import download_parser
from utils.leftovers import made_parents
from utils.outputs import require_folder
from utils.runtime import UserError, atomic_write, run_script, warn

DOWNLOADS = ".downloads"  # unfinished ones, below the root


def main(argv: list[str] | None = None) -> None:
    args = download_parser(__doc__).parse_args(argv)
    items = [item for item in ITEMS[args.what] if args.only in (None, item.name)]
    if not items:
        raise UserError(f"--only {args.only}: use one of {', '.join(item.name for item in ITEMS[args.what])}")
    given = args.file or args.url or args.folder
    if given and len(items) > 1:
        raise UserError(f"{given}: say by --only which it is, {' or '.join(item.name for item in items)}")
    for item in items:
        if item.page and len(items) > 1 and not is_there(item, args.root):
            warn(f"{item.name} is not fetched by itself: {by_hand(item, args)}")
            continue
        get(item, args)


def get(item: Item, args: argparse.Namespace) -> None:
    """Bring one item into place, or say that it is there. UserError says what went wrong and what to do."""
    target = args.root / item.target
    adds = (item.several or item.whole) and (args.file or args.folder or args.url)
    if not args.force and not adds:
        if is_there(item, args.root):
            print(f"{target} is there already (--force gets it again)")
            return
    require_folder(target, "--root")
    if args.folder:
        if not args.folder.is_dir():
            raise UserError(f"--folder {args.folder}: no such folder")
        place(args.folder, item, target, args.force, str(args.folder))
    else:
        archive = find_archive(item, args)
        verify(archive, args.sha256, ours=args.file is None)
        with (
            made_parents(target),
            tempfile.TemporaryDirectory(prefix=f".{item.name}-", dir=target.parent) as temporary,
        ):
            unpack(archive, Path(temporary))
            place(Path(temporary), item, target, args.force, str(archive))
        if not args.file and not args.keep_archive:
            archive.unlink()
    print(f"{target}: {item.name} is in place{'; ' + item.remark if item.remark else ''}")


def is_there(item: Item, root: Path) -> bool:
    """Whether the item has been brought already."""
    pattern = f"**/{item.marker}" if item.whole else f"*/{item.marker}" if item.several else item.marker
    return any((root / item.target).glob(pattern))


def by_hand(item: Item, args: argparse.Namespace) -> str:
    """What to do for an item that has a page, but no address."""
    script = f"bash dataset/prepare/download_{args.what}.sh --only {item.name}"
    return f"get it from {item.page}, then `{script} --file ARCHIVE` (or --folder FOLDER)"


def find_archive(item: Item, args: argparse.Namespace) -> Path:
    """The archive given by --file, or downloaded."""
    if args.file:
        if not args.file.is_file():
            raise UserError(f"--file {args.file}: no such file")
        return args.file
    address = args.url or (DRIVE_PAGE.format(item.drive_id) if item.drive_id else item.address)
    if address is None and item.page:
        raise UserError(f"{item.name} is not fetched by itself: {by_hand(item, args)}")
    if address is None:
        raise UserError(
            f"{item.name}: its address is not known to us; give it by --url, or what you have by --file or --folder"
        )
    path = (
        args.root / DOWNLOADS / f"{args.what}-{item.name}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"
    )
    try:
        return fetch(address, path)
    except UserError as error:
        only = f" --only {item.name}" if len(ITEMS[args.what]) > 1 else ""
        script = f"bash dataset/prepare/download_{args.what}.sh{only}"
        raise UserError(f"{error}; get the archive by hand, then `{script} --file ARCHIVE`") from error


def verify(archive: Path, sha256: str | None, ours: bool) -> None:
    """UserError when the checksum is another; an archive that we downloaded is then worthless and removed."""
    if sha256 is None:
        return
    with open(archive, "rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    if checksum != sha256.lower():
        if ours:
            archive.unlink()
        raise UserError(f"{archive}: its checksum is {checksum}, not {sha256}; get it again")


def place(source: Path, item: Item, target: Path, force: bool, origin: str) -> None:
    """Copy what is wanted out of `source` into `target`; files that are there stay, unless `force`."""
    if item.whole:
        folders = [source] if any(source.rglob(item.marker)) else []
    else:
        folders = sorted(_marked(source, item.marker), key=lambda folder: (len(folder.parts), str(folder)))
    if not folders:
        raise UserError(
            f"{origin} holds no {item.marker}: not the files of {item.name}, or an incomplete archive"
        )
    wanted = (
        {folder: target / folder.name for folder in folders} if item.several else {_largest(folders): target}
    )
    if item.several and source in wanted:
        raise UserError(f"{origin}: is one model's folder; give the folder that holds it")
    if not sum(_bring(folder, goal, force) for folder, goal in wanted.items()):
        warn(f"{target}: all files were there already (--force replaces them)")
    if force and item.ours and (target / item.ours[0]).exists():
        for name in item.ours:
            if not (_largest(folders) / name).exists():
                (target / name).unlink(missing_ok=True)


def _bring(folder: Path, goal: Path, force: bool) -> int:
    """Copy a folder's files to `goal`, all at once where nothing is yet, else one by one; number of files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not goal.exists() or not any(goal.iterdir()):
        with replaced_folder(goal) as temporary:
            shutil.copytree(folder, temporary, dirs_exist_ok=True)
        return len(files)
    new = [path for path in files if force or not (goal / path.relative_to(folder)).exists()]
    for path in new:
        with atomic_write(goal / path.relative_to(folder)) as temporary:
            shutil.copyfile(path, temporary)
    return len(new)


def _marked(source: Path, marker: str) -> Iterator[Path]:
    """Folders in `source`, itself included, that have the marker inside."""
    for folder in (source, *(path for path in source.rglob("*") if path.is_dir())):
        if folder.name != "__MACOSX" and any(folder.glob(marker)):
            yield folder


def _largest(folders: list[Path]) -> Path:
    """The folder with the most files; of equal ones the outermost."""
    return max(folders, key=lambda folder: sum(1 for path in folder.iterdir() if path.is_file()))


if __name__ == "__main__":
    run_script(main)
