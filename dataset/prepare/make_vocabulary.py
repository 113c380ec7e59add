"""The words of a data set's captions with their vectors, which an evaluator takes along so that choosing needs no spaCy.

    python dataset/prepare/make_vocabulary.py --data-root dataset/Composed \\
        --out exp_result/small_matcher_export/mocap/vocabulary.npz

See `dataset.vocabulary`. Captions are those of DATA_ROOT/texts; vectors are spaCy's. Runs from any directory.
"""

from __future__ import annotations

if not __package__:  # a plain script, from any directory; `python -m` needs no help
    import bootstrap  # noqa: F401

from dataset.captions import read_captions
from dataset.vocabulary import Vocabulary
from dataset.word_vectors import load_word_vectors
from options.prepare import vocabulary_parser
from utils.runtime import UserError, run_script


def main(argv: list[str] | None = None) -> None:
    """Parse options, collect the words of the captions, write the file."""
    args = vocabulary_parser(__doc__).parse_args(argv)
    paths = sorted((args.data_root / "texts").glob("*.txt"))
    if not paths:
        raise UserError(f"--data-root {args.data_root}: no texts/*.txt there")
    captions = [caption for path in paths for caption in read_captions(path)]
    vocabulary = Vocabulary.of(captions, load_word_vectors(None, "spacy"))
    vocabulary.save(args.out)
    print(f"{args.out}: {len(vocabulary.token_of)} words")


if __name__ == "__main__":
    run_script(main)
