"""Damaged files: every kind of file, every damage of its kind, every script that reads it.

A row of `READS`: commands, file, kind of its damages, how it ends, words of which the message must have one. Words
left out mean the file's own name.
"""

from __future__ import annotations

from collections.abc import Iterator

from .damages import (
    ANY,
    FOLDER,
    NPY,
    PTH,
    PTH_EITHER,
    TEXT,
    TEXT_FINE,
    VALUES,
    YAML,
    ZIPPED,
    Damage,
    arrays,
    missing,
)
from .file_damages import (
    AMASS_NPZ,
    BASE_ARGUMENTS,
    CLIP_EITHER,
    CLIP_FILE,
    CLIP_NPZ,
    CSV,
    DEVIATIONS,
    EDITS,
    ENCODER_FILES,
    IDS,
    JSONL,
    KEYWORD_FILE,
    LOSSES,
    MAPS,
    NAMED_NPZ,
    NPY_CLIP,
    PICKLES,
    PRESET,
    SENTENCES,
    STATISTICS,
    TOKENIZER_ARGUMENTS,
)
from .judge import EITHER, REFUSED, WORKS
from .play import Case

TRAINS = ("train_tokenizer", "train_base", "train_refine", "train_evaluator")
EVALUATES = ("eval_tokenizer", "eval_base", "eval_refine")
USES_TOKENIZER = ("train_base", "eval_tokenizer", "eval_refine")

