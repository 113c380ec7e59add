"""Sound inputs for every script, tiny and made here, so that a case can damage one of them.

The scripts themselves make most of it, which shows that the commands the cases start from work.
"""

from __future__ import annotations

import json
import pickle
import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np

from dataset.features import recover_joints
from dataset.keyword_rules import KEYWORDS
from utils.skeleton import T2M_SKELETON
from visualization.export import write_bvh, write_joints

from .commands import COMMANDS, fill
from .sandbox import run

REPO = Path(__file__).resolve().parents[2]
WORDS = "unk sos eos a person walk left right hand raise the forward slowly".split()
CLIPS = 44  # leaves a training split with one batch of the metrics' 32
MODEL_RUNS = (
    ("train_evaluator", "evaluator"),
    ("train_tokenizer", "tokenizer"),
    ("train_base", "base"),
    ("train_refine", "refine"),
)


def build_world(root: Path) -> Path:
    """Make everything below `root`; returns it. Its folders and files are named in `commands.PLACES`."""
    root.mkdir(parents=True, exist_ok=True)
    _must(root, "dataset.prepare.make_toy", f"--out {root}/data --clips {CLIPS}".split())
    write_glove(root / "glove")
    write_text_encoder(root / "encoder")
    encoder = f"--text-encoder minilm --text-encoder-path {root}/encoder"
    keywords = f"--data-root {root}/data --dataname toy --offline {encoder}"
    _must(root, "dataset.prepare.make_keywords", keywords.split())
    write_texts(root)
    (root / "configs").symlink_to(REPO / "configs")
    for command, name in MODEL_RUNS:
        out = root / "training" / name
        if name == "tokenizer":
            shutil.copytree(root / "training" / "evaluator" / "evaluators", root / "evaluators")
        _make(root, command, out)
        if name != "evaluator":
            shutil.copytree(next((out / name).iterdir()), root / "runs" / name)
    _make(root, "export", root / "models")
    shutil.rmtree(root / "training")
    _make(root, "generate", root / "clips")
    next((root / "clips").glob("*.npz")).rename(root / "clips" / "clip.npz")
    write_motion(root / "motion", root / "data")
    write_takes(root)
    write_mocap(root / "mocap", root / "data")
    write_archives(root)
    return root


def _make(root: Path, command: str, out: Path) -> None:
    _must(root, COMMANDS[command].script, fill(COMMANDS[command].line, root, out))


def _must(root: Path, script: str, words: list[str]) -> None:
    outcome = run(script, words, root)
    if outcome.code != 0:
        raise AssertionError(f"{script} {' '.join(words)}\n{outcome.crash}{outcome.err}{outcome.out}")


def write_glove(folder: Path) -> None:
    """Word vectors in the official files' form, of a dozen words."""
    folder.mkdir()
    np.save(folder / "our_vab_data.npy", np.random.default_rng(0).standard_normal((len(WORDS), 300)))
    (folder / "our_vab_words.pkl").write_bytes(pickle.dumps(WORDS))
    (folder / "our_vab_idx.pkl").write_bytes(pickle.dumps({word: row for row, word in enumerate(WORDS)}))


