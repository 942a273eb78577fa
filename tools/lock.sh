#!/usr/bin/env bash
# Resolves the dependencies anew into requirements.lock: names, versions and markers for every
# Python from 3.11 on, but no hosts and no hashes. Words given go to uv: --upgrade-package NAME.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    .venv/bin/python -m pip install -qq uv
    uv=.venv/bin/uv
fi
echo "→ resolving"
"$uv" pip compile --quiet --universal --python-version 3.11 --extra dev \
    --no-annotate --no-header pyproject.toml -o requirements.lock "$@"
git --no-pager diff --stat -- requirements.lock
