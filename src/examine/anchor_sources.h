#pragma once

#include "base/problem.h"
#include "host/tpm.h"
#include "trust/anchors.h"

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

/// Where root certificates come from. Their owner writes it down as one line each:
///
///     /etc/busguard/anchors                    a file, or a directory of files
///     efi:db, efi:MokListRT                    what the firmware or shim holds
///     tpm:0x1800200:/etc/busguard/roots.pem    a file whose digest is in an index of the TPM
///     vendor:1ea5,144d:SOURCE                  one of these, for devices of these PCI vendors alone
namespace busguard::examine {

/// The machine's own places, which a test replaces.
struct Firmware {
    std::filesystem::path efivars = "/sys/firmware/efi/efivars";
    std::string tcti = host::kernels_tpm;  ///< how to reach the TPM
};

/// Adds the certificates of a source, each with its provenance. In a directory the .pem, .crt, .cer and .der
/// files count; a .crl file holds revocation lists, an .ors file an OCSP response. A variable of the firmware
/// without any certificate adds nothing. The index of a TPM has to hold the SHA-256, SHA-384 or SHA-512 of
/// the file, by its size, and be such that not everybody can write it. Problems: a source that cannot be read
/// or holds none; a directory without any; a file that is not that of the digest.
Checked<void> add_anchors(trust::Anchors& anchors, const std::string& source, const Firmware& firmware = {});

/// The path of a source that is one, with or without "vendor:"; empty for "efi:…" and "tpm:…".
std::string path_of(std::string_view source);
/// A machine without it is no mistake: a variable of the firmware.
bool may_be_missing(std::string_view source);

/// The file, or the files in the directory that have one of these endings (".pem"), sorted. The Problem names
/// the directory.
Checked<std::vector<std::filesystem::path>> files_at(const std::filesystem::path& path,
                                                     std::initializer_list<std::string_view> endings);

}  // namespace busguard::examine
