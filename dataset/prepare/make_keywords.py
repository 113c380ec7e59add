"""Keywords of every clip in CoMo's format: keywords/<id>.npy and keyword_embeddings/<id>.npy.

    python dataset/prepare/make_keywords.py --dataname mocap --offline          # a few rules, no network
    OPENAI_API_KEY=... python dataset/prepare/make_keywords.py --dataname t2m --model gpt-4o-mini
    python dataset/prepare/make_keywords.py --model llama3 --api-base http://localhost:11434/v1

Each clip's longest caption is sent to the model once; replies are cached in <data>/.cache/keywords, so that a run
that was stopped goes on where it was. Mirrored clips (M<id>) take the texts of the original with left and right
exchanged. Existing files are kept (--force writes them anew). `--skip-embeddings` leaves out the text encoder.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from tqdm import tqdm

if not __package__:  # a plain script, from any directory; `python -m` needs no help
    import bootstrap  # noqa: F401

from dataset.captions import read_captions
from dataset.keyword_endpoint import BadReply, CachedKeywords, EndpointKeywords
from dataset.keyword_rules import ALTERNATIVES, KEYWORDS, Keywords, keywords_by_rules
from dataset.keywords import (
    EMBEDDINGS_FOLDER,
    MIRROR_PREFIX,
    ROWS,
    TEXTS_FOLDER,
    Encode,
    keyword_texts,
    mirrored_texts,
)
from dataset.safe_pickle import load_plain_object_array
from options.prepare import data_root_of, keywords_parser
from utils.outputs import require_folder
from utils.runtime import UserError, atomic_write, pick_device, run_script, warn

TEXTS_AT_ONCE = 512  # handed to the text encoder


def main(argv: list[str] | None = None) -> None:
    args = keywords_parser(__doc__).parse_args(argv)
    root = data_root_of(args)
    captions = read_all(root, args.limit)
    texts = root / TEXTS_FOLDER
    todo = {
        name: text for name, text in captions.items() if args.force or not (texts / f"{name}.npy").exists()
    }
    if not args.skip_embeddings:
        require_folder(root / EMBEDDINGS_FOLDER, "--data-root")
    if todo:
        require_folder(texts, "--data-root")  # before replies are paid for
        source = keywords_by_rules if args.offline else endpoint(args, root)
        failed = write_texts(todo, source, texts, args.workers)
        if failed:
            warn(f"{len(failed)} clips left out, the first: {failed[0]}; run the command again for them")
    print(f"{texts}: keywords of {len(captions) - len(todo)} clips were there, {len(todo)} were asked for")
    if args.skip_embeddings:
        return
    from models.text_encoder import load_text_encoder  # takes seconds to import

    encoder = load_text_encoder(args.text_encoder, args.text_encoder_path, pick_device(args.device))
    written = write_embeddings(root, list(captions), encoder.encode, encoder.width, args.force)
    print(f"{root / EMBEDDINGS_FOLDER}: {written} written by {encoder.name}")


def endpoint(args: argparse.Namespace, root: Path) -> Callable[[str], Keywords]:
    """The language model of the options, its replies cached in the data set's folder."""
    source = EndpointKeywords(args.model, args.api_base, args.retries)
    return CachedKeywords(source, root / ".cache" / "keywords", args.model)


def read_all(root: Path, limit: int | None = None) -> dict[str, str]:
    """Clip -> its longest caption, mirrored clips whose original is there left to `write_texts`."""
    paths = sorted((root / "texts").glob("*.txt"))
    if not paths:
        raise UserError(f"{root / 'texts'} has no captions: prepare the data set first, or give --data-root")
    captions, bad = {}, []
    for path in paths[:limit]:
        try:
            captions_of_clip = read_captions(path)
        except UserError:
            captions_of_clip = []
        if captions_of_clip:
            captions[path.stem] = max((caption.text for caption in captions_of_clip), key=len)
        else:
            bad.append(path.stem)
    if bad:
        warn(f"{len(bad)} clips without a readable caption are left out: {', '.join(bad[:10])}")
    return captions