Row = tuple[tuple[str, ...], str, dict[str, Damage], str, tuple[str, ...]]
READS: list[Row] = [
    # ------------------------------------------------------------------------------------- a data set
    (TRAINS, "data/Mean.npy", STATISTICS, REFUSED, ()),
    (TRAINS, "data/Std.npy", DEVIATIONS, REFUSED, ()),
    (TRAINS, "data/train.txt", IDS, REFUSED, ()),
    (TRAINS, "data/val.txt", IDS, REFUSED, ()),
    (EVALUATES, "data/train.txt", IDS, REFUSED, ()),
    (TRAINS, "data/train.txt", TEXT_FINE, WORKS, ()),
    (("eval_base",), "data/train.txt", TEXT_FINE, WORKS, ()),
    (
        ("train_tokenizer", "train_base", "eval_tokenizer"),
        "data/new_joint_vecs/000003.npy",
        NPY_CLIP,
        WORKS,
        ("000003",),
    ),
    (("train_base", "eval_base"), "data/codes_heading/000003.npy", NPY_CLIP, WORKS, ("000003",)),
    (
        ("train_base",),
        "data/texts/000003.txt",
        {name: TEXT[name] for name in TEXT if name not in ("half", "a web page", "nul bytes")},
        WORKS,
        ("000003",),
    ),
    (("train_base",), "data/texts/000003.txt", TEXT_FINE, WORKS, ()),
    (
        ("train_tokenizer", "parse_motion"),
        "data/codes_heading/frame.json",
        {n: YAML[n] for n in YAML},
        EITHER,
        (),
    ),
    (("parse_motion",), "data/new_joints/000003.npy", NPY_CLIP, EITHER, ("000003",)),
    (
        ("make_keywords",),
        "data/texts/000000.txt",
        {n: TEXT[n] for n in TEXT if n not in ("half", "a web page", "nul bytes")},
        EITHER,
        (),
    ),
    (("make_keywords",), "data/keywords/000000.npy", KEYWORD_FILE, EITHER, ("000000",)),
    (("train_tokenizer",), "data", FOLDER, REFUSED, ("data",)),
    # --------------------------------------------------------------------------------- trained models
    (("generate", "eval_tokenizer", "train_base", "export"), "runs/tokenizer/mean.npy", {}, REFUSED, ()),
    (
        ("eval_tokenizer", "train_base", "export"),
        "runs/tokenizer/net_best_fid.pth",
        PTH,
        REFUSED,
        ("tokenizer",),
    ),
    (("generate",), "models/exp_pg_tokenizer/net_best_fid.pth", PTH, REFUSED, ("exp_pg_tokenizer",)),
    (
        ("generate",),
        "models/exp_base_transformer/net_best_fid.pth",
        PTH,
        REFUSED,
        ("exp_base_transformer", "no base"),
    ),
    (
        ("generate",),
        "models/exp_refine_transformer/net_best_fid.pth",
        PTH,
        REFUSED,
        ("exp_refine_transformer",),
    ),
    (("edit_clip",), "models/exp_pg_tokenizer/net_best_fid.pth", PTH, REFUSED, ("exp_pg_tokenizer",)),
    (("eval_refine", "export"), "runs/refine/net_best_fid.pth", PTH, REFUSED, ("refine",)),
    (("eval_base", "train_refine"), "runs/base/net_best_fid.pth", PTH, REFUSED, ("base",)),
    (("resume_tokenizer", "start_tokenizer"), "runs/tokenizer/net_last.pth", PTH, REFUSED, ("net_last.pth",)),
    (("generate",), "models/exp_pg_tokenizer/net_best_fid.pth", PTH_EITHER, EITHER, ("exp_pg_tokenizer",)),
    (("resume_tokenizer",), "runs/tokenizer/net_last.pth", PTH_EITHER, EITHER, ("net_last.pth",)),
    (
        ("generate", "edit_clip"),
        "models/exp_pg_tokenizer/mean.npy",
        STATISTICS,
        REFUSED,
        ("mean.npy", "Mean.npy", "statistics"),
    ),
    (
        ("generate", "edit_clip"),
        "models/exp_pg_tokenizer/std.npy",
        DEVIATIONS,
        REFUSED,
        ("std.npy", "Std.npy", "statistics"),
    ),
    (("export",), "runs/tokenizer/std.npy", DEVIATIONS, REFUSED, ()),
    (
        ("generate", "edit_clip"),
        "models/exp_pg_tokenizer/arguments.yaml",
        TOKENIZER_ARGUMENTS,
        REFUSED,
        ("arguments.yaml", "exp_pg_tokenizer"),
    ),
    (
        ("generate",),
        "models/exp_base_transformer/arguments.yaml",
        BASE_ARGUMENTS,
        REFUSED,
        ("arguments.yaml", "exp_base_transformer", "base"),
    ),
    (
        ("generate",),
        "models/exp_refine_transformer/arguments.yaml",
        BASE_ARGUMENTS,
        REFUSED,
        ("arguments.yaml", "exp_refine_transformer", "refine"),
    ),
    (
        ("train_base", "eval_tokenizer"),
        "runs/tokenizer/arguments.yaml",
        TOKENIZER_ARGUMENTS,
        REFUSED,
        ("arguments.yaml", "runs/tokenizer"),
    ),
    (
        ("resume_tokenizer",),
        "runs/tokenizer/arguments.yaml",
        TOKENIZER_ARGUMENTS,
        REFUSED,
        ("arguments.yaml", "runs/tokenizer", "--"),
    ),
    (
        ("eval_tokenizer", "train_tokenizer"),
        "evaluators/toy/text_mot_match/model/finest.tar",
        ZIPPED,
        EITHER,
        ("finest.tar", "evaluator"),
    ),
    (("eval_tokenizer", "train_tokenizer"), "evaluators", FOLDER, EITHER, ("evaluator",)),
    (
        ("export",),
        "evaluators/toy/text_mot_match/model/finest.tar",
        ZIPPED,
        REFUSED,
        ("finest.tar", "evaluator"),
    ),
    # ----------------------------------------------------------------------- word vectors, text encoder
    (("train_evaluator", "eval_base"), "glove/our_vab_data.npy", NPY, EITHER, ("our_vab", "glove")),
    (("train_evaluator",), "glove/our_vab_words.pkl", PICKLES, REFUSED, ("our_vab", "glove")),
    (("train_evaluator",), "glove/our_vab_idx.pkl", PICKLES, REFUSED, ("our_vab", "glove")),
    (("generate",), "encoder/config.json", ENCODER_FILES, REFUSED, ("encoder",)),
    (("generate",), "encoder/model.safetensors", ENCODER_FILES, REFUSED, ("encoder",)),
    (("generate",), "encoder", FOLDER, REFUSED, ("encoder",)),
    # -------------------------------------------------------------------------- motion files, edit and import
    (("edit_clip",), "clips/clip.npz", ZIPPED | {"missing": missing}, REFUSED, ()),
    (
        ("edit_clip",),
        "clips/clip.npz",
        {n: d for n, d in CLIP_NPZ.items() if n not in CLIP_EITHER},
        REFUSED,
        (),
    ),
    (("edit_clip",), "clips/clip.npz", {n: CLIP_NPZ[n] for n in CLIP_EITHER}, EITHER, ("clip.npz",)),
    (("edit_features",), "motion/features.npy", NPY | {"missing": missing}, REFUSED, ()),
    (("edit_joints", "convert_npy"), "motion/joints.npy", NPY | {"missing": missing}, REFUSED, ()),
    (
        ("edit_bvh", "convert_bvh"),
        "motion/walk.bvh",
        {n: TEXT[n] for n in TEXT if n != "half"} | CLIP_FILE["bvh"],
        REFUSED,
        (),
    ),
    (("edit_bvh", "convert_bvh"), "motion/walk.bvh", TEXT_FINE | {"half": ANY["half"]}, EITHER, ()),
    (("edit_by_id",), "data/new_joint_vecs/000002.npy", NPY | {"missing": missing}, REFUSED, ("000002",)),
    (("edit_by_id",), "data/texts/000002.txt", TEXT, EITHER, ()),
    (("convert_npz",), "motion/named.npz", ZIPPED | NAMED_NPZ, REFUSED, ()),
    (
        ("convert_csv",),
        "motion/table.csv",
        {n: TEXT[n] for n in TEXT if n != "half"} | CLIP_FILE["csv"],
        REFUSED,
        (),
    ),
    (("convert_csv",), "motion/table.csv", TEXT_FINE | {"half": ANY["half"]}, EITHER, ()),
    (
        ("convert_amc",),
        "motion/subject_01.amc",
        {n: TEXT[n] for n in TEXT if n != "half"} | CLIP_FILE["amc"],
        REFUSED,
        (),
    ),
    (("convert_amc",), "motion/subject_01.amc", TEXT_FINE | {"half": ANY["half"]}, EITHER, ()),
    (
        ("convert_amc",),
        "motion/subject.asf",
        {n: TEXT[n] for n in TEXT} | CLIP_FILE["asf"],
        REFUSED,
        ("subject", ".asf"),
    ),
    (("convert_amass",), "motion/amass.npz", ZIPPED | AMASS_NPZ, REFUSED, ()),
    (
        ("convert_amass",),
        "motion/body/smplh/neutral/model.npz",
        ZIPPED | {"missing": missing},
        REFUSED,
        ("model", "body"),
    ),
    (("convert_amass",), "motion/body", FOLDER, REFUSED, ("body",)),
    (
        ("import_csv",),
        "takes/walk1.bvh",
        {n: TEXT[n] for n in TEXT if n not in ("half", "missing", "a folder", "a circle of links")}
        | CLIP_FILE["bvh"],
        WORKS,
        ("walk1",),
    ),
    (("import_csv",), "takes", FOLDER, REFUSED, ("takes",)),
    (("import_csv",), "captions.csv", CSV, REFUSED, ()),
    (("import_csv",), "captions.csv", TEXT_FINE, WORKS, ()),
    (("import_jsonl",), "captions.jsonl", JSONL, REFUSED, ()),
    (("import_jsonl",), "captions.jsonl", TEXT_FINE, WORKS, ()),
    (
        ("build_mocap",),
        "mocap/joints.npz",
        ZIPPED
        | {
            f"{key} {name}": arrays(**{key: change})
            for key in ("ids", "offsets", "root", "local")
            for name, change in VALUES.items()
            if (key, name) != ("ids", "of text")
        }
        | {f"no {key}": arrays(**{key: None}) for key in ("ids", "offsets", "root", "local")},
        REFUSED,
        (),
    ),
    (
        ("build_mocap",),
        "mocap/captions.jsonl",
        {n: JSONL[n] for n in JSONL if n not in ("half a pair", "a huge cell")},
        REFUSED,
        (),
    ),
    (
        ("build_mocap",),
        "mocap/train.txt",
        {n: TEXT[n] for n in TEXT if n != "half"} | {"unknown clips": IDS["unknown clips"]},
        REFUSED,
        ("train.txt", "train"),
    ),
    (("build_mocap",), "mocap/train.txt", TEXT_FINE, WORKS, ()),
    # ---------------------------------------------------------------------------------- texts that options name
    (("generate",), "sentences.txt", SENTENCES, REFUSED, ()),
    (("generate",), "sentences.txt", TEXT_FINE, WORKS, ()),
    (("eval_editing",), "edits.yaml", EDITS, REFUSED, ("edits", "frobnicate")),
    (("train_tokenizer",), "losses.yaml", LOSSES, REFUSED, ()),
    (("train_refine",), "losses_refine.yaml", LOSSES, REFUSED, ()),
    (("convert_mapped",), "skeleton.yaml", MAPS, REFUSED, ("skeleton.yaml", "--unit", "--up")),
    (("start_tokenizer",), "preset.yaml", PRESET, REFUSED, ("preset.yaml", "--lr")),
    (("generate_preset",), "preset_generate.yaml", PRESET, REFUSED, ()),
    # ----------------------------------------------------------------------------------------------- archives
    (("install_zip",), "archives/glove.zip", ZIPPED | {"missing": missing}, REFUSED, ()),
    (("install_tar",), "archives/glove.tar.gz", ANY, REFUSED, ()),
]


