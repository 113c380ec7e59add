"""What a text condition is made of: frozen text encoders by their names, one sentence and eleven keywords."""

from __future__ import annotations

from dataset.keyword_rules import KEYWORDS

ENCODER_WIDTHS = {"clip": 512, "minilm": 384}  # text encoders by name: width of their embeddings
MAX_TOKENS = {"clip": 77, "minilm": 256}  # tokens of a text that each was trained with
CONDITION_TOKENS = 1 + len(KEYWORDS)
