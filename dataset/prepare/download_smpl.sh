#!/usr/bin/env bash
# SMPL body model (its own license applies), into body_models/smpl/. Flags go to download.py, --help lists them.
set -euo pipefail
exec "${PYTHON:-python}" "$(dirname "${BASH_SOURCE[0]}")/download.py" smpl "$@"
