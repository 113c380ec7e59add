#!/usr/bin/env bash
# Pose codes of a data set (HumanML3D by default); flags go to parse_motion.py, --help lists them.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
python=$here/../../.venv/bin/python # made by setup_env.sh
if [ -n "${VIRTUAL_ENV:-}" ] || [ ! -x "$python" ]; then python=python; fi
exec "${PYTHON:-$python}" "$here/parse_motion.py" "$@"
