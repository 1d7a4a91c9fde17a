#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "spdm/types.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What bytes say, field by field, under the specification's names. For people and for tests: nothing here
/// judges.
namespace busguard::spdm {

/// A field as it stands on the wire.
struct DumpedField {
    std::string_view name;   ///< DSP0274's; "Reserved"
    std::size_t offset = 0;  ///< of the first byte, from the start of the dumped bytes
    std::size_t size = 0;    ///< bytes
    std::optional<std::uint64_t>
        number;  ///< of a field of 1, 2, 3, 4 or 8 bytes that holds a number, little-endian
    std::string
        meaning;  ///< what the value stands for; empty where the number or the bytes are all there is to say
};

/// A message, or what stands where one should be.
struct DumpedMessage {
    std::string name;          ///< "GET_VERSION"; "DOE header", "padding", "unread bytes" for what is none
    std::optional<Code> code;  ///< of a message
    std::optional<Version> version;
    std::size_t offset = 0;
    std::size_t size = 0;  ///< bytes, of all fields
    std::vector<DumpedField> fields;
    std::string note;  ///< e.g. that the signature is not there, as in a transcript; may be empty
    std::optional<Error>
        broken;  ///< why reading ended inside; its offset counts from the start of the dumped bytes
};

/// What a message's layout depends on and an excerpt of a dialogue may not say. What is empty here is taken
/// from the messages before, or found out by what fits.
struct Assumed {
    std::optional<std::size_t> hash;       ///< bytes of a digest of the base hash
    std::optional<std::size_t> signature;  ///< bytes
};

/// Messages one after the other: a single one, a transcript, with or without the signatures. Takes any bytes:
/// what it cannot read is among the result, named. Every byte is in exactly one message.
std::vector<DumpedMessage> dump(ByteView bytes, const Assumed& assumed = {});

/// The name of a RequestResponseCode up to DSP0274 1.3, also of those that this code does not speak; empty if
/// it has none.
std::string_view name_of_any(Code code);

}  // namespace busguard::spdm
