#include "transport/storage.h"

#include "transport/little_endian.h"

namespace busguard::transport {
namespace {

constexpr std::uint32_t storage_binding_version = 0x1000;

constexpr std::uint32_t bit(StorageOperation operation) { return 1U << static_cast<unsigned>(operation); }

}  // namespace

Result<StorageCommand> storage_command(ByteView payload) {
    if (payload.size() < storage_header_size)
        return fail(Errc::truncated, "security protocol header", payload.size());
    const auto specific = std::to_integer<unsigned>(payload[1]);
    if (payload[2] != std::byte{0}) return fail(Errc::bad_field, "SP specific", 2);
    return StorageCommand{.protocol = std::to_integer<std::uint8_t>(payload[0]),
                          .operation = static_cast<StorageOperation>(specific >> 2U),
                          .connection = static_cast<std::uint8_t>(specific & 3U),
                          .length = dword_at(payload, 3)};
}

Bytes storage_discovery() {
    constexpr std::uint32_t size = 32;
    Bytes bytes;
    append_dword(bytes, size | storage_binding_version << 16U);
    append_dword(bytes, 0);  // connection parameters: connections minus 1
    append_dword(bytes, bit(StorageOperation::discovery) | bit(StorageOperation::pending_info) |
                            bit(StorageOperation::message));
    bytes.resize(size);
    return bytes;
}

Bytes storage_pending_info(std::uint32_t size) {
    constexpr std::uint32_t own_size = 12;
    Bytes bytes;
    append_dword(bytes, own_size | storage_binding_version << 16U);
    append_dword(bytes, size > 0 ? 1 : 0);
    append_dword(bytes, size);
    return bytes;
}

}  // namespace busguard::transport
