#!/usr/bin/env bash
# Makes .venv hold the desk and everything its tests need. The second time it only looks.
# uv does it if it is there (INSTALLER=pip keeps it out), else venv and pip.
# PYTHON names the interpreter; without it the first one found that is new enough.
# `install.sh python` leaves the console unbuilt.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv
stamp=$venv/.installed-from

say() { printf '→ %s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 1; }

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" || fail "PYTHON=$PYTHON is not a Python of at least 3.11"
        echo "$PYTHON"
        return
    fi
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11; do
        if is_new_enough "$candidate"; then echo "$candidate"; return; fi
    done
    fail "found no Python of at least 3.11; install one (Debian: apt install python3 python3-venv) or name it: make install PYTHON=/path/to/python"
}

has_uv() { [ "${INSTALLER:-uv}" = uv ] && command -v uv >/dev/null 2>&1; }

make_venv() {
    if [ -x $venv/bin/python ] && is_new_enough $venv/bin/python; then return; fi
    local python
    python=$(find_python)
    say "making $venv with $("$python" --version)"
    rm -rf $venv
    if has_uv; then
        uv venv --quiet --python "$python" $venv
    else
        "$python" -m venv $venv || fail "venv failed; on Debian and Ubuntu: apt install python3-venv"
    fi
}

# Turns pip's flood into one line that counts.
count_packages() {
    local total
    total=$(wc -l <requirements.lock)
    awk -v total="$total" -v terminal="$([ -t 1 ] && echo 1 || echo 0)" '
        /^Collecting/ && terminal { printf "\r  %d of %d packages", ++n, total; fflush() }
        /^Installing collected/   { printf (terminal ? "\r" : "") "  all fetched, unpacking      \n"; fflush() }
        /^(ERROR|WARNING: Retrying)/ { print }
    '
}

install_packages() {
    if has_uv; then
        say "installing Python packages with uv (a few seconds the first time)"
        uv pip install --quiet --python $venv/bin/python -r requirements.lock
    else
        say "installing Python packages (about a minute the first time)"
        $venv/bin/python -m pip --version >/dev/null 2>&1 || $venv/bin/python -m ensurepip -q
        PYTHONUNBUFFERED=1 $venv/bin/python -m pip install --disable-pip-version-check \
            -r requirements.lock 2>&1 | count_packages
    fi
}

# Without build isolation: hatchling is in the environment already, from the lock. The console
# is built by the same hook, but in a step of its own below, where its progress can be seen.
install_desk() {
    say "installing servicedesk itself"
    export SERVICEDESK_SKIP_CONSOLE=1
    if has_uv; then
        uv pip install --quiet --python $venv/bin/python --no-build-isolation \
            -c requirements.lock -e '.[dev]'
    else
        $venv/bin/python -m pip install -qq --disable-pip-version-check \
            --no-build-isolation -c requirements.lock -e '.[dev]'
    fi
}

made_from() {
    cat pyproject.toml requirements.lock hatch_build.py tools/install.sh | cksum
}

make_venv
if [ "$(cat $stamp 2>/dev/null)" != "$(made_from)" ]; then
    install_packages
    (install_desk)
    made_from >$stamp
fi
if [ "${1:-}" != python ]; then $venv/bin/python hatch_build.py; fi
