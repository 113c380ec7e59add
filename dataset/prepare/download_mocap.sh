#!/usr/bin/env bash
# The public archives of motion capture, into dataset/originals/ (docs/mocap.md). Flags go to download.py, --help lists them.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
python=$here/../../.venv/bin/python # made by setup_env.sh
if [ -n "${VIRTUAL_ENV:-}" ] || [ ! -x "$python" ]; then python=python; fi
exec "${PYTHON:-$python}" "$here/download.py" mocap "$@"
