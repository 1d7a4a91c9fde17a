#pragma once

#include "base/result.h"
#include "crypto/key.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace busguard::tlog {

/// C2SP signed-note, "Signature types". A key's type decides what its signatures cover.
enum class SignatureType : std::uint8_t {
    ed25519 = 0x01,              ///< of the note's text
    ed25519_cosignature = 0x04,  ///< of a checkpoint and a time (cosignature.h)
    /// The same, of witnesses and of logs: tlog-checkpoint has logs sign so too.
    ml_dsa_44_cosignature = 0x06,
};
inline constexpr std::array all_signature_types{SignatureType::ed25519, SignatureType::ed25519_cosignature,
                                                SignatureType::ml_dsa_44_cosignature};

/// May a key of this type be a log's?
constexpr bool may_be_a_logs(SignatureType type) { return type != SignatureType::ed25519_cosignature; }
/// May it be a witness'?
constexpr bool may_be_a_witness(SignatureType type) { return type != SignatureType::ed25519; }

constexpr crypto::Scheme scheme_of(SignatureType type) {
    return type == SignatureType::ml_dsa_44_cosignature ? crypto::Scheme::ml_dsa_44 : crypto::Scheme::ed25519;
}

inline constexpr std::size_t longest_key_name = 1024;  ///< bytes; ours, no document sets one
/// Of a key of ML-DSA-44, and of the origin of a log that one cosigns (C2SP tlog-cosignature).
inline constexpr std::size_t longest_ml_dsa_name = 255;

/// The first four bytes, big endian, of SHA-256(name ‖ LF ‖ type ‖ public key): C2SP signed-note.
std::uint32_t key_id(std::string_view name, SignatureType type, ByteView public_key);

/// A public key under a name: what signatures of notes are checked with.
class VerifierKey {
public:
    /// Errors: bad_field "key name"; mismatch "key" if it is none for this type.
    static Result<VerifierKey> make(std::string name, SignatureType type, crypto::PublicKey key);
    /// A vkey: "NAME+ID+KEY", the ID in 8 lower-case hexadecimal digits, KEY the base64 of type ‖ public key.
    /// Errors: too_large "vkey"; bad_field "vkey" for another shape, "key name" or "key ID" (not 8 digits);
    /// mismatch "key ID" if it is not that of the rest; unsupported "signature type", also for ML-DSA where
    /// OpenSSL has none.
    static Result<VerifierKey> from_text(std::string_view vkey);
    std::string to_text() const;

    const std::string& name() const { return name_; }
    std::uint32_t id() const { return id_; }
    SignatureType type() const { return type_; }
    const crypto::PublicKey& key() const { return key_; }

    friend bool operator==(const VerifierKey& a, const VerifierKey& b) {
        return a.name_ == b.name_ && a.type_ == b.type_ && a.key_ == b.key_;
    }

private:
    VerifierKey(std::string name, SignatureType type, crypto::PublicKey key, ByteView raw);

    std::string name_;
    SignatureType type_;
    crypto::PublicKey key_;
    std::uint32_t id_;
};

}  // namespace busguard::tlog
