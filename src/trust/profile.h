#pragma once

#include "base/check.h"
#include "base/pci_identity.h"
#include "crypto/certificate.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What a device's certificates have to say beyond forming a path: the profiles of PCIe CMA and DSP0274. Real
/// GPUs break the strict one (no 2.23.147 name, no BasicConstraints on the leaf), so a profile is the owner's
/// policy and each of its rules is required, reported or off.
namespace busguard::trust {

enum class Profile : std::uint8_t {
    cma,     ///< PCIe r6.1 6.31.3, as the kernel's CMA series holds devices to it
    vendor,  ///< what devices on the market satisfy: names are reported, not required
    none,    ///< nothing but the path; every rule is skipped, visibly
};

/// "cma", "vendor", "none".
std::string_view name(Profile profile);
std::optional<Profile> profile_named(std::string_view wanted);

enum class Level : std::uint8_t { required, reported, off };

/// How each rule is held; rules_of() gives a profile's.
struct Rules {
    Level cma_name = Level::off;       ///< subjectAltName otherName 2.23.147 equals the PCI identity
    Level device_info = Level::off;    ///< otherName .274.1 "manufacturer:product:serial" is there
    Level key_usage = Level::off;      ///< leaf: digitalSignature (if KeyUsage is there; always in slot 0 for
                                       ///< cma), never keyCertSign
    Level leaf_is_no_ca = Level::off;  ///< leaf: BasicConstraints absent, or cA FALSE
    Level purpose = Level::off;        ///< extended key usage: not requester authentication alone
    Level hardware_identity = Level::off;  ///< .274.2 only where the certificate model puts it
    Level version = Level::off;            ///< every certificate is X.509 version 3
};
Rules rules_of(Profile profile);

/// DSP0274 "Certificate model": who made the leaf.
enum class Model : std::uint8_t { unknown, device, alias, generic };

/// What is held to the rules.
struct Subject {
    std::span<const crypto::Certificate> root_to_leaf;  ///< not empty
    const PciIdentity* pci = nullptr;                   ///< null: not on PCI, or nobody could read it
    std::uint8_t slot = 0;
    Model model = Model::unknown;
};

/// PCIe r6.1 6.31.3: "Vendor=1b36:Device=0010:CC=010802:REV=02", for header type 0 with
/// ":SSVID=1af4:SSID=1100", with ":%016x" of a serial number that is not zero; lower case.
std::string cma_name(const PciIdentity& its);

namespace oid {
inline constexpr std::string_view cma_name = "2.23.147";
inline constexpr std::string_view device_info = "1.3.6.1.4.1.412.274.1";
inline constexpr std::string_view hardware_identity = "1.3.6.1.4.1.412.274.2";
inline constexpr std::string_view responder_authentication = "1.3.6.1.4.1.412.274.3";
inline constexpr std::string_view requester_authentication = "1.3.6.1.4.1.412.274.4";
inline constexpr std::string_view mutable_certificate = "1.3.6.1.4.1.412.274.5";
inline constexpr std::string_view spdm_extension = "1.3.6.1.4.1.412.274.6";
}  // namespace oid

/// One Check a rule, always all of them, in the order of Rules. Names: "certificate.cma-name",
/// "certificate.device-info", "certificate.key-usage", "certificate.leaf-is-no-ca", "certificate.purpose",
/// "certificate.hardware-identity", "certificate.version". Reasons: chain.san-missing, chain.san-mismatch,
/// chain.san-unchecked, chain.device-info-missing, chain.key-usage, chain.leaf-is-ca, chain.eku,
/// chain.hardware-identity, chain.version, policy.off.
std::vector<Check> hold(const Subject& subject, const Rules& rules);

/// "manufacturer:product:serial" of the leaf (.274.1), as it stands there; nothing without.
std::optional<std::string> device_info(const crypto::Certificate& leaf);

/// The object identifiers in a certificate's SPDM extension (.274.6), by its structure SEQUENCE OF SEQUENCE {
/// OBJECT IDENTIFIER, … }. Empty without the extension, or if it has another form.
std::vector<std::string> spdm_oids(const crypto::Certificate& certificate);

}  // namespace busguard::trust
