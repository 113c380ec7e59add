"""Damages of each kind of file: those of `damages`, and what only such a file can suffer."""

from __future__ import annotations

from .damages import (
    ANY,
    NPY,
    TEXT,
    VALUES,
    YAML,
    Damage,
    array,
    arrays,
    lines,
    missing,
    rewrite,
    setting,
    text,
)

STATISTICS = {name: NPY[name] for name in NPY if name != "without rows"} | {
    "without rows": array(lambda values: values[:0]),
    "missing": missing,
    "a matrix": array(lambda values: values[None].repeat(2, 0)),
}
DEVIATIONS = STATISTICS | {
    "zero": array(lambda values: values * 0),
    "negative": array(lambda values: -values),
    "one zero": array(lambda values: values * (values > values.min())),
}
NPY_CLIP = NPY | {"missing": missing}

_keys = ("width", "code_dim", "depth", "down_t", "dilation_growth_rate", "rvq_num_quantizers", "rvq_nb_code")
_trans = ("embed_dim_gpt", "num_layers", "n_head_gpt", "ff_rate")
WRONG = {
    "a text": "wide",
    "negative": -3,
    "zero": 0,
    "absurd": 10**9,
    "a list": [1, 2],
    "None": None,
    "a fraction": 2.5,
}


def _arguments(keys: tuple[str, ...]) -> dict[str, Damage]:
    """Settings of a stored model that describe no model."""
    damages = {f"{key} {name}": setting(**{key: value}) for key in keys for name, value in WRONG.items()}
    damages |= {
        f"{key} {value!r}": setting(**{key: value})
        for key, values in {
            "dataname": ("nowhere", 7, None, [], {}),
            "pose_frame": ("sideways", 7, []),
            "kit_codes": ("other", 3),
        }.items()
        for value in values
    }
    return YAML | damages


