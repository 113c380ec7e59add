"""A sound command for every script, which the cases spoil in one place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# Names in braces are files and folders of the world; {out} is the case's folder of results, {cache} of its caches.
PLACES = (
    *(
        "data",
        "glove",
        "encoder",
        "evaluators",
        "runs",
        "models",
        "clips",
        "motion",
        "takes",
        "mocap",
        "archives",
    ),
    *("sentences.txt", "edits.yaml", "losses.yaml", "losses_refine.yaml", "skeleton.yaml", "preset.yaml"),
    *("preset_generate.yaml", "captions.csv", "captions.jsonl"),
)

_DATA = "--data-root {data} --cache-dir {cache} --num_workers 0"
_FRAME = "--dataname toy --pose-frame heading"
_RUN = f"{_DATA} --out-dir {{out}} --glove-dir {{glove}} --batch-size 8 --total-iter 2 --eval-iter 2"
_EVALUATORS = "--checkpoints-dir {evaluators}"
_WIDTHS = "--movement-width 16 --motion-width 16 --text-width 16 --embedding-width 16"
_TOKENIZER = (
    f"{_FRAME} {_RUN} {_EVALUATORS} --exp-name tokenizer --width 32 --code-dim 32 --depth 1 "
    "--rvq-num-quantizers 2 --rvq-nb-code 16"
)
_TRANSFORMER = (
    f"{_RUN} {_EVALUATORS} --use-keywords --text-encoder minilm --text-encoder-path {{encoder}} "
    "--embed-dim-gpt 32 --num-layers 1 --n-head-gpt 2 --dec-checkpoint-folder {runs}/tokenizer"
)
_EVALUATION = (
    f"{_DATA} {_EVALUATORS} --glove-dir {{glove}} --out-dir {{out}} --split train --repeats 1 "
    "--dec-checkpoint-folder {runs}/tokenizer"
)
_GENERATE = "walks --checkpoint-folder {models} --text-encoder-path {encoder} --out {out}"
_EDIT = (
    "--checkpoint-folder {models} --data-root {data} --consistency none --no-touch-up --formats npz txt "
    "--out {out} --set L-elbow_angle=90deg"
)
_SERVER = "--api-base {server} --model tiny"


@dataclass(frozen=True)
class Command:
    """A script, as a module, and arguments with which it works."""

    script: str
    line: str
    writes: tuple[str, ...] = ()  # places of the world that it may write to: each case gets its own copy


COMMANDS: dict[str, Command] = {
    "train_evaluator": Command(
        "train_evaluator",
        f"{_FRAME} {_RUN} --checkpoints-dir {{out}}/evaluators --exp-name evaluator {_WIDTHS}",
    ),
    "train_tokenizer": Command("train_pg_tokenizer", f"{_TOKENIZER} --loss-cfg-path {{losses.yaml}}"),
    "resume_tokenizer": Command(
        "train_pg_tokenizer",
        f"--resume {{runs}}/tokenizer --total-iter 3 {_DATA} {_EVALUATORS} --glove-dir {{glove}} "
        "--loss-cfg-path {losses.yaml}",
        writes=("runs",),
    ),
    "start_tokenizer": Command(
        "train_pg_tokenizer",
        f"{_TOKENIZER} --resume-pth {{runs}}/tokenizer/net_last.pth --preset {{preset.yaml}}",
    ),
    "train_base": Command("train_base_trans", f"{_TRANSFORMER} --exp-name base"),
    "train_refine": Command(
        "train_refine_trans",
        f"{_TRANSFORMER} --exp-name refine --t2m-checkpoint-folder {{runs}}/base "
        "--loss-cfg-path {losses_refine.yaml}",
    ),
    "eval_tokenizer": Command("eval_pg_tokenizer", _EVALUATION),
    "eval_base": Command(
        "eval_base_trans",
        f"{_EVALUATION} --t2m-checkpoint-folder {{runs}}/base --text-encoder-path {{encoder}}",
    ),
    "eval_refine": Command(
        "eval_refine_trans",
        f"{_EVALUATION} --t2m-checkpoint-folder {{runs}}/base --residual-t2m-checkpoint-folder {{runs}}/refine "
        "--text-encoder-path {encoder}",
    ),
    "generate": Command(
        "generate", f"{_GENERATE} --text-file {{sentences.txt}} --seconds 1 --formats npz txt"
    ),
    "generate_preset": Command("generate", f"{_GENERATE} --preset {{preset_generate.yaml}}"),
    "generate_asking": Command(
        "generate",
        f"{_GENERATE} --seconds 1 --formats npz --keywords model --api-base {{server}} --keyword-model tiny",
    ),
    "edit_clip": Command("edit_motion", f"--motion {{clips}}/clip.npz {_EDIT}"),
    "edit_features": Command("edit_motion", f"--motion {{motion}}/features.npy {_EDIT}"),
    "edit_joints": Command("edit_motion", f"--motion {{motion}}/joints.npy {_EDIT}"),
    "edit_bvh": Command("edit_motion", f"--motion {{motion}}/walk.bvh {_EDIT}"),
    "edit_by_id": Command("edit_motion", f"--motion 000002 {_EDIT}"),
    "edit_asking": Command(
        "edit_motion",
        f"--motion {{clips}}/clip.npz {_EDIT.rsplit(' ', 2)[0]} --instruction bow --llm --no-cache {_SERVER}",
    ),
    "eval_editing": Command(
        "eval_editing",
        f"--checkpoint-folder {{models}} --data-root {{data}} {_EVALUATORS} --edits {{edits.yaml}} --clips 2 --out {{out}}",
    ),
    "export": Command(
        "models.export",
        "--tokenizer {runs}/tokenizer --base {runs}/base --refine {runs}/refine --evaluator {evaluators}/toy --out {out}",
    ),
    "make_toy": Command("dataset.prepare.make_toy", "--out {out} --clips 20"),
    "build_mocap": Command("dataset.prepare.build_mocap", "--source {mocap} --out {out}"),
    "make_keywords": Command(
        "dataset.prepare.make_keywords",
        "--data-root {data} --dataname toy --offline --text-encoder minilm --text-encoder-path {encoder} --limit 4",
        writes=("data",),
    ),
    "keywords_asking": Command(
        "dataset.prepare.make_keywords",
        "--data-root {data} --dataname toy --force --skip-embeddings --limit 2 --workers 1 --retries 1 "
        + _SERVER,
        writes=("data",),
    ),
    "parse_motion": Command(
        "dataset.prepare.parse_motion",
        "--data-root {data} --dataname toy --workers 1 --pose-frame heading --codes-folder-name parsed",
        writes=("data",),
    ),
    "import_csv": Command("dataset.prepare.import_motion", "{takes} --captions {captions.csv} --out {out}"),
    "import_jsonl": Command(
        "dataset.prepare.import_motion", "{takes} --captions {captions.jsonl} --out {out}"
    ),
    "convert_bvh": Command("dataset.prepare.import_motion", "{motion}/walk.bvh --convert {out}/made.npz"),
    "convert_mapped": Command(
        "dataset.prepare.import_motion",
        "{motion}/named.npz --skeleton {skeleton.yaml} --convert {out}/made.npz",
    ),
    "convert_npz": Command("dataset.prepare.import_motion", "{motion}/named.npz --convert {out}/made.npz"),
    "convert_npy": Command("dataset.prepare.import_motion", "{motion}/joints.npy --convert {out}/made.npz"),
    "convert_csv": Command("dataset.prepare.import_motion", "{motion}/table.csv --convert {out}/made.npz"),
    "convert_amc": Command(
        "dataset.prepare.import_motion", "{motion}/subject_01.amc --convert {out}/made.npz"
    ),
    "convert_amass": Command(
        "dataset.prepare.import_motion",
        "{motion}/amass.npz --body-model {motion}/body --convert {out}/made.npz",
    ),
    "install_zip": Command("dataset.prepare.download", "glove --file {archives}/glove.zip --root {out}"),
    "install_tar": Command("dataset.prepare.download", "glove --file {archives}/glove.tar.gz --root {out}"),
}


def fill(
    line: str, world: Path, out: Path, moved: dict[str, Path] | None = None, server: str = ""
) -> list[str]:
    """The line's words with their braces filled in; `moved`: places that lie elsewhere in this case.

    An underscore in the value of --set and --instruction stands for a blank.
    """
    places = {name: world / name for name in PLACES} | (moved or {})
    places = {"out": out, "cache": world / "cache", "server": server} | places
    words = []
    for word in line.split():
        spaced = bool(words) and words[-1] in ("--set", "--instruction")
        word = word.replace("_", " ") if spaced else word
        for name, path in places.items():
            word = word.replace("{" + name + "}", str(path))
        words.append(word)
    return words
