#!/usr/bin/env bash
# Runs every check that reads code without running it, all of them also if one fails.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"

failed=()
check() {
    local name=$1
    shift
    printf '→ %s\n' "$name"
    "$@" || failed+=("$name")
}

check "ruff" ruff check --quiet .
check "ruff format" ruff format --check --quiet .
check "mypy" mypy servicedesk tests tools hatch_build.py
check "import contracts" lint-imports --no-logo
check "console" python hatch_build.py typecheck lint

if [ ${#failed[@]} -gt 0 ]; then
    (IFS=,; printf 'lint: failed: %s\n' "${failed[*]}" >&2)
    exit 1
fi
echo "lint: all checks passed"
