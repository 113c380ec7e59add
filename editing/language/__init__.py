"""Everyday English as operations on pose codes: by rules that work offline, or by a language model."""