def write_text_encoder(folder: Path) -> None:
    """A text encoder of MiniLM's kind and width, with one tiny layer and a vocabulary of letters."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir()
    letters = "abcdefghijklmnopqrstuvwxyz"
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n")
    config = BertConfig(
        vocab_size=len(tokens), hidden_size=384, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
        max_position_embeddings=256,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)


def write_texts(root: Path) -> None:
    """Text files that options name."""
    (root / "sentences.txt").write_text("a person walks forward\na person raises the left hand\n")
    (root / "edits.yaml").write_text("edits:\n  - Raise left hand at the end\n")
    (root / "losses.yaml").write_text((REPO / "configs/exp_dec/losses.yaml").read_text())
    (root / "losses_refine.yaml").write_text((REPO / "configs/exp_rt2m/losses.yaml").read_text())
    (root / "skeleton.yaml").write_text((REPO / "configs/skeletons/smpl.yaml").read_text())
    (root / "replies").mkdir()
    edit = {"group": "L-elbow angle", "start_frame": 0, "end_frame": 20, "action": "set", "code": 3}
    (root / "replies" / "edit.json").write_text(
        json.dumps({"possible": True, "reason": "", "edits": [edit, edit]})
    )
    keywords = {key: ["one", "two", "three"] for key in KEYWORDS}
    (root / "replies" / "keywords.json").write_text(json.dumps(keywords))
    (root / "preset.yaml").write_text("lr: 1.0e-4\ngamma: 0.5\nwarm-up-iter: 1\n")
    (root / "preset_generate.yaml").write_text("temperature: 0.9\nformats: [npz]\nseconds: 1\n")


def write_motion(folder: Path, data: Path) -> None:
    """One motion in every form that can be read."""
    folder.mkdir()
    features = np.load(data / "new_joint_vecs" / "000000.npy")
    joints = recover_joints(features)
    np.save(folder / "features.npy", features)
    write_bvh(folder / "walk.bvh", joints, 20.0)
    write_joints(folder / "table.csv", joints)
    np.save(folder / "joints.npy", joints)
    names = np.array(T2M_SKELETON.joint_names)
    np.savez(folder / "named.npz", joints=joints, joint_names=names, fps=20.0)
    write_amass(folder)
    write_amc(folder)


def write_amass(folder: Path) -> None:
    """amass.npz, 60 frames at 20 a second, and the body model it needs in body/."""
    rest = np.zeros((22, 3))
    for joint in range(1, 22):
        parent = T2M_SKELETON.parents[joint]
        rest[joint] = rest[parent] + T2M_SKELETON.rest_directions[joint] * T2M_SKELETON.bone_lengths[joint]
    place = folder / "body" / "smplh" / "neutral"
    place.mkdir(parents=True)
    np.savez(place / "model.npz", v_template=rest, shapedirs=np.zeros((22, 3, 10)), J_regressor=np.eye(22))
    time = np.arange(60) / 20
    poses = np.zeros((60, 156))
    poses[:, 0] = np.pi / 2  # upright where z is up
    poses[:, 3], poses[:, 6] = 0.3 * np.sin(5 * time), -0.3 * np.sin(5 * time)
    poses[:, 50], poses[:, 53] = -1.2, 1.2
    trans = np.stack([0 * time, -time, 0 * time + 0.95], 1)
    np.savez(
        folder / "amass.npz",
        poses=poses,
        trans=trans,
        betas=np.zeros(10),
        gender="neutral",
        mocap_framerate=20.0,
    )


CMU_BONES = (  # name, parent, direction and length in centimetres
    *(("lhipjoint", "root", (1, -0.6, 0), 11), ("lfemur", "lhipjoint", (0.2, -1, 0), 40)),
    *(
        ("ltibia", "lfemur", (0.2, -1, 0), 42),
        ("lfoot", "ltibia", (0, -0.3, 1), 12),
        ("ltoes", "lfoot", (0, 0, 1), 6),
    ),
    *(("rhipjoint", "root", (-1, -0.6, 0), 11), ("rfemur", "rhipjoint", (-0.2, -1, 0), 40)),
    *(
        ("rtibia", "rfemur", (-0.2, -1, 0), 42),
        ("rfoot", "rtibia", (0, -0.3, 1), 12),
        ("rtoes", "rfoot", (0, 0, 1), 6),
    ),
    *(("lowerback", "root", (0, 1, 0), 11), ("upperback", "lowerback", (0, 1, 0), 11)),
    *(("thorax", "upperback", (0, 1, 0), 11), ("lowerneck", "thorax", (0, 1, 0), 8)),
    *(("upperneck", "lowerneck", (0, 1, 0.2), 8), ("head", "upperneck", (0, 1, 0), 9)),
    *(("lclavicle", "thorax", (1, 0.5, 0), 18), ("lhumerus", "lclavicle", (1, -0.2, 0), 29)),
    *(("lradius", "lhumerus", (1, 0, 0), 17), ("lwrist", "lradius", (1, 0, 0), 9)),
    *(("rclavicle", "thorax", (-1, 0.5, 0), 18), ("rhumerus", "rclavicle", (-1, -0.2, 0), 29)),
    *(("rradius", "rhumerus", (-1, 0, 0), 17), ("rwrist", "rradius", (-1, 0, 0), 9)),
)
MOVING = ("lfemur", "rfemur", "lhumerus", "rhumerus")


def write_amc(folder: Path) -> None:
    """A skeleton with CMU's bones (subject.asf) and 300 frames at 120 a second of it (subject_01.amc)."""
    lines = [
        ":version 1.10", ":units", "  mass 1.0", "  length 0.45", "  angle deg", ":root", "  order TX TY TZ RX RY RZ",
        "  axis XYZ", "  position 0 0 0", "  orientation 0 0 0", ":bonedata",
    ]  # fmt: skip
    scale = 0.45 / 2.54  # file units in a centimetre
    for number, (name, _, direction, length) in enumerate(CMU_BONES, 1):
        unit = np.array(direction) / np.linalg.norm(direction)
        lines += ["  begin", f"    id {number}", f"    name {name}"]
        lines += [f"    direction {' '.join(f'{x:.5f}' for x in unit)}", f"    length {length * scale:.5f}"]
        lines += ["    axis 0 0 0 XYZ", *(["    dof rx"] if name in MOVING else []), "  end"]
    lines += [":hierarchy", "  begin"]
    lines += [f"    {parent} {name}" for name, parent, *_ in CMU_BONES] + ["  end"]
    (folder / "subject.asf").write_text("\n".join(lines) + "\n")
    frames = ["#!OML:ASF", ":FULLY-SPECIFIED", ":DEGREES"]
    for frame in range(300):
        swing = 20 * np.sin(frame / 20)
        frames += [str(frame + 1), f"root 0 {92 * scale:.4f} {frame * 0.8 * scale:.4f} 0 0 0"]
        frames += [f"{name} {swing * (-1) ** place:.4f}" for place, name in enumerate(MOVING)]
    (folder / "subject_01.amc").write_text("\n".join(frames) + "\n")


