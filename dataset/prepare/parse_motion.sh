#!/usr/bin/env bash
# Pose codes of a data set (HumanML3D by default); flags go to parse_motion.py, --help lists them.
set -euo pipefail
exec "${PYTHON:-python}" "$(dirname "${BASH_SOURCE[0]}")/parse_motion.py" "$@"
