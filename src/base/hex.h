#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <string>

namespace busguard {

/// Two lower-case digits a byte, nothing between them.
std::string to_hex(ByteView bytes);

/// The reverse; either case, white space between bytes is passed over. Errors: bad_field with the offset of
/// the first character that is no digit, truncated if half a byte is left.
Result<Bytes> from_hex(std::string_view text);

/// RFC 4648 section 4, with padding, in one line.
std::string to_base64(ByteView bytes);

/// The reverse, strict: padding required, no white space, no set bits beyond the last byte. Errors:
/// bad_field, truncated.
Result<Bytes> from_base64(std::string_view text);

}  // namespace busguard
