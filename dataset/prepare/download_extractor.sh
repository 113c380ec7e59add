#!/usr/bin/env bash
# Official text-motion evaluators, into checkpoints/t2m and checkpoints/kit. Flags go to download.py, --help lists them.
set -euo pipefail
exec "${PYTHON:-python}" "$(dirname "${BASH_SOURCE[0]}")/download.py" extractor "$@"
