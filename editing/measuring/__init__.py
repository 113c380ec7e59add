"""Measuring edits: checks of joints before and after, instructions with their checks, the report by family."""