def write_texts(
    captions: dict[str, str], source: Callable[[str], Keywords], folder: Path, workers: int
) -> list[str]:
    """Write <folder>/<clip>.npy for every clip; returns what went wrong, one line per caption.

    A mirrored clip among them is made from its original where that is there too or has been before.
    """
    mirrored = {
        name: original
        for name in captions
        if (original := name.removeprefix(MIRROR_PREFIX)) != name
        and (original in captions or (folder / f"{original}.npy").exists())
    }
    clips_of: dict[str, list[str]] = {}
    for name, caption in captions.items():
        if name not in mirrored:
            clips_of.setdefault(caption, []).append(name)
    failed = []
    with ThreadPoolExecutor(max(workers, 1)) as pool, tqdm(total=len(clips_of), unit="caption") as bar:
        waiting = {pool.submit(source, caption): caption for caption in clips_of}
        try:
            for future in as_completed(waiting):
                caption = waiting[future]
                try:
                    keywords = future.result()
                except BadReply as error:
                    failed.append(f'"{caption}" ({error})')
                else:
                    for name in clips_of[caption]:
                        save_texts(folder / f"{name}.npy", keywords)
                bar.update()
        except BaseException:  # a server that refuses, Ctrl-C: what waits must not be asked any more
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    for name, original in mirrored.items():
        path = folder / f"{original}.npy"
        if path.exists():
            texts = mirrored_texts(load_plain_object_array(path), load_texts(path))
            groups = [texts[row : row + ALTERNATIVES] for row in range(0, ROWS, ALTERNATIVES)]
            save_texts(folder / f"{name}.npy", dict(zip(KEYWORDS, groups, strict=True)))
    return failed


def save_texts(path: Path, keywords: Keywords) -> None:
    """Write one clip's keywords as CoMo does: a pickled dict in an object array."""
    with atomic_write(path) as temporary:
        np.save(temporary, np.array(keywords, dtype=object), allow_pickle=True)


def load_texts(path: Path) -> list[str]:
    """The 33 texts of a keyword file; UserError when it holds anything else."""
    texts = keyword_texts(load_plain_object_array(path))
    if texts is None:
        raise UserError(f"{path} does not hold {ROWS} keyword texts: delete it and run the command again")
    return texts


def write_embeddings(
    root: Path, names: Iterable[str], encode: Encode, width: int, force: bool = False
) -> int:
    """Embed the texts of all clips that have some -> keyword_embeddings/<clip>.npy (33, width); their number.

    UserError when the folder holds vectors of another width, which --force replaces.
    """
    folder = root / EMBEDDINGS_FOLDER
    sources = {name: root / TEXTS_FOLDER / f"{name}.npy" for name in names}
    todo = {}
    for name, path in sources.items():
        target = folder / f"{name}.npy"
        if not path.exists():
            continue
        if force or not target.exists():
            todo[name] = load_texts(path)
        elif (found := np.load(target, mmap_mode="r").shape) != (ROWS, width):
            raise UserError(
                f"{target} holds {found}, this text encoder gives {(ROWS, width)}: --force replaces it"
            )
    distinct = list(dict.fromkeys(text for texts in todo.values() for text in texts))
    vectors: dict[str, np.ndarray] = {}
    for start in tqdm(range(0, len(distinct), TEXTS_AT_ONCE), desc="embedding keywords", unit="chunk"):
        chunk = distinct[start : start + TEXTS_AT_ONCE]
        vectors.update(zip(chunk, encode(chunk), strict=True))
    for name, texts in todo.items():
        with atomic_write(folder / f"{name}.npy") as temporary:
            np.save(temporary, np.stack([vectors[text] for text in texts]).astype(np.float32))
    return len(todo)


if __name__ == "__main__":
    run_script(main)
