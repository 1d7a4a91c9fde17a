#pragma once

#include "base/result.h"
#include "crypto/certificate.h"

#include <string>
#include <string_view>
#include <vector>

namespace busguard::trust {

/// A certificate that the firmware holds, and who put it there.
struct EfiCertificate {
    crypto::Certificate certificate;
    std::string owner;  ///< SignatureOwner as a GUID in lower case, e.g. Microsoft's 77fa9abd-…
};

/// The X.509 certificates in a variable of the firmware (UEFI 2.10 32.4.1, EFI_SIGNATURE_LIST after
/// EFI_SIGNATURE_LIST, little endian), such as "db". `file` is what efivarfs gives: four bytes of attributes,
/// then the value. Hashes and raw keys are passed over, and so is a certificate that does not parse: one such
/// in the firmware is no reason to trust none. Errors: truncated "attributes"; bad_field "SignatureListSize",
/// "SignatureHeaderSize" or "SignatureSize", with its offset.
Result<std::vector<EfiCertificate>> efi_certificates(ByteView file);

/// The name of a variable's file in efivarfs: "db-d719b2cb-…" for "db", also for "MokListRT"; empty for any
/// other variable, none of which says whom to trust.
std::string efi_variable_file(std::string_view variable);

}  // namespace busguard::trust