TOKENIZER_ARGUMENTS = _arguments(_keys) | {
    f"{key} {value!r}": setting(**{key: value})
    for key, value in (
        *(("vq_act", "sine"), ("vq_norm", "XX"), ("rvq_quantizer_type", "firm"), ("residual_ratio", "much")),
        ("residual_ratio", float("nan")),
    )
}
BASE_ARGUMENTS = _arguments(_trans) | {
    f"{key} {value!r}": setting(**{key: value})
    for key, value in (
        ("drop_out_rate", 2),
        ("drop_out_rate", "x"),
        ("clip_dim", 7),
        ("text_encoder", "other"),
    )
}
IDS = {name: TEXT[name] for name in TEXT if name != "half"} | {
    "unknown clips": rewrite(lambda content: b"nobody\nno-one\n"),
    "paths that climb": rewrite(lambda content: b"../../x\n/etc/passwd\n"),
}
CLIP_FILE = {
    "bvh": {
        "no motion": text(lambda held: held.split("MOTION")[0]),
        "no hierarchy": text(lambda held: "MOTION" + held.split("MOTION")[1]),
        "frame time NaN": text(lambda held: held.replace("Frame Time:", "Frame Time: nan #")),
        "frame time huge": text(lambda held: held.replace("Frame Time: ", "Frame Time: 1e9 #")),
        "frame time negative": text(lambda held: held.replace("Frame Time: ", "Frame Time: -")),
        "words for numbers": text(lambda held: held.rsplit("\n", 3)[0] + "\nup down left\n"),
        "a row too short": text(lambda held: held.rstrip().rsplit(" ", 3)[0] + "\n"),
        "NaN in a row": text(lambda held: held.rstrip().rsplit(" ", 1)[0] + " nan\n"),
        "a channel unknown": text(lambda held: held.replace("Xrotation", "Wrotation", 1)),
        "unbalanced braces": text(lambda held: held.replace("}", "", 3)),
        "offset of two numbers": text(lambda held: held.replace("OFFSET", "OFFSET 1 2\nOFFSET", 1)),
        "no frames": text(
            lambda held: held.split("Frame Time")[0].rsplit("Frames", 1)[0] + "Frames: 0\nFrame Time: .05\n"
        ),
        "deep": rewrite(
            lambda content: b"HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\nCHANNELS 0\n" + b"JOINT a {\n" * 20_000
        ),
        "offsets of NaN": text(lambda held: held.replace("OFFSET ", "OFFSET nan ", 4)),
    },
    "amc": {
        "unknown bone": text(lambda held: held.replace("lfemur", "tail", 1)),
        "a value missing": text(lambda held: held.replace("root 0", "root", 1)),
        "words": text(lambda held: held.replace("root 0", "root zero", 1)),
        "no frames": lines(lambda held: held[:3]),
        "NaN": text(lambda held: held.replace("root 0", "root nan", 1)),
    },
    "asf": {
        "length 0": text(lambda held: held.replace("length 0.45", "length 0")),
        "length NaN": text(lambda held: held.replace("length 0.45", "length nan")),
        "no hierarchy": text(lambda held: held.split(":hierarchy")[0]),
        "a circle of bones": text(lambda held: held.replace("    root lhipjoint", "    ltoes lhipjoint")),
        "unknown parent": text(lambda held: held.replace("    root lhipjoint", "    tail lhipjoint")),
        "no bones": text(lambda held: held.split(":bonedata")[0] + ":hierarchy\n  begin\n  end\n"),
        "direction of zeros": text(lambda held: held.replace("direction ", "direction 0 0 0 #", 3)),
        "order of nonsense": text(lambda held: held.replace("TX TY TZ", "QX QY QZ")),
    },
    "csv": {
        "a word": text(lambda held: held.rstrip().rsplit(",", 1)[0] + ",up\n"),
        "a row too short": text(lambda held: held.rstrip().rsplit(",", 1)[0] + "\n"),
        "NaN": text(lambda held: held.rstrip().rsplit(",", 1)[0] + ",nan\n"),
        "header alone": lines(lambda held: held[:1]),
        "a huge cell": text(lambda held: held + "1" * 200_000 + "\n"),
    },
}
NAMED_NPZ = (
    {f"joints {name}": arrays(joints=change) for name, change in VALUES.items()}
    | {
        f"fps {name}": arrays(fps=lambda old, value=value: np_value(value))
        for name, value in {
            "NaN": float("nan"),
            "zero": 0.0,
            "negative": -20.0,
            "a text": "fast",
            "infinite": float("inf"),
        }.items()
    }
    | {
        "names too few": arrays(joint_names=lambda names: names[:-1]),
        "names twice": arrays(joint_names=lambda names: names[[0] * len(names)]),
        "no joints": arrays(joints=None),
        "joints of metres 1e30": arrays(joints=lambda values: values * 1e30),
        "joints all zero": arrays(joints=lambda values: values * 0),
    }
)
AMASS_NPZ = (
    {f"poses {name}": arrays(poses=change) for name, change in VALUES.items()}
    | {f"trans {name}": arrays(trans=change) for name, change in VALUES.items()}
    | {
        f"rate {name}": arrays(mocap_framerate=lambda old, value=value: np_value(value))
        for name, value in {"NaN": float("nan"), "zero": 0.0, "negative": -20.0, "a text": "fast"}.items()
    }
    | {
        "betas NaN": arrays(betas=lambda values: values * float("nan")),
        "betas of text": arrays(betas=lambda values: np_value("x")),
        "gender unknown": arrays(gender=lambda value: np_value("robot")),
        "no poses": arrays(poses=None),
        "no trans": arrays(trans=None),
    }
)
CLIP_NPZ = (
    {f"features {name}": arrays(features=change) for name, change in VALUES.items()}
    | {f"joints {name}": arrays(joints=change) for name, change in VALUES.items()}
    | {f"pose_codes {name}": arrays(pose_codes=change) for name, change in VALUES.items()}
    | {f"residual_codes {name}": arrays(residual_codes=change) for name, change in VALUES.items()}
    | {
        f"no {name}": arrays(**{name: None})
        for name in ("features", "joints", "pose_codes", "fps", "pose_frame")
    }
    | {
        f"fps {name}": arrays(fps=lambda old, value=value: np_value(value))
        for name, value in {
            "NaN": float("nan"),
            "zero": 0.0,
            "negative": -20.0,
            "a text": "fast",
            "absurd": 1e9,
        }.items()
    }
    | {
        "pose_codes out of range": arrays(pose_codes=lambda values: values + 200),
        "residual_codes out of range": arrays(residual_codes=lambda values: values + 10_000),
        "residual_codes negative": arrays(residual_codes=lambda values: values - 10_000),
        "pose_codes of other steps": arrays(pose_codes=lambda values: values[:1]),
        "residual_codes of other steps": arrays(residual_codes=lambda values: values[:1]),
        "joints of other frames": arrays(joints=lambda values: values[:-3]),
        "joints of metres 1e30": arrays(joints=lambda values: values * 1e30),
        "pose_frame unknown": arrays(pose_frame=lambda value: np_value("sideways")),
        "joints of another body": arrays(joints=lambda values: values[:, :21]),
    }
)
# A value that is not there or does not fit may be replaced by what follows from the others.
CLIP_EITHER = {name for name in CLIP_NPZ if name.split(" ")[0] in ("residual_codes", "pose_codes")}

