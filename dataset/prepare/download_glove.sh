#!/usr/bin/env bash
# GloVe word vectors for the official evaluators, into glove/. Flags go to download.py, --help lists them.
set -euo pipefail
exec "${PYTHON:-python}" "$(dirname "${BASH_SOURCE[0]}")/download.py" glove "$@"
