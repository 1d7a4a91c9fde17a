#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

/// Data Object Exchange, the format (PCIe 6.30.1): what stands in a mailbox, on both sides. The mailbox that
/// carries it is doe_mailbox.h.
namespace busguard::transport {

/// What a data object is about: its vendor's id and that vendor's number.
struct DoeProtocol {
    std::uint16_t vendor = 0;
    std::uint8_t type = 0;

    friend auto operator<=>(const DoeProtocol&, const DoeProtocol&) = default;
};

inline constexpr std::uint16_t pci_sig = 0x0001;
inline constexpr DoeProtocol doe_discovery{pci_sig, 0};
inline constexpr DoeProtocol doe_spdm{pci_sig, 1};          ///< CMA-SPDM
inline constexpr DoeProtocol doe_secured_spdm{pci_sig, 2};  ///< secured CMA-SPDM

inline constexpr std::size_t doe_header_size = 8;             ///< bytes
inline constexpr std::size_t doe_largest_object = 1U << 20U;  ///< bytes: 2^18 double words, with the header

struct DataObject {
    DoeProtocol protocol;
    Bytes payload;  ///< whole double words: padding is not told from content here

    friend bool operator==(const DataObject&, const DataObject&) = default;
};

/// The second double word of the header, in bytes of the whole object. Error: bad_field "Length" below 2
/// double words.
Result<std::size_t> object_size(std::uint32_t length_register);

/// Header and payload, zero-padded to whole double words. Error: too_large.
Result<Bytes> encode_object(DoeProtocol protocol, ByteView payload);

/// The reverse; what stands behind the object's own length is left out. Errors: truncated "Data Object
/// Header" or "Length", bad_field "Length".
Result<DataObject> decode_object(ByteView bytes);

/// DOE Discovery's request payload. `version`: 2 for capabilities from version 2 on, else 0.
Bytes discovery_request(std::uint8_t index, std::uint8_t version);

struct DiscoveryEntry {
    DoeProtocol protocol;
    std::uint8_t next = 0;  ///< the index to ask for next; 0 ends the list

    friend bool operator==(const DiscoveryEntry&, const DiscoveryEntry&) = default;
};

/// Reads DOE Discovery's response payload. Errors: truncated "DOE Discovery" (fewer than 4 bytes), bad_field
/// "Vendor ID" (FFFFh: the index asked for has no entry).
Result<DiscoveryEntry> decode_discovery(ByteView payload);

/// The responder's side: the response payload for a request payload, of a mailbox that knows `known` (at
/// most 255). An index beyond gives Vendor ID FFFFh. Error: truncated "DOE Discovery".
Result<Bytes> answer_discovery(ByteView request, std::span<const DoeProtocol> known);

}  // namespace busguard::transport
