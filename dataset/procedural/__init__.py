"""Procedural motion with captions: the toy data set's puppet, kinds of motion and sentences."""