def write_takes(root: Path) -> None:
    """Folders of motion files for the import, and caption tables of both kinds."""
    takes = root / "takes"
    takes.mkdir()
    for number in range(3):
        shutil.copy(root / "motion" / "walk.bvh", takes / f"walk{number}.bvh")
    rows = [(f"walk{number}", "a person walks") for number in range(3)]
    (root / "captions.csv").write_text("file,caption\n" + "".join(f"{a},{b}\n" for a, b in rows))
    lines = [json.dumps({"file": name, "captions": [text]}) for name, text in rows]
    (root / "captions.jsonl").write_text("\n".join(lines) + "\n")


def write_mocap(folder: Path, data: Path) -> None:
    """A motion-capture source as build_mocap.py reads it, of a few toy clips."""
    folder.mkdir()
    names = ["000000", "000001", "000002", "000003"]
    clips = [recover_joints(np.load(data / "new_joint_vecs" / f"{name}.npy")) for name in names]
    everything = np.concatenate(clips)
    np.savez(
        folder / "joints.npz",
        ids=np.array(names),
        offsets=np.cumsum([0, *map(len, clips)]),
        root=everything[:, 0].astype(np.float32),
        local=np.round((everything - everything[:, :1]) * 1e4).astype(np.int16),
    )
    line = "a man walks#a/DET man/NOUN walk/VERB#0.0#0.0"
    entries = [json.dumps({"id": name, "lines": [line]}) for name in names]
    (folder / "captions.jsonl").write_text("\n".join(entries) + "\n")
    for split, members in {"train": names[:2], "val": names[2:3], "test": names[3:]}.items():
        (folder / f"{split}.txt").write_text("\n".join(members) + "\n")


def write_archives(root: Path) -> None:
    """The word vectors as a zip and as a tar.gz, as download.py takes them by --file."""
    folder = root / "archives"
    folder.mkdir()
    with zipfile.ZipFile(folder / "glove.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((root / "glove").iterdir()):
            archive.write(path, f"glove/{path.name}")
    with tarfile.open(folder / "glove.tar.gz", "w:gz") as archive:
        archive.add(root / "glove", "glove")
