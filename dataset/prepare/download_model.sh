#!/usr/bin/env bash
# Published model weights, into pretrained/: give --url, --file or --folder. Flags go to download.py, --help lists them.
set -euo pipefail
exec "${PYTHON:-python}" "$(dirname "${BASH_SOURCE[0]}")/download.py" model "$@"
