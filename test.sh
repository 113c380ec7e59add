#!/usr/bin/env bash
# Lint, formatting, types and tests, from any directory:  bash test.sh [pytest arguments]
# Two processes share the tests, file by file (tests/two_workers.py); -n 0 or --pdb keeps them in one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
bash setup_env.sh
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
# First among the options, so that whatever a user says of them wins; without xdist there are no such options.
case " ${PYTEST_ADDOPTS-} $* " in
  *no:xdist*) ;;
  *) export PYTEST_ADDOPTS="-n auto --dist loadfile --no-loadscope-reorder ${PYTEST_ADDOPTS-}" ;;
esac
exec .venv/bin/python -m pytest -q "$@"
