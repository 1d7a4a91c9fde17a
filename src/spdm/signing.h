#pragma once

#include "base/bytes.h"
#include "crypto/hash.h"
#include "spdm/types.h"

#include <array>
#include <string_view>

namespace busguard::spdm {

/// What a signature says that its maker meant: the context of DSP0274 1.2 section "Signature generation".
enum class SigningContext : std::uint8_t { responder_challenge_auth, responder_measurements };

/// "responder-challenge_auth signing"
std::string_view text(SigningContext context);

/// combined_spdm_prefix: 4 x "dmtf-spdm-v1.X.*", zero padding, and the context at the right end; 100 bytes.
/// Since 1.2.
std::array<std::byte, 100> combined_prefix(Version version, SigningContext context);

/// What the algorithm signs (and RSA and ECDSA hash once more): the transcript itself in 1.0 and 1.1, the
/// prefix and the transcript's hash since 1.2.
Bytes message_to_sign(Version version, SigningContext context, crypto::Hash hash, ByteView transcript);

/// The algorithm's own context parameter, which only Ed448 has: the context's text since 1.2.
ByteView eddsa_context(SigningContext context);

}  // namespace busguard::spdm
