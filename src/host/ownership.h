#pragma once

#include "host/file_tree.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace busguard::host {

/// What /sys tells of who speaks SPDM to a PCI function. Two kernels say `authenticated`, and mean different
/// things: the TSM class of Linux 6.19 and later (the connected TSM's name or an empty line, 0444, beside
/// tsm/) and the CMA series v2 (0 or 1, 0644, without tsm/).
struct OwnershipFacts {
    bool tsm_directory = false;                ///< a link TSM is registered and could take it
    std::string connected;                     ///< tsm/connect; empty: nobody
    std::string bound;                         ///< tsm/bound: the TSM while a TDI is in use; else empty
    std::optional<std::string> authenticated;  ///< the file's word; nothing: there is no such file
    std::vector<std::string> tsms;             ///< class/tsm, sorted: link TSMs and others
};

/// Errors: bad_field "PCI address"; those of FileTree for files that are there and cannot be read.
Result<OwnershipFacts> ownership_facts(const FileTree& sys, std::string_view address);

/// Asks the TSM to take the function (tsm/connect). Errors: `detail` is the kernel's errno: EBUSY, somebody
/// is connected already; ENXIO, no such link TSM or it refuses; EINVAL, no name of a TSM.
Result<void> connect_tsm(FileTree& sys, std::string_view address, std::string_view tsm);
/// Errors: ENXIO, nobody is connected; EINVAL, another TSM is.
Result<void> disconnect_tsm(FileTree& sys, std::string_view address, std::string_view tsm);

}  // namespace busguard::host
