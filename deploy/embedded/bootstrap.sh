#!/usr/bin/env bash
# Makes .venv with the locked packages and the members of the workspace: `bootstrap.sh run`, or `dev` with the tools.
# `bootstrap.sh bench` makes .spplus/comparators: what the bench compares with, whose pins lie below the platform's.
# The second time it sees by its stamp that nothing changed and ends at once.
set -euo pipefail
cd "$(dirname "$0")/../.."

kind=${1:-}
venv=.venv
members=(contracts services/chassis services/feedback services/indicators services/notifier deploy/embedded)
case $kind in
    run|dev) ;;
    bench) venv=.spplus/comparators members=(contracts) ;;
    *) echo "usage: bootstrap.sh run|dev|bench" >&2; exit 2 ;;
esac

fail() {
    echo "bootstrap: $1" >&2
    exit 1
}

recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if command -v "$candidate" >/dev/null && recent "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11 or later is needed and was not found (Debian: apt-get install python3 python3-venv); name one with PYTHON=path"
}

lock_of() {
    if [ "$1" = run ]; then echo requirements.lock; else echo "requirements-$1.lock"; fi
}

fingerprint() {
    cksum "$(lock_of "$1")" deploy/embedded/bootstrap.sh "${members[@]/%//pyproject.toml}"
    pwd -P
}

done_already() {
    [ -f "$venv/.bootstrapped-$1" ] && [ "$(cat "$venv/.bootstrapped-$1")" = "$(fingerprint "$1")" ]
}

# A count while pip works: its own output is long and says little.
count_packages() {
    local total done=0 line
    total=$(grep -c '^[a-zA-Z0-9]' "$lock")
    while IFS= read -r line; do
        case $line in
            Collecting*|"Requirement already"*)
                done=$((done + 1))
                if [ -t 1 ]; then printf '\r  packages: %d of %d at most' "$done" "$total"; fi ;;
        esac
    done
    printf '%s  packages: %d\n' "$([ -t 1 ] && printf '\r\033[K' || true)" "$done"
}

if [ -x "$venv/bin/python" ] && recent "$venv/bin/python"; then
    if done_already "$kind" || { [ "$kind" = run ] && done_already dev; }; then exit 0; fi
else
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python lacks the venv module (Debian: apt-get install python3-venv)"
    echo "making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
fi

lock=$(lock_of "$kind")
log=$venv/bootstrap.log
pip=("$venv/bin/python" -m pip --disable-pip-version-check --no-input install)
echo "installing the locked packages ($lock)"
"${pip[@]}" --require-hashes --no-deps -r "$lock" 2>&1 | tee "$log" | count_packages ||
    fail "pip could not install them; it said: $(tail -n 5 "$log")"
echo "installing the members of the workspace"
"${pip[@]}" -q --no-deps --no-build-isolation "${members[@]/#/--editable=}"
fingerprint "$kind" > "$venv/.bootstrapped-$kind"
