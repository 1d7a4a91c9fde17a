#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"
#include "tlog/note.h"
#include "tlog/note_key.h"

#include <chrono>
#include <string>
#include <string_view>

/// C2SP tlog-cosignature: "at this time this was the largest consistent tree of the log that I had seen". The
/// signature in a note's line: the seconds (u64, big endian), and 64 bytes of Ed25519 or 2420 of ML-DSA-44.
///
/// What Ed25519 signs (type 0x04): "cosignature/v1" LF "time SECONDS" LF and the checkpoint's whole text.
/// What ML-DSA-44 signs (type 0x06): "subtree/v1" LF NUL, the cosigner's name, the seconds, the origin, the
/// first and the last index and the root; extension lines it does not cover.
namespace busguard::tlog {

/// Seconds since 1970-01-01 UTC, 0 to 2^63 - 1; 0 is allowed here, though no witness may answer so. Errors:
/// bad_field "cosignature" for a length that is neither's; bad_field "cosignature time".
Result<std::chrono::sys_seconds> cosignature_time(ByteView signature);

/// `text` is a checkpoint's, and `key` is for cosignatures. Errors: as checkpoint_from_text and
/// cosignature_time; bad_field "origin" for one that ML-DSA-44 cannot sign; bad_field or crypto "signature".
/// Whether the time is plausible is for the caller to say.
Result<void> verify_cosignature(const VerifierKey& key, std::string_view text, ByteView signature);

/// Signs as a witness does, and as a log may by ML-DSA-44. One key of Ed25519 serves one cosigner alone: what
/// is signed does not name it.
class Cosigner {
public:
    /// Errors: bad_field "key name"; mismatch "key" if it is neither Ed25519 nor ML-DSA-44;
    /// unsupported "private key" for one that came without its seed.
    static Result<Cosigner> make(std::string name, crypto::PrivateKey key);

    /// Of a private key's text as NoteSigner::from_skey() takes it, under its name: the type in it, 0x01, is
    /// that of the key file, and the witness' own ID is another (that of type 0x04). Or of the same with the
    /// type 0x06 and the seed of an ML-DSA-44 key. Errors: as there.
    static Result<Cosigner> from_skey(std::string_view skey);
    /// The caller keeps it secret, and wipes it (crypto/entropy.h).
    std::string to_skey() const;

    const VerifierKey& verifier() const { return verifier_; }
    /// `text` is a checkpoint's. Errors: as checkpoint_from_text; bad_field "cosignature time" unless after
    /// 1970-01-01, "origin"; crypto.
    Result<SignatureLine> cosign(std::string_view text, std::chrono::sys_seconds time) const;

private:
    Cosigner(crypto::PrivateKey key, VerifierKey verifier);

    crypto::PrivateKey key_;
    VerifierKey verifier_;
};

}  // namespace busguard::tlog