# What the readers understand, or do without, by design: (file or its ending, damage), which may also end well.
UNDERSTOOD = {
    ("", "utf-16"), ("", "one dimension more"), ("", "joints one dimension more"),
    (".bvh", "words for numbers"), (".bvh", "a row too short"),  # trailing text; fewer rows than announced
    (".asf", "bad utf-8"), ("captions.csv", "infinite times"), ("captions.jsonl", "half a pair"),
    ("amass.npz", "gender unknown"), ("std.npy", "one zero"), ("Std.npy", "one zero"),
    ("train.txt", "nul bytes"), ("val.txt", "nul bytes"),
}  # fmt: skip


def file_cases() -> Iterator[Case]:
    """All of them."""
    for commands, path, damages, ends, says in READS:
        name = path.rsplit("/", 1)[-1]
        for command in commands:
            for what, damage in damages.items():
                words = says or ((name, f"({name[:-4]})", f"data/{name[:-4]}") if ends == REFUSED else ())
                fine = any(path.endswith(ending) and what == name for ending, name in UNDERSTOOD)
                # Statistics that are not there are taken from the data set.
                fine |= (command, what) == ("edit_clip", "missing") and name in ("mean.npy", "std.npy")
                ending, said = (EITHER, words) if fine else (ends, words)
                yield Case("file", command, what, path, damage, ends=ending, says=said)