TABLE = {name: TEXT[name] for name in TEXT if name not in ("half",)} | {
    "a huge cell": text(lambda held: held + 'walk0,"' + "x" * 200_000 + '"\n'),
    "one huge line": text(lambda held: "x" * 300_000),
}
CSV = TABLE | {
    "other columns": text(lambda held: held.replace("file,caption", "a,b")),
    "times of words": text(lambda held: "file,caption,start,end\nwalk0,a person walks,one,two\n"),
    "times of NaN": text(lambda held: "file,caption,start,end\nwalk0,a person walks,nan,nan\n"),
    "an end before its start": text(lambda held: "file,caption,start,end\nwalk0,a person walks,3,1\n"),
    "infinite times": text(lambda held: "file,caption,start,end\nwalk0,a person walks,0,inf\n"),
    "more cells than columns": text(lambda held: held + "walk0,a,b,c\n"),
    "nobody's files": text(lambda held: held.replace("walk", "run")),
    "split unknown": text(lambda held: "file,caption,split\nwalk0,a person walks,dev\n"),
}
JSONL = TABLE | {
    "deep": rewrite(lambda content: b"[" * 100_000 + b"\n"),
    "not an object": text(lambda held: "[1, 2]\n"),
    "no caption": text(lambda held: '{"file": "walk0"}\n'),
    "a caption that is a number": text(lambda held: '{"file": "walk0", "caption": {"a": 1}}\n'),
    "unclosed": text(lambda held: held.replace("}", "")),
    "a huge number": text(lambda held: '{"file": "walk0", "caption": "x", "start": 1e999, "end": 2}\n'),
    "a number of 5000 digits": text(
        lambda held: '{"file": "walk0", "caption": "x", "start": ' + "9" * 5000 + "}\n"
    ),
    "half a pair": text(lambda held: '{"file": "walk0", "caption": "\\ud800"}\n'),
}
SENTENCES = {name: TEXT[name] for name in TEXT if name not in ("half", "a web page")}
EDITS = YAML | {
    "edits a number": text(lambda held: "edits: 7\n"),
    "an edit a number": text(lambda held: "edits: [7]\n"),
    "an edit of nonsense": text(lambda held: "edits: [frobnicate the quux]\n"),
    "no edits": text(lambda held: "edits: []\n"),
    "empty": ANY["empty"],
}
LOSSES = YAML | {
    "weight a text": text(lambda held: held.replace("weight: 1.0", "weight: much")),
    "weight NaN": text(lambda held: held.replace("weight: 1.0", "weight: .nan")),
    "weight negative": text(lambda held: held.replace("weight: 1.0", "weight: -1.0")),
    "weight a list": text(lambda held: held.replace("weight: 1.0", "weight: [1]")),
}
MAPS = YAML | {
    "empty": ANY["empty"],
    "joints a number": text(lambda held: "joints: 7\n"),
    "joint missing": lines(lambda held: held[:-2]),
    "unit a word": text(
        lambda held: held.replace("joints:", "unit: furlong\njoints:", 1).replace("unit: m\n", "")
    ),
    "up nonsense": text(
        lambda held: "up: sideways\n" + "\n".join(x for x in held.splitlines() if not x.startswith("up"))
    ),
    "formats a number": text(
        lambda held: "formats: 7\n" + "\n".join(x for x in held.splitlines() if "formats" not in x)
    ),
}
PRESET = YAML | {
    "a value of the wrong type": text(lambda held: "lr: fast\n"),
    "a value a table": text(lambda held: "lr: {a: 1}\n"),
    "NaN": text(lambda held: "lr: .nan\n"),
    "a number for a word": text(lambda held: "text-encoder: 7\n"),
    "negative": text(lambda held: "lr: -1\n"),
}
KEYWORD_FILE = {name: NPY[name] for name in NPY if name not in VALUES and name != "a circle of links"} | {
    name: NPY[name] for name in ("of text", "a scalar", "a planted pickle", "without rows")
}
PICKLES = {name: ANY[name] for name in ANY if name != "missing"}
ENCODER_FILES = {name: ANY[name] for name in ("empty", "half", "noise", "zeros", "a web page")}


def np_value(value: object):
    import numpy as np

    return np.array(value)
