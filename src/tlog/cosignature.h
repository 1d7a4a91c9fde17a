#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"
#include "tlog/note.h"
#include "tlog/note_key.h"

#include <chrono>
#include <string>
#include <string_view>

/// C2SP tlog-cosignature, Ed25519 (v1, type 0x04): "at this time this was the largest consistent tree of the
/// log that I had seen". What is signed: "cosignature/v1" LF "time SECONDS" LF and the checkpoint's whole
/// text. The signature in a note's line: the seconds (u64, big endian) and 64 bytes.
namespace busguard::tlog {

/// Seconds since 1970-01-01 UTC, 0 to 2^63 - 1; 0 is allowed here, though no witness may answer so. Errors:
/// bad_field "cosignature" for another length; bad_field "cosignature time".
Result<std::chrono::sys_seconds> cosignature_time(ByteView signature);

/// `text` is a checkpoint's. Errors: as checkpoint_from_text and cosignature_time; crypto "signature".
/// Whether the time is plausible is for the caller to say.
Result<void> verify_cosignature(const crypto::PublicKey& key, std::string_view text, ByteView signature);

/// Signs as a witness does. One key serves one cosigner alone: what is signed does not name it.
class Cosigner {
public:
    /// Errors: bad_field "key name"; mismatch "key" if it is not Ed25519.
    static Result<Cosigner> make(std::string name, crypto::PrivateKey key);

    /// Of a private key's text as NoteSigner::from_skey() takes it, under its name: the type in it, 0x01, is
    /// that of the key file, and the witness' own ID is another (that of type 0x04). Errors: as there.
    static Result<Cosigner> from_skey(std::string_view skey);

    const VerifierKey& verifier() const { return verifier_; }
    /// `text` is a checkpoint's. Errors: as checkpoint_from_text; bad_field "cosignature time" unless after
    /// 1970-01-01; crypto.
    Result<SignatureLine> cosign(std::string_view text, std::chrono::sys_seconds time) const;

private:
    Cosigner(crypto::PrivateKey key, VerifierKey verifier);

    crypto::PrivateKey key_;
    VerifierKey verifier_;
};

}  // namespace busguard::tlog
