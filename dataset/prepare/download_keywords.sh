#!/usr/bin/env bash
# CoMo's fine-grained keywords and their CLIP vectors, into dataset/HumanML3D/. Flags go to download.py, --help lists them.
set -euo pipefail
exec "${PYTHON:-python}" "$(dirname "${BASH_SOURCE[0]}")/download.py" keywords "$@"
