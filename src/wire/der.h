#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace busguard::wire {

/// One element of DER (ITU-T X.690): tag, length, content.
struct DerElement {
    std::uint8_t tag = 0;  ///< identifier octet; tags above 30 are refused
    ByteView content;
    ByteView whole;  ///< with identifier and length
};

namespace der_tag {
inline constexpr std::uint8_t integer = 0x02;
inline constexpr std::uint8_t octet_string = 0x04;
inline constexpr std::uint8_t oid = 0x06;
inline constexpr std::uint8_t sequence = 0x30;
inline constexpr std::uint8_t context_6 = 0xa6;  ///< [6], constructed
}  // namespace der_tag

/// A walk over the elements of some content, one level of it. The first that is malformed ends the walk:
/// `next` gives nothing from then on, and `failed` says so.
class DerReader {
public:
    explicit DerReader(ByteView content) : rest_{content} {}

    std::optional<DerElement> next();
    /// The next element if it has this tag; else the walk has failed.
    std::optional<DerElement> next(std::uint8_t tag);
    bool done() const { return rest_.empty() || failed_; }
    bool failed() const { return failed_; }

private:
    ByteView rest_;
    bool failed_ = false;
};

/// "1.3.6.1.4.1.412.274.2" for the content of an OBJECT IDENTIFIER; nothing if that is malformed.
std::optional<std::string> dotted(ByteView oid_content);

}  // namespace busguard::wire
