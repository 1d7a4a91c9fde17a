#pragma once

#include "base/check.h"
#include "base/problem.h"
#include "crypto/certificate.h"
#include "evidence/bundle.h"

#include <string>
#include <string_view>
#include <vector>

/// Attestation reports of NVIDIA GPUs and switches: SPDM 1.1 GET_MEASUREMENTS ‖ MEASUREMENTS, signed with
/// ECDSA P-384 and SHA-384, as the vendor's tools store them.
namespace busguard::evidence::nvidia {

/// Does the text look like a report in hex? Like the tools' JSON array?
bool is_report(std::string_view text);
bool is_collection(std::string_view text);

/// A report (hex of request ‖ response) and its chain (PEM, leaf first, root last). The SPDM chain structure
/// is built from the chain.
Checked<Record> read_report(std::string_view hex, const std::string& where, std::string_view pem,
                            const std::string& chain_where);

struct Element {
    std::string arch;  ///< "HOPPER"
    Record record;
};
/// The JSON array of {arch, nonce, evidence, certificate}. The nonce outside has to be the one in the
/// request.
Checked<std::vector<Element>> read_collection(std::string_view json, const std::string& where);

/// One element of the opaque data: type and length u16, little endian, then the value.
struct Field {
    std::uint16_t type = 0;
    Bytes value;

    friend bool operator==(const Field&, const Field&) = default;
};
/// Types that nobody knows are kept. Errors: truncated "OpaqueData" with the offset.
Result<std::vector<Field>> parse_opaque(ByteView opaque);
/// "driver version"; empty for a type that is not known.
std::string_view name(std::uint16_t type);
/// For people: text where it is text, a version in the vendor's form, else hex.
std::string show(const Field& one);

namespace field {
inline constexpr std::uint16_t driver_version = 3;
inline constexpr std::uint16_t vbios_version = 6;
inline constexpr std::uint16_t board_id = 14;
inline constexpr std::uint16_t chip_sku = 15;
inline constexpr std::uint16_t project = 17;
inline constexpr std::uint16_t project_sku = 18;
inline constexpr std::uint16_t fwid = 20;
}  // namespace field

/// "1010_0200_882_96009F0001": the reference values that these fields ask for; empty if one is missing.
std::string reference_id(const std::vector<Field>& fields);

/// The firmware's digest in the leaf's DICE extension (2.23.133.5.4.1 in the old composite form, or
/// …5.4.1.1 TcbInfo: told apart by structure, for the OIDs are used for both). Empty without.
Bytes leaf_fwid(const crypto::Certificate& leaf);

/// The same digest stands in the opaque data and in the leaf: "nvidia.fwid". Reason: evidence.fwid-mismatch,
/// evidence.not-told.
Check fwid_check(const std::vector<Field>& fields, const crypto::Certificate& leaf);

}  // namespace busguard::evidence::nvidia
