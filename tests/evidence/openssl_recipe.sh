#!/bin/sh
# Runs the recipes of docs/verify-with-openssl.md, as they stand there, on genuine evidence and on evidence with one
# bit changed.    openssl_recipe.sh SOURCE_DIRECTORY MAKE_EVIDENCE
set -eu
source=$1 make_evidence=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The block behind the marker "recipe: NAME".
recipe() {
    awk -v marker="<!-- recipe: $1 -->" '
        $0 == marker { found = 1; next }
        found && /^```sh$/ { inside = 1; next }
        inside && /^```$/ { exit }
        inside { print }' "$source/docs/verify-with-openssl.md"
}

# run NAME VARIABLE=VALUE...: the recipe, in an empty directory.
run() {
    name=$1
    shift
    rm -rf "$work/run"
    mkdir "$work/run"
    { echo 'set -eu'; recipe common; recipe "$name"; } > "$work/script"
    (cd "$work/run" && env "$@" sh "$work/script") > "$work/output" 2>&1
}

passes() {
    run "$@" || { echo "FAILED, and should not: $*"; cat "$work/output"; exit 1; }
    echo "verified: $*"
}
fails() {
    if run "$@"; then echo "PASSED, and should not: $*"; cat "$work/output"; exit 1; fi
    # It has to be the signature or the path, not a recipe that does not run.
    grep -qE 'Verification failure|Signature Verification Failure|verification failed|Could not read|Unable to load|Error' "$work/output" ||
        { echo "failed for another reason: $*"; cat "$work/output"; exit 1; }
}

# One bit of a file, in the middle.
flip() {
    python3 - "$1" <<'EOF'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[len(data) // 2] ^= 1
open(sys.argv[1], "wb").write(data)
EOF
}

# The same in a bundle's record.
flip_in_bundle() {
    python3 - "$@" <<'EOF'
import base64, json, sys
source, target, n, member = sys.argv[1:]
bundle = json.load(open(source))
data = bytearray(base64.b64decode(bundle["records"][int(n)][member]))
data[len(data) // 2] ^= 1
bundle["records"][int(n)][member] = base64.b64encode(data).decode()
json.dump(bundle, open(target, "w"))
EOF
}

"$make_evidence" "$work/devices"
for device in "$work"/devices/*; do
    anchors=$device/anchors.pem
    passes bundle BUNDLE="$device/bundle.json" ANCHORS="$anchors"
    for flipped in '0 transcript' '0 chain' '1 signature'; do
        # shellcheck disable=SC2086  # two words
        flip_in_bundle "$device/bundle.json" "$work/flipped.json" $flipped
        fails bundle BUNDLE="$work/flipped.json" ANCHORS="$anchors"
    done
    passes kernel DEVICE="$device" ANCHORS="$anchors"
    flip "$device/signatures/0_signature"
    fails kernel DEVICE="$device" ANCHORS="$anchors"
done

data=${BUSGUARD_SHARED_DATA:-}
for above in "$source/../shared/data" "$source/../../shared/data"; do
    [ -n "$data" ] || [ ! -d "$above" ] || data=$above
done
if [ -z "$data" ]; then
    echo "SKIPPED: no ../shared/data (set BUSGUARD_SHARED_DATA): the kernel's capture and the NVIDIA report"
    exit 0
fi
data=$(cd "$data" && pwd)

capture=$work/capture
cp -r "$data/kernel-captures/spdm-1.3-p384" "$capture"
chmod -R u+w "$capture"
head -c 472 "$capture/certificates/slot0" | openssl x509 -inform DER -out "$work/capture.pem"
passes kernel DEVICE="$capture" ANCHORS="$work/capture.pem"
flip "$capture/signatures/1_transcript"
fails kernel DEVICE="$capture" ANCHORS="$work/capture.pem"

gpu=$data/nvidia-hopper
passes nvidia REPORT="$gpu/hopperAttestationReport.txt" CHAIN="$gpu/hopperCertChain.txt" ANCHORS="$gpu/verifier_device_root.pem"
tr 'a' 'b' < "$gpu/hopperAttestationReport.txt" > "$work/report"
fails nvidia REPORT="$work/report" CHAIN="$gpu/hopperCertChain.txt" ANCHORS="$gpu/verifier_device_root.pem"
