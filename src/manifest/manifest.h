#pragma once

#include "appraisal/reference.h"
#include "base/problem.h"
#include "trust/anchors.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

/// Reference values as others publish them.
namespace busguard::manifest {

inline constexpr std::size_t largest_manifest = std::size_t{4} << 20U;

/// Who may vouch for reference values.
struct Signers {
    /// Empty: nobody is asked for. A signature is held to its own certificate then, and a remark says that
    /// nobody vouches for that.
    trust::Anchors anchors;
    /// Certificates and manifests have to be valid then; nothing: dates play no part. A signer's certificate
    /// often ends long before the firmware that it vouches for.
    std::optional<std::chrono::sys_seconds> at;
};

struct Manifest {
    std::vector<appraisal::Reference> references;  ///< one for each kind of device
    /// What was not used and why, and who vouches for the rest: sentences for people, printable.
    std::vector<std::string> remarks;
};

/// What a file holds, told by its first bytes: busguard's own JSON, CoRIM or CoMID (draft-ietf-rats-corim,
/// also signed by COSE_Sign1), TCG concise evidence or SPDM table of contents, or a SWID RIM (ISO 19770-2,
/// also signed by XMLDSig). Whoever names an unsigned file trusts it by that; of a signed one, the signature
/// has to verify. `where` is the file's path: for NVIDIA's RIMs its last part says which firmware they are
/// for.
Checked<Manifest> references_from(ByteView file, const std::string& where, const Signers& signers = {});

}  // namespace busguard::manifest
