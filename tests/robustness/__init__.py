"""Bad input for every script: a table of cases, fuzzers for the readers, and a judge of what comes out.

`python -m tests.robustness` runs all of it and prints the counts of docs/robustness.md; `tests/test_robustness.py`
runs a fixed share of it.
"""
