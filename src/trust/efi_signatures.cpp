#include "trust/efi_signatures.h"

#include "wire/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace busguard::trust {
namespace {

constexpr std::size_t guid_size = 16;
constexpr std::size_t list_header = guid_size + 12;
using Guid = std::array<std::uint8_t, guid_size>;

// EFI_CERT_X509_GUID a5c059a1-94e4-4aa7-87b5-ab155c2bf072, as it stands in memory
constexpr Guid x509{0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
                    0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72};

std::string text(ByteView guid) {
    const auto at = [&](std::size_t n) { return std::to_integer<unsigned>(guid[n]); };
    return fmt::format(
        "{:02x}{:02x}{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}{:02x}{:02x}{:02x}{:"
        "02x}",
        at(3), at(2), at(1), at(0), at(5), at(4), at(7), at(6), at(8), at(9), at(10), at(11), at(12), at(13),
        at(14), at(15));
}

bool is_x509(ByteView guid) {
    return std::ranges::equal(guid, x509, {}, [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
}

/// The signatures of one list.
void take(ByteView signatures, std::size_t size, std::vector<EfiCertificate>& found) {
    for (; signatures.size() >= size; signatures = signatures.subspan(size)) {
        auto certificate = crypto::Certificate::parse(signatures.subspan(guid_size, size - guid_size));
        if (certificate) found.push_back({*std::move(certificate), text(signatures.first(guid_size))});
    }
}

}  // namespace

Result<std::vector<EfiCertificate>> efi_certificates(ByteView file) {
    constexpr std::size_t attributes = 4;
    if (file.size() < attributes) return fail(Errc::truncated, "attributes", file.size());
    std::vector<EfiCertificate> found;
    for (std::size_t offset = attributes; offset < file.size();) {
        wire::Reader in{file.subspan(offset)};
        const auto type = in.take(std::min(guid_size, in.left()));
        const std::size_t list = in.take<std::uint32_t>();
        const std::size_t header = in.take<std::uint32_t>();
        const std::size_t signature = in.take<std::uint32_t>();
        if (file.size() - offset < list_header || list < list_header || list > file.size() - offset)
            return fail(Errc::bad_field, "SignatureListSize", offset);
        if (header > list - list_header) return fail(Errc::bad_field, "SignatureHeaderSize", offset);
        const auto rest = file.subspan(offset + list_header + header, list - list_header - header);
        if (signature <= guid_size || rest.size() % signature != 0)
            return fail(Errc::bad_field, "SignatureSize", offset);
        if (is_x509(type)) take(rest, signature, found);
        offset += list;
    }
    return found;
}

std::string efi_variable_file(std::string_view variable) {
    // EFI_IMAGE_SECURITY_DATABASE_GUID, and shim's own
    if (variable == "db") return "db-d719b2cb-3d3a-4596-a3bc-dad00e67656f";
    if (variable == "MokListRT") return "MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23";
    return {};
}

}  // namespace busguard::trust
