"""Decoding edits: what was not edited stays, the published way is there, and the script writes its files."""

import numpy as np
import pytest
from editing_world import SPEC, clip, codec, features_of, person, write_tokenizer

import edit_motion as script
from dataset.features import joints_to_features, recover_joints
from dataset.motion_files.write_bvh import write_bvh
from dataset.pose_codes import parse_pose_codes
from editing import CodeBank, SetCode, Span, edit_motion
from editing.measure_edits import measure_edit
from editing.report import stretches
from editing.sources import load_clip
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON

RAISE = "raise the left hand from 1 s to 2 s"


@pytest.fixture(scope="module")
def source():
    return clip(80)


@pytest.fixture(scope="module")
def raised(source):
    return edit_motion(source, RAISE, codec())


def test_preserve_changes_only_what_was_edited(source, raised):
    unedited = raised.plan.weight == 0
    assert 20 < unedited.sum() < 60
    np.testing.assert_array_equal(
        raised.edited.features[unedited][:-1, 4:67], source.features[unedited][:-1, 4:67]
    )
    gap = np.linalg.norm(raised.edited.joints - raised.source.joints, axis=-1)
    assert gap[unedited].max() < 0.005
    legs = [1, 2, 4, 5, 7, 8, 10, 11]
    assert gap[:, legs].max() < 0.005
    assert gap[30:38, 20].min() > 0.3


def test_preserve_reaches_the_target_even_with_a_bad_decoder(raised):
    assert raised.success == 1.0 and raised.success_within(0) > 0.9


def test_features_and_joints_of_an_edit_agree(raised):
    np.testing.assert_allclose(recover_joints(raised.edited.features), raised.edited.joints, atol=1e-4)


def test_residual_codes_are_kept_away_from_the_edit(source, raised):
    far = (raised.plan.weight.reshape(-1, 4) == 0).all(1)
    assert 0 < far.sum() < len(far)
    np.testing.assert_array_equal(raised.edited.residual_codes[far], source.residual_codes[far])
    np.testing.assert_array_equal(raised.edited.pose_codes[far], source.pose_codes[far])


def test_faded_residuals_are_dropped_near_the_edit(source):
    faded = edit_motion(source, RAISE, codec(), residuals="fade")
    near = (faded.plan.weight.reshape(-1, 4) > 0).any(1)
    assert (faded.edited.residual_codes[near] == -1).all()
    assert (faded.edited.residual_codes[~near] >= 0).all()


def test_published_decoding_drops_all_residuals(source):
    result = edit_motion(source, RAISE, codec(), decoding="published", consistency="none")
    assert result.edited.residual_codes is None
    wanted = result.plan.target_codes[::4]
    changed = result.plan.edited[::4]
    assert (result.edited.pose_codes[changed] == wanted[changed]).all()
    np.testing.assert_allclose(result.edited.features, codec().decode(result.edited.pose_codes), atol=1e-5)


def test_codes_from_the_data_instead_of_a_fit(source):
    bank = CodeBank(parse_pose_codes(person(30), "heading"))
    result = edit_motion(source, RAISE, codec(), decoding="published", consistency="data", bank=bank)
    assert (result.plan.target_codes[::4] == result.edited.pose_codes)[result.plan.edited[::4]].all()
    with pytest.raises(UserError, match="--data-root"):
        edit_motion(source, RAISE, codec(), consistency="data")


def test_features_of_joints_invert_recover_joints():
    features = features_of(person(41, walk=0.6))[:40]
    joints = recover_joints(features)
    moved = joints.copy()
    moved[10:30, [18, 20]] += [0.0, 0.1, 0.05]
    weight = np.zeros(40)
    weight[10:30] = 1
    result = joints_to_features(moved, features, weight, SPEC)
    np.testing.assert_allclose(recover_joints(result), moved, atol=1e-5)
    assert np.array_equal(result[:9], features[:9]) and np.array_equal(result[31:], features[31:])
    everywhere = joints_to_features(joints, features, np.ones(40), SPEC)
    np.testing.assert_allclose(everywhere[:-1, :67], features[:-1, :67], atol=1e-4)
    np.testing.assert_allclose(everywhere[:-1, 193:259], features[:-1, 193:259], atol=1e-4)


@pytest.mark.parametrize(("frames", "residuals"), [(61, "encode"), (79, "fade")])
def test_clips_that_end_within_a_step_keep_their_last_frames(frames, residuals):
    source = clip(frames)
    assert len(source.joints) == frames and len(source.pose_codes) == len(source.residual_codes) == -(
        -frames // 4
    )
    result = edit_motion(source, RAISE, codec(), residuals=residuals)
    unedited = result.plan.weight == 0
    assert unedited[-10:].all() and len(result.edited.joints) == len(result.edited.features) == frames
    gap = np.linalg.norm(result.edited.joints - source.joints, axis=-1)
    assert gap[unedited].max() < 0.005 < gap.max()
    np.testing.assert_array_equal(result.edited.residual_codes[-1], source.residual_codes[-1])
    assert result.edited.steps_per_second == 5


@pytest.mark.parametrize("decoding", ["preserve", "published"])
def test_an_edit_reaches_into_a_step_that_is_cut_short(decoding):
    source = clip(61)
    result = edit_motion(source, "raise the left hand from 2 s to 3.05 s", codec(), decoding=decoding)
    assert result.plan.edited[-1].any() and len(result.edited.joints) == 61
    assert np.isfinite(result.edited.joints).all()
    if decoding == "preserve":
        gap = np.linalg.norm(result.edited.joints - source.joints, axis=-1)
        assert gap[-1, 20] > 0.3 and gap[result.plan.weight == 0].max() < 0.005


