#!/usr/bin/env bash
# A program of somebody else's builds on what `cmake --install` puts there, and judges as busguard does.
#
#   example.sh SOURCE BUILD COMPILER
set -euo pipefail
source=$1 build=$2 compiler=$3

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
cmake --install "$build" --prefix "$work/usr" --component library >/dev/null
pc=$(dirname "$(find "$work/usr" -name busguard.pc)")
# The prefix of the file is where a package puts it.
flags=$(PKG_CONFIG_PATH=$pc pkg-config --define-variable=prefix="$work/usr" --cflags --libs busguard)
# shellcheck disable=SC2086 # words
"$compiler" -std=c++23 -Wall -Wextra "$source/examples/judge/main.cpp" $flags -o "$work/judge"

ask() {
    "$build/bin/busguard" authenticate "$1" --machine "$source/tests/scenario/machine.toml" --state "$work/keys" \
        --evidence "$work/$2" >/dev/null 2>&1
}
expect() {
    local status=0
    "$work/judge" "$work/$2" "$3" >"$work/said" 2>&1 || status=$?
    if [ "$status" != "$1" ] || ! grep -q "$4" "$work/said"; then
        echo "judge $2: status $status"
        cat "$work/said"
        exit 1
    fi
}
ask 0000:01:00.0 drive
ask 0000:01:03.0 liar || true  # it is no genuine one
cat "$work"/keys/anchors/* >"$work/roots"
expect 0 drive "$work/roots" '^authenticated$'
expect 1 liar "$work/roots" '^  signature.invalid: '
sed 's/"version": "1.3"/"version": "1.9"/' "$work/drive" >"$work/changed"
expect 2 changed "$work/roots" 'changed: .*version'
expect 2 drive "$source/examples/README.md" 'no certificate'
