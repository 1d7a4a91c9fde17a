#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "tlog/note_key.h"

#include <cstdint>
#include <string>
#include <string_view>

/// What the texts of public and private keys share: NAME+ID+KEY. For this folder.
namespace busguard::tlog {

/// Before the text of a private key.
inline constexpr std::string_view skey_start = "PRIVATE+KEY+";

struct KeyText {
    std::string name;
    std::uint32_t id = 0;
    SignatureType type{};
    Bytes key;  ///< a public key, or a seed

    using Size = std::size_t (*)(SignatureType);

    /// Error: as VerifierKey::from_text, except for the ID's value; `what` stands for "vkey", and `size`
    /// tells how many bytes its key has.
    static Result<KeyText> from_text(std::string_view text, std::string_view what, Size size);
    std::string to_text() const;
};

/// Bytes.
std::size_t public_key_size(SignatureType type);
std::size_t seed_size(SignatureType type);

}  // namespace busguard::tlog
