#include "transport/doe.h"

#include "transport/little_endian.h"

namespace busguard::transport {
namespace {

constexpr std::uint32_t length_mask = 0x3'ffff;  // 18 bits of double words
constexpr std::uint16_t no_such_vendor = 0xffff;
constexpr std::uint8_t no_such_type = 0xff;

constexpr std::size_t padded(std::size_t size) { return (size + 3) / 4 * 4; }

DoeProtocol protocol_of(std::uint32_t dword) {
    return {static_cast<std::uint16_t>(dword & 0xffffU), static_cast<std::uint8_t>(dword >> 16U & 0xffU)};
}

std::uint32_t dword_of(DoeProtocol protocol, std::uint8_t last) {
    return std::uint32_t{protocol.vendor} | std::uint32_t{protocol.type} << 16U | std::uint32_t{last} << 24U;
}

}  // namespace

Result<std::size_t> object_size(std::uint32_t length_register) {
    const std::size_t length = length_register & length_mask;
    if (length == 0) return doe_largest_object;  // PCIe 6.30.1: 0 stands for 2^18
    if (length < doe_header_size / 4) return fail(Errc::bad_field, "Length", 4);
    return length * 4;
}

Result<Bytes> encode_object(DoeProtocol protocol, ByteView payload) {
    if (payload.size() > doe_largest_object - doe_header_size) return fail(Errc::too_large, "Length");
    const auto size = doe_header_size + padded(payload.size());
    Bytes object;
    object.reserve(size);
    append_dword(object, dword_of(protocol, 0));
    append_dword(object, static_cast<std::uint32_t>(size / 4) & length_mask);
    append(object, payload);
    object.resize(size);
    return object;
}

Result<DataObject> decode_object(ByteView bytes) {
    if (bytes.size() < doe_header_size) return fail(Errc::truncated, "Data Object Header", bytes.size());
    const auto size = TRY(object_size(dword_at(bytes, 4)));
    if (size > bytes.size()) return fail(Errc::truncated, "Length", 4);
    return DataObject{protocol_of(dword_at(bytes, 0)),
                      to_bytes(bytes.subspan(doe_header_size, size - doe_header_size))};
}

Bytes discovery_request(std::uint8_t index, std::uint8_t version) {
    return {std::byte{index}, std::byte{version}, std::byte{0}, std::byte{0}};
}

Result<DiscoveryEntry> decode_discovery(ByteView payload) {
    if (payload.size() < 4) return fail(Errc::truncated, "DOE Discovery", payload.size());
    const auto dword = dword_at(payload, 0);
    const DiscoveryEntry entry{protocol_of(dword), static_cast<std::uint8_t>(dword >> 24U)};
    if (entry.protocol.vendor == no_such_vendor) return fail(Errc::bad_field, "Vendor ID");
    return entry;
}

Result<Bytes> answer_discovery(ByteView request, std::span<const DoeProtocol> known) {
    if (request.size() < 4) return fail(Errc::truncated, "DOE Discovery", request.size());
    const auto index = std::to_integer<std::uint8_t>(request[0]);
    const bool there = index < known.size();
    const bool more = std::size_t{index} + 1 < known.size();
    Bytes payload;
    append_dword(payload, dword_of(there ? known[index] : DoeProtocol{no_such_vendor, no_such_type},
                                   static_cast<std::uint8_t>(more ? index + 1 : 0)));
    return payload;
}

}  // namespace busguard::transport
