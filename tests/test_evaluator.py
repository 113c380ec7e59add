"""The evaluator computes what the official one does, whatever the batch, and its files round-trip."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models.evaluator import (
    CONTACTS,
    MASKED,
    MODEL_FILE,
    NOTE_FILE,
    PUBLISHED,
    STATISTICS_FOLDER,
    EvaluatorSizes,
    TextMotionEvaluator,
    load_evaluator,
    save_evaluator,
)
from models.export import copy_evaluator
from utils.runtime import UserError

SMALL = EvaluatorSizes(
    features=19, movement_hidden=10, movement=9, motion_hidden=12, text_hidden=8, embedding=16
)
WIDTH = SMALL.features + CONTACTS


@pytest.fixture
def evaluator():
    torch.manual_seed(0)
    return TextMotionEvaluator(SMALL, {"origin": "own", "word_vectors": "spacy"}).eval().requires_grad_(False)


def random_motion(batch, frames, seed=1):
    return torch.randn(batch, frames, WIDTH, generator=torch.Generator().manual_seed(seed))


def random_text(batch, words=22, seed=2):
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.randn(batch, words, 300, generator=generator)
    tags = F.one_hot(torch.randint(15, (batch, words), generator=generator), 15).float()
    return vectors, tags


def head(module, states):
    x = F.linear(states, module.output_net[0].weight, module.output_net[0].bias)
    x = F.layer_norm(x, x.shape[-1:], module.output_net[1].weight, module.output_net[1].bias)
    return F.linear(F.leaky_relu(x, 0.2), module.output_net[3].weight, module.output_net[3].bias)


def gru_by_hand(module, inputs):
    """Last states (1, 2 * hidden) of a bidirectional GRU over one sequence (L, width), gate by gate."""
    x = F.linear(inputs, module.input_emb.weight, module.input_emb.bias)
    states = []
    for direction, suffix in enumerate(("", "_reverse")):
        gate = {
            key: getattr(module.gru, f"{key}_l0{suffix}")
            for key in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        }
        state = module.hidden[direction, 0]
        for step in x.flip(0) if direction else x:
            r, z, n = (gate["weight_ih"] @ step + gate["bias_ih"]).chunk(3)
            hr, hz, hn = (gate["weight_hh"] @ state + gate["bias_hh"]).chunk(3)
            r, z = torch.sigmoid(r + hr), torch.sigmoid(z + hz)
            state = (1 - z) * torch.tanh(n + r * hn) + z * state
        states.append(state)
    return torch.cat(states)[None]


def motion_by_hand(evaluator, clip, frames):
    """A clip (1, n, WIDTH) of which `frames` count, padded by zeros to what it has: two plain convolutions."""
    main = evaluator.movement_encoder.main
    x = clip[..., :-4].permute(0, 2, 1)
    x = F.leaky_relu(F.conv1d(x, main[0].weight, main[0].bias, stride=2, padding=1), 0.2)
    x = F.leaky_relu(F.conv1d(x, main[3].weight, main[3].bias, stride=2, padding=1), 0.2)
    movements = evaluator.movement_encoder.out_net(x.permute(0, 2, 1))[0, : frames // 4]
    return head(evaluator.motion_encoder, gru_by_hand(evaluator.motion_encoder, movements))


def published_by_hand(evaluator, clip):
    """As the published loaders and networks: the clip is followed by zeros up to 196 frames."""
    frames = clip.shape[1]
    return motion_by_hand(evaluator, F.pad(clip, (0, 0, 0, max(0, 196 - frames))), frames)


LENGTHS = [4, 40, 64, 192, 196, 240]


def in_one_batch(clips, longest):
    """Clips (1, n, D) in one batch (B, longest, D), with rubbish where there is no clip."""
    batch = torch.full((len(clips), longest, clips[0].shape[2]), 1e3)
    for row, clip in enumerate(clips):
        batch[row, : clip.shape[1]] = clip[0]
    return batch


@pytest.mark.parametrize("longest", [240, 301])
def test_official_format_gives_the_published_numbers_whatever_the_batch(longest):
    torch.manual_seed(0)
    evaluator = TextMotionEvaluator(SMALL).eval().requires_grad_(False)
    clips = [random_motion(1, frames, seed=frames) for frames in LENGTHS]
    expected = torch.cat([published_by_hand(evaluator, clip) for clip in clips])
    found = evaluator.encode_motion(in_one_batch(clips, longest), torch.tensor(LENGTHS))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    alone = [evaluator.encode_motion(clip, torch.tensor([clip.shape[1]])) for clip in clips]
    torch.testing.assert_close(torch.cat(alone), expected, atol=1e-5, rtol=0)
    masked = torch.cat([motion_by_hand(evaluator, clip, clip.shape[1]) for clip in clips])
    differs = (masked - expected).abs().amax(1) > 1e-3
    assert differs.tolist() == [True, True, True, True, False, False]  # nothing follows 196 frames and more


def test_a_checkpoint_of_official_size_gives_the_published_numbers(tmp_path):
    write_official(tmp_path, scale=0.08)
    evaluator = load_evaluator(tmp_path, "t2m")
    clips = [
        torch.randn(1, frames, 263, generator=torch.Generator().manual_seed(frames)) for frames in (40, 196)
    ]
    expected = torch.cat([published_by_hand(evaluator, clip) for clip in clips])
    found = evaluator.encode_motion(in_one_batch(clips, 196), torch.tensor([40, 196]))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    masked = motion_by_hand(evaluator, clips[0], 40)
    assert (masked - expected[0]).abs().max() > 1e-2


@pytest.mark.parametrize("frames", LENGTHS)
def test_our_own_evaluator_sees_nothing_after_a_clip(evaluator, frames):
    clip = random_motion(1, frames)
    expected = motion_by_hand(evaluator, clip, frames)
    torch.testing.assert_close(evaluator.encode_motion(clip, torch.tensor([frames])), expected)


def test_text_of_a_single_caption_equals_the_official_computation(evaluator):
    words, tags = random_text(1)
    text = evaluator.text_encoder
    inputs = words + F.linear(tags, text.pos_emb.weight, text.pos_emb.bias)
    expected = head(text, gru_by_hand(text, inputs[0, :9]))
    torch.testing.assert_close(evaluator.encode_text(words, tags, torch.tensor([9])), expected)


def test_a_clip_has_the_same_embedding_alone_padded_with_anything_and_in_any_order(evaluator):
    lengths = [40, 196, 64, 43]
    alone = [random_motion(1, n, seed=n) for n in lengths]
    expected = torch.cat(
        [evaluator.encode_motion(c, torch.tensor([n])) for c, n in zip(alone, lengths, strict=True)]
    )
    batch = in_one_batch(alone, 199)
    found = evaluator.encode_motion(batch, torch.tensor(lengths))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    order = torch.tensor([2, 0, 3, 1])
    again = evaluator.encode_motion(batch[order], torch.tensor(lengths)[order])
    torch.testing.assert_close(again, expected[order], atol=1e-5, rtol=1e-5)
    assert (expected[0] - expected[2]).abs().max() > 1e-3


def test_a_length_counts_in_whole_steps_of_four_frames(evaluator):
    clip = random_motion(1, 43)
    torch.testing.assert_close(
        evaluator.encode_motion(clip, torch.tensor([43])),
        evaluator.encode_motion(clip[:, :40], torch.tensor([40])),
    )


def test_contacts_are_not_seen_and_all_other_features_are(evaluator):
    clip, length = random_motion(1, 40).requires_grad_(True), torch.tensor([40])
    evaluator.encode_motion(clip, length).sum().backward()
    seen = clip.grad.abs().amax(dim=(0, 1)) > 0
    assert seen[:-4].all() and not seen[-4:].any()


def test_words_after_the_end_are_not_seen(evaluator):
    words, tags = random_text(3)
    lengths = torch.tensor([5, 22, 11])
    expected = evaluator.encode_text(words, tags, lengths)
    words[0, 5:], tags[2, 11:] = 7, 1
    torch.testing.assert_close(evaluator.encode_text(words, tags, lengths), expected)
    words[0, 4] += 1
    assert (evaluator.encode_text(words, tags, lengths)[0] - expected[0]).abs().max() > 1e-4


def test_wrong_width_or_length_is_an_error(evaluator):
    with pytest.raises(ValueError, match="expected features"):
        evaluator.encode_motion(random_motion(1, 40)[..., 1:], torch.tensor([40]))
    for length in (3, 44):
        with pytest.raises(ValueError, match="4..40 frames"):
            evaluator.encode_motion(random_motion(1, 40), torch.tensor([length]))


# ------------------------------------------------------------------------------ files


@pytest.mark.parametrize("half", [False, True])
def test_saved_evaluator_loads_with_its_sizes_statistics_and_note(evaluator, tmp_path, half):
    evaluator.mean, evaluator.std = np.arange(WIDTH, dtype=np.float32), np.ones(WIDTH, np.float32)
    path = save_evaluator(evaluator, tmp_path, "mocap", epoch=7, half=half)
    loaded = load_evaluator(tmp_path, "mocap")
    assert path == tmp_path / "mocap" / MODEL_FILE and loaded.sizes == SMALL and not loaded.training
    assert (
        loaded.note["origin"] == "own" and loaded.note["word_vectors"] == "spacy" and not loaded.is_official
    )
    assert np.array_equal(loaded.mean, evaluator.mean) and np.array_equal(loaded.std, evaluator.std)
    clip, length = random_motion(2, 40), torch.tensor([40, 32])
    tolerance = 2e-2 if half else 0
    torch.testing.assert_close(
        loaded.encode_motion(clip, length), evaluator.encode_motion(clip, length), atol=tolerance, rtol=0
    )
    content = torch.load(path, weights_only=True)
    assert sorted(content) == ["epoch", "motion_encoder", "movement_encoder", "text_encoder"]
    assert content["epoch"] == 7
    assert content["motion_encoder"]["hidden"].dtype == (torch.float16 if half else torch.float32)
    assert loaded.motion_encoder.hidden.dtype == torch.float32


def rewrite_note(root, dataname, **changes):
    """Change entries of a stored note; None removes one."""
    path = root / dataname / NOTE_FILE
    note = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in note.items() if value is not None}))


def test_the_note_says_which_padding_an_evaluator_computes(evaluator, tmp_path, repo):
    clip, length = random_motion(1, 40), torch.tensor([40])
    save_evaluator(evaluator, tmp_path, "toy")
    assert json.loads((tmp_path / "toy" / NOTE_FILE).read_text())["padding"] == MASKED
    own = evaluator.encode_motion(clip, length)
    published = published_by_hand(evaluator, clip)
    cases = [
        ({"padding": PUBLISHED}, published),
        ({"padding": MASKED}, own),
        ({"padding": None}, own),  # as notes were before they said so
        ({"padding": None, "origin": "official"}, published),
    ]
    for changes, expected in cases:
        rewrite_note(tmp_path, "toy", **changes)
        torch.testing.assert_close(load_evaluator(tmp_path, "toy").encode_motion(clip, length), expected)
    (tmp_path / "toy" / NOTE_FILE).unlink()
    torch.testing.assert_close(load_evaluator(tmp_path, "toy").encode_motion(clip, length), published)
    shipped = load_evaluator(repo / "pretrained/small/evaluator", "mocap")
    assert not shipped.is_official and shipped.note["padding"] == MASKED


def test_an_official_evaluator_copied_over_an_own_one_stays_official(evaluator, tmp_path):
    write_official(tmp_path / "official")
    evaluator.mean, evaluator.std = np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32)
    save_evaluator(evaluator, tmp_path / "out", "t2m")
    copy_evaluator(tmp_path / "official/t2m", tmp_path / "out/t2m")
    loaded = load_evaluator(tmp_path / "out", "t2m")
    assert loaded.is_official and loaded.note["padding"] == PUBLISHED and loaded.mean is None


@pytest.mark.parametrize("padding", ["zeros", 3, ["masked"]])
def test_an_unknown_padding_is_one_line_that_names_the_note(evaluator, tmp_path, padding):
    save_evaluator(evaluator, tmp_path, "toy")
    rewrite_note(tmp_path, "toy", padding=padding)
    with pytest.raises(
        UserError, match=r"evaluator\.json: padding .* is unknown; use one of published, masked"
    ):
        load_evaluator(tmp_path, "toy")


def official_tensors():
    """Names and shapes of the published file, written out (reference, section 8)."""

    def gru(width):
        names = {
            "weight_ih_l0": (3 * width, width),
            "weight_hh_l0": (3 * width, width),
            "bias_ih_l0": (3 * width,),
        }
        names["bias_hh_l0"] = (3 * width,)
        return {f"gru.{k}{s}": shape for s in ("", "_reverse") for k, shape in names.items()}

    def linear(name, into, out):
        return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}

    def sequence(width, hidden):
        shapes = {"hidden": (2, 1, hidden), **linear("input_emb", width, hidden), **gru(hidden)}
        shapes |= linear("output_net.0", 2 * hidden, hidden) | linear("output_net.3", hidden, 512)
        return shapes | {"output_net.1.weight": (hidden,), "output_net.1.bias": (hidden,)}

    movement = {"main.0.weight": (512, 259, 4), "main.0.bias": (512,), "main.3.weight": (512, 512, 4)}
    return {
        "movement_encoder": movement | {"main.3.bias": (512,)} | linear("out_net", 512, 512),
        "text_encoder": sequence(300, 512) | linear("pos_emb", 15, 300),
        "motion_encoder": sequence(512, 1024),
    }


def write_official(root, change=lambda content: None, scale=0.02):
    generator = torch.Generator().manual_seed(0)
    content = {
        part: {key: scale * torch.randn(shape, generator=generator) for key, shape in shapes.items()}
        for part, shapes in official_tensors().items()
    }
    content["epoch"] = 30
    change(content)
    (root / "t2m" / MODEL_FILE).parent.mkdir(parents=True)
    torch.save(content, root / "t2m" / MODEL_FILE)


def test_official_layout_loads_and_counts_as_official(tmp_path):
    write_official(tmp_path)
    loaded = load_evaluator(tmp_path, "t2m")
    assert loaded.is_official and loaded.note["word_vectors"] == "glove" and loaded.sizes == EvaluatorSizes()
    assert loaded.mean is None and loaded.std is None
    assert sum(p.numel() for p in nn.Module.parameters(loaded)) > 15e6
    assert loaded.encode_motion(torch.zeros(2, 8, 263), torch.tensor([8, 4])).shape == (2, 512)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.pop("text_encoder"), "missing text_encoder"),
        (lambda c: c["motion_encoder"].pop("hidden"), "missing motion_encoder.hidden"),
        (
            lambda c: c["movement_encoder"].pop("main.0.weight"),
            "missing tensors movement_encoder.main.0.weight",
        ),
        (lambda c: c["text_encoder"].update(extra=torch.ones(1)), "unknown text_encoder.extra"),
        (
            lambda c: c["text_encoder"].update(hidden=torch.ones(2, 1, 4)),
            "inconsistent shape: text_encoder.hidden",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_one_line_naming_file_and_tensors(tmp_path, change, words):
    write_official(tmp_path, change)
    with pytest.raises(UserError, match=words) as caught:
        load_evaluator(tmp_path, "t2m")
    assert "finest.tar" in str(caught.value) and "\n" not in str(caught.value)


def test_absent_or_unreadable_files_say_what_to_do(evaluator, tmp_path):
    with pytest.raises(UserError, match="train_evaluator.py"):
        load_evaluator(tmp_path, "t2m")
    save_evaluator(evaluator, tmp_path, "toy")
    (tmp_path / "toy" / NOTE_FILE).write_text("{")
    with pytest.raises(UserError, match="evaluator.json: not JSON"):
        load_evaluator(tmp_path, "toy")
    (tmp_path / "toy" / NOTE_FILE).write_text(json.dumps({"origin": "own"}))
    (tmp_path / "toy" / STATISTICS_FOLDER).mkdir(parents=True)
    np.save(tmp_path / "toy" / STATISTICS_FOLDER / "mean.npy", [1.0])
    with pytest.raises(UserError, match="mean.npy: shape"):
        load_evaluator(tmp_path, "toy")
    (tmp_path / "toy" / MODEL_FILE).write_bytes(b"not a checkpoint")
    with pytest.raises(UserError, match="finest.tar: not a checkpoint of tensors and numbers"):
        load_evaluator(tmp_path, "toy")
