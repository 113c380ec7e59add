"""Flags of the scripts in dataset/prepare; each hands its own docstring on as the description of its parser."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from dataset.building.downloads import ITEMS
from dataset.captured import SETS
from dataset.motion_files.quality import Limits
from dataset.pose_codes.measures import FRAMES, KIT_CODES
from dataset.spec import SPECS, get_spec
from dataset.text_condition import ENCODER_WIDTHS
from utils.flags import FlagParser
from utils.ranges import COUNT, SEED, SHARE_BELOW_1, positive, real, whole

REPOSITORY = Path(__file__).resolve().parents[1]
CAPTURED_FOLDER = REPOSITORY.parent / "shared" / "data"  # of captured sets, where they are at hand


def toy_parser(description: str | None = None) -> FlagParser:
    """Options of make_toy.py."""
    parser = _parser(description)
    parser.add_argument("--out", type=Path, default=REPOSITORY / get_spec("toy").folder)
    parser.add_argument(
        "--clips", type=whole(20, 10**6), default=400, help="number of clips, at least 20 (default 400)"
    )
    parser.add_argument("--seed", type=SEED, default=0)
    _add_force(parser, "make it again, and replace the data set in --out")
    return parser


def mocap_parser(description: str | None = None) -> FlagParser:
    """Options of build_mocap.py."""
    parser = _parser(description)
    parser.add_argument(
        "--source",
        type=Path,
        nargs="+",
        help=f"one captured set, or several that are joined (default: {SETS[0]} where it is at hand)",
    )
    parser.add_argument(
        "--originals", type=Path, help="folder of the public archives' files: cut the clips first"
    )
    parser.add_argument(
        "--sets", nargs="+", choices=SETS, default=list(SETS[:1]), help="captured sets that --originals makes"
    )
    parser.add_argument("--out", type=Path, default=REPOSITORY / get_spec("mocap").folder)
    _add_force(parser, "build again, and replace the data set in --out")
    return parser


def compose_parser(description: str | None = None) -> FlagParser:
    """Options of compose.py."""
    parser = _parser(description)
    parser.add_argument("--source", type=Path, nargs="+", default=[CAPTURED_FOLDER / name for name in SETS])
    parser.add_argument("--out", type=Path, default=REPOSITORY / "dataset" / "Composed")
    parser.add_argument(
        "--clips", type=COUNT, default=9000, help="composites to make, mirror images not counted"
    )
    parser.add_argument("--seed", type=SEED, default=0)
    _add_force(parser, "build again, and replace what this script made")
    return parser


def pose_codes_parser(description: str | None = None) -> FlagParser:
    """Options of parse_motion.py."""
    parser = _parser(description)
    _add_data(parser, "new_joints")
    parser.add_argument("--pose-frame", choices=(*FRAMES, "both"), default="both")
    parser.add_argument(
        "--kit-codes",
        choices=KIT_CODES,
        default="corrected",
        help="KIT-ML only: published = no scale and crossed legs, for the published weights",
    )
    parser.add_argument("--codes-folder-name", help="default: codes (world), codes_heading (heading)")
    parser.add_argument(
        "--noise", type=real(0, 1e6), default=0.0, help="multiple of the published noise (default 0)"
    )
    parser.add_argument("--seed", type=SEED, default=123, help="of the noise")
    parser.add_argument("--khot", action="store_true", help="write the published (T, 392) bool form")
    parser.add_argument(
        "--workers", type=whole(1, 1024), default=available_cores(), help="processes (default: all cores)"
    )
    _add_force(parser, "replace codes made otherwise")
    return parser


def keywords_parser(description: str | None = None) -> FlagParser:
    """Options of make_keywords.py."""
    parser = _parser(description)
    _add_data(parser, "texts")
    parser.add_argument("--offline", action="store_true", help="keywords by a few rules instead of a model")
    parser.add_argument("--model", default="gpt-4o-mini", help="language model")
    parser.add_argument("--api-base", help="address of an OpenAI-compatible server (default: OpenAI's)")
    parser.add_argument(
        "--retries", type=whole(0, 1000), default=6, help="of a request that was refused or failed"
    )
    parser.add_argument("--workers", type=whole(1, 1024), default=4, help="requests at the same time")
    parser.add_argument("--text-encoder", choices=tuple(ENCODER_WIDTHS), default="clip")
    parser.add_argument("--text-encoder-path", help="its weights: a Hugging Face folder or ViT-B-32.pt")
    parser.add_argument("--skip-embeddings", action="store_true", help="write the texts only")
    parser.add_argument("--device", default="auto", help="of the text encoder")
    parser.add_argument("--limit", type=whole(1, 10**9), help="only the first clips, to try a model out")
    _add_force(parser, "replace existing files")
    return parser


def vocabulary_parser(description: str | None = None) -> FlagParser:
    """Options of make_vocabulary.py."""
    parser = _parser(description)
    parser.add_argument("--data-root", type=Path, required=True, help="data set, with texts/")
    parser.add_argument("--out", type=Path, required=True, help="file to write, .npz")
    return parser


def download_parser(description: str | None = None) -> FlagParser:
    """Options of download.py."""
    parser = _parser(description)
    parser.add_argument("what", choices=tuple(ITEMS))
    parser.add_argument("--only", help="one of several archives, by name: t2m, kit; keywords, ...")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--file", type=Path, help="an archive (zip, tar) that is here already")
    source.add_argument("--folder", type=Path, help="a folder of the files, unpacked already: copied")
    source.add_argument("--url", help="another address of the archive, or a Google Drive link")
    parser.add_argument("--sha256", help="refuse an archive with another checksum")
    parser.add_argument("--root", type=Path, default=REPOSITORY, help="files go below this folder")
    _add_force(parser, "get it again and replace files of the same name")
    parser.add_argument("--keep-archive", action="store_true", help="keep a downloaded archive")
    return parser


def import_parser(description: str | None = None) -> FlagParser:
    """Options of import_motion.py."""
    parser = _parser(description)
    parser.add_argument("source", type=Path, help="folder of motion files (searched through), or one file")
    parser.add_argument("--captions", type=Path, help="CSV, TSV or JSONL table of files and captions")
    parser.add_argument("--out", type=Path, help="folder of the data set")
    parser.add_argument(
        "--convert", type=Path, help="instead: write one file's joints and features to this .npz"
    )
    parser.add_argument(
        "--skeleton", default="auto", help="auto, a name in configs/skeletons, or a YAML file"
    )
    parser.add_argument("--unit", default="auto", help="auto, m, cm, mm, inch, cmu, or metres per unit")
    parser.add_argument(
        "--up", default="auto", help="axis that points up: auto, y, z, x, or --up=-y and so on"
    )
    parser.add_argument(
        "--source-fps", type=positive(1e5), help="frame rate of the files, instead of what they say"
    )
    parser.add_argument(
        "--skip-frames", type=whole(0, 10**9), help="source frames to leave out at the start of each file"
    )
    parser.add_argument(
        "--asf", type=Path, help="skeleton of AMC files; by default the fitting .asf beside each"
    )
    parser.add_argument(
        "--body-model", type=Path, help="your SMPL-H or SMPL-X models' folder, for AMASS files"
    )
    parser.add_argument("--no-mirror", action="store_true", help="do not add every clip mirrored")
    parser.add_argument("--val", type=SHARE_BELOW_1, default=0.05, help="share of files for validation")
    parser.add_argument("--test", type=SHARE_BELOW_1, default=0.15, help="share of files for testing")
    parser.add_argument("--seed", type=SEED, default=0, help="of the split")
    parser.add_argument(
        "--max-step", type=positive(1e6), default=Limits.max_step, help="metres a joint may jump"
    )
    parser.add_argument(
        "--max-float", type=real(0, 1e6), default=Limits.max_float, help="metres above the floor"
    )
    parser.add_argument("--report", type=Path, help="also write the report here (.json and .txt)")
    parser.add_argument("--report-only", action="store_true", help="check the files, make no data set")
    _add_force(parser, "replace the data set in --out")
    return parser


def available_cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def data_root_of(args: argparse.Namespace) -> Path:
    """Folder of the data set that ``--data-root`` or ``--dataname`` names."""
    return args.data_root or REPOSITORY / get_spec(args.dataname).folder


def _parser(description: str | None) -> FlagParser:
    return FlagParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def _add_data(parser: FlagParser, holds: str) -> None:
    parser.add_argument("--dataname", choices=sorted(SPECS), default="t2m")
    parser.add_argument("--data-root", type=Path, help=f"folder that holds {holds}/ (default: by --dataname)")


def _add_force(parser: FlagParser, help: str) -> None:
    parser.add_argument("--force", action="store_true", help=help)
