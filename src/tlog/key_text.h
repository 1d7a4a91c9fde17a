#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "tlog/note_key.h"

#include <cstdint>
#include <string>
#include <string_view>

/// What the texts of public and private keys share: NAME+ID+KEY. For this folder.
namespace busguard::tlog {

struct KeyText {
    std::string name;
    std::uint32_t id = 0;
    SignatureType type{};
    Bytes key;  ///< 32 bytes

    /// Error: as VerifierKey::from_text, except for the ID's value; `what` stands for "vkey".
    static Result<KeyText> from_text(std::string_view text, std::string_view what);
    std::string to_text() const;
};

}  // namespace busguard::tlog
