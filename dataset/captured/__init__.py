"""Captured motion: which takes of public archives the clips were cut from, and how to cut them again."""

from dataset.captured.originals import Cuttings, cut_originals
from dataset.captured.takes import SETS, Cut, read_cuts

__all__ = ["SETS", "Cut", "Cuttings", "cut_originals", "read_cuts"]
