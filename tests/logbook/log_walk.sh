#!/bin/sh
# Runs the walk of docs/log-walk.md, as it stands there, on a genuine log, and on what it must refuse.
#     log_walk.sh SOURCE_DIRECTORY MAKE_LOG BUSGUARD
set -eu
source=$1 make_log=$2 busguard=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for program in jq openssl base64 sha256sum; do
    command -v "$program" > /dev/null || { echo "SKIPPED: no $program"; exit 77; }
done

step() {
    awk -v marker="<!-- walk: $1 -->" '
        $0 == marker { found = 1; next }
        found && /^```sh$/ { inside = 1; next }
        inside && /^```$/ { exit }
        inside { print }' "$source/docs/log-walk.md"
}

# walk STEP...: in an empty directory. `set -e` is lost on the left of `||`: so the script is a program of its own.
walk() {
    rm -rf "$work/run"
    mkdir "$work/run"
    { echo 'set -eu'; for name in "$@"; do step "$name"; echo "echo 'done: $name'"; done; } > "$work/script"
    (cd "$work/run" && DEVICE=$device N=0 LOG=$log ENTRY=$entry PROOF=$proof VKEY=$vkey WITNESS=$witness sh "$work/script") > "$work/output" 2>&1
}
passes() {
    walk "$@" || { echo "FAILED, and should not: $*"; cat "$work/output"; exit 1; }
}
# refused_at STEP: the steps before it pass.
refused_at() {
    # shellcheck disable=SC2086  # words
    if walk $all; then echo "PASSED, and should not: $1"; exit 1; fi
    before=""
    for name in $all; do
        [ "$name" != "$1" ] || break
        before=$name
    done
    [ -z "$before" ] || grep -qxF "done: $before" "$work/output" || { echo "refused before $1:"; cat "$work/output"; exit 1; }
    ! grep -qxF "done: $1" "$work/output" || { echo "refused after $1:"; cat "$work/output"; exit 1; }
    echo "refused at $1, as it has to be"
}
flip() { # FILE OFFSET-FROM-THE-END
    at=$(($(wc -c < "$1") - $2))
    byte=$(od -An -tu1 -j "$at" -N 1 "$1" | tr -d ' ')
    # shellcheck disable=SC2059  # an escape for one byte
    printf "\\$(printf '%03o' $((byte ^ 1)))" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}
restore() {
    rm -rf "$work/copy"
    cp -r "$work/made" "$work/copy"
}

"$make_log" "$work/made"
vkey=$(cat "$work/made/log/log.vkey")
witness=$(sed -n 's/^witness w //p' "$work/made/policy")
"$busguard" log show --raw 1 --log "$work/made/log" --key "$vkey" > "$work/made/entry"
"$busguard" log prove 1 --log "$work/made/log" --key "$vkey" --checkpoint "$work/made/cosigned" > "$work/made/proof"
device=$work/copy/device log=$work/copy/log entry=$work/copy/entry proof=$work/copy/proof
all="index inclusion checkpoint entry witness"

restore
# shellcheck disable=SC2086  # words
passes $all
echo "the walk holds"

restore
flip "$entry" 40
refused_at inclusion
restore
echo 2 > "$device/signatures/0_log_index"
refused_at inclusion
restore
flip "$proof" "$(($(wc -c < "$proof") - $(head -n 2 "$proof" | wc -c) - 5))"
refused_at inclusion
restore
sed -i 's/^6$/7/' "$proof" # the path is the same in a tree of seven; the signature is not
refused_at checkpoint
for file in 0_transcript 0_signature 0_combined_spdm_prefix; do
    restore
    flip "$device/signatures/$file" 3
    refused_at entry
done
restore
flip "$device/certificates/slot0" 9
refused_at entry
restore
for blob in "$log"/blob/*; do flip "$blob" 9; done
refused_at entry
restore
# A fork: all of it verifies, but for the witness.
"$busguard" log show --raw 1 --log "$work/made/fork" --key "$vkey" > "$entry"
"$busguard" log prove 1 --log "$work/made/fork" --key "$vkey" > "$proof"
refused_at witness