def test_a_step_that_is_cut_short_is_filled_up_with_its_last_frame():
    features = features_of(person(62))
    codes = codec().parse(recover_joints(features))[::4]
    filled = np.concatenate([features, features[[-1] * 3]])
    np.testing.assert_array_equal(codec().encode(features, codes), codec().encode(filled, codes))
    np.testing.assert_array_equal(codec().decode(codes, frames=61), codec().decode(codes)[:61])


def test_the_difference_is_readable(source):
    edit = SetCode("L-elbow angle", value=90, span=Span(0.8, 2.0))
    lines = edit_motion(source, edit, codec()).difference.splitlines()
    assert (
        lines[0].startswith("0.8-2.0 s: left elbow 15")
        and " -> " in lines[0]
        and lines[0].endswith("degrees")
    )
    assert "not edited differ by at most 0.0 mm" in lines[-1]


def test_measures_tell_a_good_edit_from_a_bad_one(source, raised):
    good = measure_edit(raised.source, raised.edited, raised.plan, raised.fit.joints)
    published = edit_motion(source, RAISE, codec(), decoding="published", consistency="none")
    bad = measure_edit(published.source, published.edited, raised.plan, raised.fit.joints)
    none = measure_edit(source, source, raised.plan, raised.fit.joints)
    assert good.success == good.changed == 1 and none.success < 0.5 and none.changed == 0
    assert good.frames < 0.1 < bad.frames and good.limbs < 0.1 < bad.limbs
    assert good.border < 3 * none.border + 5


def test_runs_of_true():
    assert stretches(np.array([1, 1, 0, 0, 1], bool)) == [(0, 2), (4, 5)]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"decoding": "other"}, "--decoding"),
        ({"consistency": "other"}, "--consistency"),
        ({"residuals": "other"}, "residuals"),
    ],
)
def test_wrong_choices_are_named(source, how, says):
    with pytest.raises(UserError, match=says):
        edit_motion(source, RAISE, codec(), **how)


def test_a_clip_of_another_frame_is_refused(source):
    other = clip(40)
    other.pose_frame = "world"
    with pytest.raises(UserError, match="frame"):
        edit_motion(other, RAISE, codec())


# ------------------------------------------------------------------------------------------------------------- script
def run(monkeypatch, *argv):
    monkeypatch.setattr("sys.argv", ["edit_motion.py", *map(str, argv)])
    script.main()


def test_the_script_edits_files(tmp_path, monkeypatch, capsys, source):
    folder = write_tokenizer(tmp_path / "tokenizer")
    source.save(tmp_path / "stand.npz")
    common = ("--checkpoint-folder", folder, "--out", tmp_path / "out", "--device", "cpu")
    run(
        monkeypatch,
        "--motion",
        tmp_path / "stand.npz",
        "--instruction",
        RAISE,
        "--formats",
        "npz",
        "txt",
        "mp4",
        *common,
    )
    said = capsys.readouterr().out
    assert "left hand" in said and "% of the edited codes" in said
    again = load_clip(tmp_path / "out/stand_edited.npz", codec())
    assert again.joints.shape == (80, 22, 3)
    assert (tmp_path / "out/stand_edited.mp4").stat().st_size > 5000
    with np.load(tmp_path / "out/stand_edited.npz") as saved:
        bones = np.linalg.norm(saved["joints"][:, 1:] - saved["joints"][:, T2M_SKELETON.parents[1:]], axis=-1)
    assert np.ptp(bones, axis=0).max() < 1e-4  # as generate.py writes them
    assert RAISE in (tmp_path / "out/stand_edited.txt").read_text()
    np.save(tmp_path / "joints.npy", person(50))
    run(monkeypatch, "--motion", tmp_path / "joints.npy", "--set", "L-elbow angle=90deg@0.5-1", "--formats", "npy",
        "--source", "original", *common)  # fmt: skip
    assert np.load(tmp_path / "out/joints_edited.npy").shape == (49, 22, 3)


def test_the_script_names_what_is_wrong(tmp_path, monkeypatch):
    folder = write_tokenizer(tmp_path / "tokenizer")
    common = ("--checkpoint-folder", folder, "--out", tmp_path / "out")
    with pytest.raises(UserError, match="neither a file"):
        run(monkeypatch, "--motion", "no_such_clip", "--instruction", RAISE, *common)
    (tmp_path / "bad.npz").write_bytes(b"nothing")
    with pytest.raises(UserError, match="not a clip"):
        run(monkeypatch, "--motion", tmp_path / "bad.npz", "--instruction", RAISE, *common)
    with pytest.raises(UserError, match="--instruction"):
        run(monkeypatch, "--motion", "x", *common)
    with pytest.raises(UserError, match="--model"):
        run(monkeypatch, "--motion", "x", "--instruction", "wave", "--llm", *common)
    with pytest.raises(UserError, match="no such folder"):
        run(monkeypatch, "--motion", "x", "--instruction", RAISE, "--checkpoint-folder", tmp_path / "none")
    assert not (tmp_path / "out").exists()


def test_bvh_files_can_be_edited(tmp_path):
    joints = person(49)
    write_bvh(tmp_path / "stand.bvh", joints, SPEC.fps)
    read = load_clip(tmp_path / "stand.bvh", codec(), keep="original")
    assert read.joints.shape == (48, 22, 3)
    np.testing.assert_array_equal(read.pose_codes[:, 2], parse_pose_codes(joints[:48:4], "heading")[:, 2])
    (tmp_path / "bad.bvh").write_text("HIERARCHY\n")
    with pytest.raises(UserError, match="bad.bvh"):
        load_clip(tmp_path / "bad.bvh", codec())
