#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <functional>
#include <string_view>

namespace busguard::crypto {

/// Hands over what the blocks of this name ("CERTIFICATE") in a PEM text hold, in order; other blocks and
/// text around are passed over, and every block is wiped: it may have been a private key. Errors: bad_field
/// "PEM"; `take`'s, which ends it.
Result<void> each_pem_block(std::string_view pem, std::string_view name,
                            const std::function<Result<void>(ByteView der)>& take);

/// Is it PEM, rather than DER?
inline bool is_pem(ByteView file) { return as_text(file).find("-----BEGIN ") != std::string_view::npos; }

}  // namespace busguard::crypto
