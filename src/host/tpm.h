#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <string>

namespace busguard::host {

/// What an index of a TPM's non-volatile memory holds (TPM 2.0 Library, part 1, 37).
struct TpmNvIndex {
    Bytes data;
    /// TPMA_NV_AUTHWRITE without TPMA_NV_WRITELOCKED: whoever knows its password, which may be empty, can
    /// write it.
    bool password_writes = false;
};

inline constexpr auto kernels_tpm = "device:/dev/tpmrm0";
inline constexpr std::size_t largest_nv_index = 512;  ///< bytes: what is read at most

/// Reads an index that was written and may be read by the owner with an empty password (OWNERREAD) or by its
/// own empty password (AUTHREAD). `tcti` says how the TPM is reached, as tpm2-tss writes it
/// ("device:/dev/tpmrm0", "swtpm:port=2321"). libtss2's own choice would go on to a port that anybody may
/// listen at, and is not asked. It is loaded by the first who
/// asks. What the TPM says comes by its bus in the clear: this holds against who can change files, not
/// against who can change what the TPM's chip answers.
///
/// Errors: unsupported "libtss2-esys.so.0" if it is not installed; disconnected "TPM" if none answers;
/// not_found "NV index"; unexpected "NV index" if it was never written; permission "NV index" if it may not
/// be read so; too_large "NV index"; system "TPM", `detail` is its response code.
Result<TpmNvIndex> read_tpm_nv(std::uint32_t index, const std::string& tcti = kernels_tpm);

/// What `what` of an Error says if the library is missing.
inline constexpr std::string_view no_tpm_library = "libtss2-esys.so.0";

}  // namespace busguard::host
