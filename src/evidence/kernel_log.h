#pragma once

#include "base/problem.h"
#include "evidence/bundle.h"

#include <map>
#include <string>
#include <vector>

/// The files that a Linux kernel with the CMA series publishes below a device: `signatures/` and
/// `certificates/` (docs of the series, v2 of 2024-06-30).
namespace busguard::evidence {

/// Name → content, names relative to the device's directory: "signatures/0_transcript", "certificates/slot0".
/// "signatures/N_certificate_chain", a symbolic link, is given as the text of its target
/// ("../certificates/slot0"), or as the content it leads to.
using Files = std::map<std::string, Bytes>;

struct KernelEntry {
    std::uint32_t number = 0;  ///< N
    Record record;
};

/// Does this look like such a directory?
bool is_kernel_log(const Files& files);

/// All entries by number. Slots come without the SPDM header: the chain structure is rebuilt around them,
/// with the root hash of what they hold. The algorithm of the signature comes from the transcript (or, where
/// it has no negotiation, from the leaf's key). The Problem's `field` is the file.
Checked<std::vector<KernelEntry>> read_kernel_log(const Files& files, const std::string& where);

}  // namespace busguard::evidence
