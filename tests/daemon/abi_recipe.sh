#!/bin/sh
# Verifies every signature that a device gave, with openssl alone, out of the files that a Linux kernel with the CMA
# series (v2 of 2024-06-30) publishes below it. Knows nothing of busguard.
#
#     abi_recipe.sh DEVICE ANCHORS     the directory with signatures/ and certificates/; a PEM file of trusted roots
#
# Works on a live directory of a kernel or of busguardd, and on a copy in which a link is a file that holds its target.
# Ends with status 0 if there is at least one signature and all verify.
set -eu
device=$1 anchors=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*"
    [ ! -e "$work/said" ] || cat "$work/said"
    exit 1
}

# The length of the DER element at the start of a file.
der_length() {
    # shellcheck disable=SC2046  # four numbers
    set -- $(od -An -v -tu1 -N4 "$1")
    [ "$1" = 48 ] || fail "no certificate: $*" >&2
    case $2 in
    129) echo $((3 + $3)) ;;
    130) echo $((4 + $3 * 256 + $4)) ;;
    *) echo $((2 + $2)) ;;
    esac
}

# Certificates stand one behind the other, root first: chain-00.pem, chain-01.pem, …
split_chain() {
    cp "$1" "$work/rest"
    n=0
    while [ -s "$work/rest" ]; do
        length=$(der_length "$work/rest")
        leaf=$(printf '%s/chain-%02d.pem' "$work" "$n")
        head -c "$length" "$work/rest" | openssl x509 -inform DER -out "$leaf"
        tail -c +$((length + 1)) "$work/rest" > "$work/more"
        mv "$work/more" "$work/rest"
        n=$((n + 1))
    done
}

hex() { od -An -v -tx1 | tr -d ' \n'; }

# The file as a program finds it behind the link.
chain_of() {
    if [ ! -L "$1" ] && [ "$(head -c 3 "$1")" = ../ ]; then
        cat "$device/signatures/$(cat "$1")"
    else
        cat "$1"
    fi
}

verify() {
    stem=$device/signatures/$1
    rm -f "$work"/*
    hash=$(cat "${stem}_hash_algorithm")

    chain_of "${stem}_certificate_chain" > "$work/chain"
    split_chain "$work/chain"
    cat "$work"/chain-*.pem > "$work/untrusted"
    openssl verify -no-CApath -no-CAstore -CAfile "$anchors" -untrusted "$work/untrusted" "$leaf" > "$work/said" 2>&1 ||
        fail "$1: chain"
    openssl x509 -in "$leaf" -pubkey -noout > "$work/key"

    # SPDM 1.0 and 1.1 sign the transcript; later ones prefix and hash of the transcript.
    if [ -s "${stem}_combined_spdm_prefix" ]; then
        openssl dgst "-$hash" -binary "${stem}_transcript" > "$work/digest"
        cat "${stem}_combined_spdm_prefix" "$work/digest" > "$work/message"
    else
        cat "${stem}_transcript" > "$work/message"
    fi

    # ECDSA signatures are r and s as they are; openssl wants them in DER. The series has no other algorithms than ECDSA
    # and RSASSA.
    if openssl pkey -pubin -in "$work/key" -noout -text | grep -q 'ASN1 OID'; then
        half=$(($(wc -c < "${stem}_signature") / 2))
        printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' \
            "$(head -c "$half" "${stem}_signature" | hex)" "$(tail -c "$half" "${stem}_signature" | hex)" > "$work/asn1"
        openssl asn1parse -genconf "$work/asn1" -noout -out "$work/signature"
    else
        cat "${stem}_signature" > "$work/signature"
    fi
    openssl dgst "-$hash" -verify "$work/key" -signature "$work/signature" "$work/message" > "$work/said" 2>&1 ||
        fail "$1: signature"

    # Both nonces are in what was signed.
    transcript=$(hex < "${stem}_transcript")
    for nonce in requester responder; do
        case $transcript in
        *"$(hex < "${stem}_${nonce}_nonce")"*) ;;
        *) fail "$1: the ${nonce}'s nonce is not in the transcript" ;;
        esac
    done
    echo "$1: verified ($(cat "${stem}_type"))"
}

# Any other reader of certificates finds the same in the slot.
openssl storeutl -noout -certs "$device/certificates/slot0" > "$work/said" 2>&1 || fail "slot0"

verified=0
for signature in "$device"/signatures/[0-9]*_signature; do
    name=${signature##*/}
    verify "${name%_signature}"
    verified=$((verified + 1))
done
[ "$verified" -gt 0 ]
