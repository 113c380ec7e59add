"""Sentences, and keywords of them, as the condition that transformers were trained with (docs/method.md section 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from dataset.keyword_endpoint import BadReply
from dataset.keyword_rules import KEYWORDS, Keywords, keywords_by_rules
from dataset.text_condition import CONDITION_TOKENS
from models.base_trans import BaseTransformer
from models.text_encoder import TextEncoder, padded_tokens
from utils.runtime import UserError

KeywordSource = str | Callable[[str], Keywords]


def condition_of(
    texts: Sequence[str], encoder: TextEncoder, base: BaseTransformer, keywords: KeywordSource = "none"
) -> torch.Tensor:
    """Condition tokens (B, 12 + N, C): the sentence, eleven keywords or zeros, and N tokens if the base has them.

    Args:
        texts: sentences.
        keywords: "none"; "rules" (dataset.keyword_rules); or a function from a sentence to its keywords, such as
            dataset.keyword_endpoint.EndpointKeywords. Of each keyword's phrasings the first is taken.

    Raises:
        UserError: keywords for models that were trained without, or an unknown source.
    """
    device, count = next(base.parameters()).device, base.config.text_tokens
    sentences = torch.from_numpy(encoder.encode(list(texts))).to(device)
    tokens = torch.zeros(len(texts), CONDITION_TOKENS + count, sentences.shape[-1], device=device)
    tokens[:, 0] = sentences
    if count:
        states = encoder.encode_tokens(list(texts), count)
        tokens[:, CONDITION_TOKENS:] = torch.from_numpy(padded_tokens(*states, count)).to(device)
    if keywords == "none":
        return tokens
    if not getattr(base.info.arguments, "use_keywords", True):
        raise UserError(f"--keywords: {base.info.folder} was trained without keywords; leave the flag out")
    if isinstance(keywords, str):
        if keywords != "rules":
            raise UserError(f"--keywords {keywords} is unknown: use none, rules or a function")
        keywords = keywords_by_rules
    try:
        keywords_of_texts = [keywords(text) for text in texts]
    except BadReply as error:
        raise UserError(f"keywords: {error}; try again, or --keywords rules") from error
    phrases = [of_text[key][0] for of_text in keywords_of_texts for key in KEYWORDS]
    vectors = torch.from_numpy(encoder.encode(phrases)).to(device)
    tokens[:, 1:CONDITION_TOKENS] = vectors.reshape(len(texts), len(KEYWORDS), -1)
    return tokens
