#pragma once

#include "base/result.h"
#include "crypto/key.h"
#include "tlog/note.h"
#include "tlog/note_key.h"

#include <string>
#include <string_view>

namespace busguard::tlog {

/// Signs notes as a log does: Ed25519 over the text (C2SP signed-note, type 0x01).
class NoteSigner {
public:
    /// Errors: bad_field "key name"; mismatch "key" if it is not Ed25519.
    static Result<NoteSigner> make(std::string name, crypto::PrivateKey key);
    /// The text that Go's golang.org/x/mod/sumdb/note writes: "PRIVATE+KEY+NAME+ID+KEY", the ID as in the
    /// vkey, KEY the base64 of type ‖ seed (RFC 8032). Errors: too_large "skey"; bad_field "skey", "key
    /// name", "key ID"; mismatch "key ID" if it is not that of the rest; unsupported "signature type" for
    /// another than 0x01.
    static Result<NoteSigner> from_skey(std::string_view skey);
    /// The caller keeps it secret, and wipes it (crypto/entropy.h).
    std::string to_skey() const;

    const VerifierKey& verifier() const { return verifier_; }
    const crypto::PrivateKey& key() const { return key_; }  ///< for this folder
    /// Errors: as check_note_text; crypto.
    Result<SignatureLine> sign(std::string_view text) const;

private:
    NoteSigner(crypto::PrivateKey key, VerifierKey verifier);

    crypto::PrivateKey key_;
    VerifierKey verifier_;
};

}  // namespace busguard::tlog
