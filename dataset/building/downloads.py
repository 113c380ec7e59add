"""What others have published and download.py brings: each archive, and the folder its content belongs in."""

from __future__ import annotations

from dataclasses import dataclass

OWN_EVALUATOR = (  # an official evaluator has no note
    "text_mot_match/evaluator.json",
    *(f"VQVAEV3_CB1024_CMT_H1024_NRES3/meta/{name}.npy" for name in ("mean", "std")),
)


@dataclass(frozen=True)
class Item:
    """One archive and the folder its content belongs in."""

    name: str
    target: str  # folder, relative to the root
    marker: str  # a glob pattern: the folder that has this inside is the one wanted
    drive_id: str | None = None  # on Google Drive
    address: str | None = None  # anywhere else
    page: str = ""  # where people get it by hand, when there is no address to fetch
    remark: str = ""
    whole: bool = False  # all of the archive is wanted, wherever in it the marker lies
    several: bool = False  # every folder with the marker is wanted, under its own name
    ours: tuple[
        str, ...
    ] = ()  # files that tell of a model of our own making, the first only of one: go with it


ITEMS: dict[str, tuple[Item, ...]] = {
    "glove": (Item("glove", "glove", "our_vab_data.npy", "1bCeS6Sh_mLVTebxIgiUHgdPrroW06mb6"),),
    "extractor": (
        Item(
            "t2m",
            "checkpoints/t2m",
            "text_mot_match/model/finest.tar",
            "1FIiqtkt4F-GVWmnBgtZnv9W3cPWS-oM-",
            ours=OWN_EVALUATOR,
        ),
        Item(
            "kit",
            "checkpoints/kit",
            "text_mot_match/model/finest.tar",
            "1KNU8CsMAnxFrwopKBBkC8jEULGLPBHQp",
            ours=OWN_EVALUATOR,
        ),
    ),
    "smpl": (
        Item(
            "smpl",
            "body_models/smpl",
            "*.pkl",
            "1INYlGA76ak_cKGzvpOV2Pe6RkYTlXTW2",
            "SMPL's own license applies: accept it at smpl.is.tue.mpg.de before you use these files",
        ),
    ),
    "keywords": (
        Item("keywords", "dataset/HumanML3D/keywords", "[M0-9]*.npy", "12Hvo11kBD_gI-EpHG9iYfsBenX78o-t4"),
        Item(
            "keyword_embeddings",
            "dataset/HumanML3D/keyword_embeddings",
            "[M0-9]*.npy",
            "14VrliBsOMXUiSIfkRq6EQ6JRMMdHrVlf",
        ),
    ),
    "model": (
        Item(
            "model",
            "pretrained",
            "arguments.yaml",
            remark="the folders lead to each other: python generate.py --checkpoint-folder pretrained",
            several=True,
        ),
    ),
    "mocap": (
        Item(
            "bandai",
            "dataset/originals/bandai",
            "dataset-2_*.bvh",
            address="https://github.com/BandaiNamcoResearchInc/Bandai-Namco-Research-Motiondataset"
            "/archive/refs/heads/master.zip",
            remark="Bandai-Namco-Research-Motiondataset, CC BY-NC 4.0",
            whole=True,
        ),
        Item(
            "reactidle",
            "dataset/originals/reactidle",
            "*_genuine.bvh",
            address="https://github.com/Enekoassets/ReActIdle/archive/refs/heads/main.zip",
            remark="ReActIdle, MIT",
            whole=True,
        ),
        Item(
            "cmu",
            "dataset/originals/cmu",
            "01_01.amc",
            address="http://mocap.cs.cmu.edu/allasfamc.zip",
            remark="CMU's motion capture database, free, but not to be sold again",
            whole=True,
        ),
        Item(
            "cmu_daz",
            "dataset/originals/cmu_daz",
            "[01][0-9]_*.bvh",
            page="B. Hahne's Daz-friendly BVH conversion of CMU (cgspeed), the archives of subjects 01-09 and 10-14",
            remark="terms as for CMU's own files; both archives are needed, subjects 01-09 and 10-14",
            whole=True,
        ),
        Item(
            "hdm05",
            "dataset/originals/hdm05",
            "HDM_*_120.amc",
            page="resources.mpi-inf.mpg.de/HDM05, the cut clips in AMC format and the ASF files of the five actors",
            remark="HDM05, CC BY-SA 3.0; put the five actors' ASF files there, too",
            whole=True,
        ),
    ),
}
