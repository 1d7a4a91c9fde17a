#pragma once

#include "base/bytes.h"
#include "host/file_tree.h"

#include <map>
#include <string>
#include <string_view>

namespace busguard::host {

/// Has a kernel with the CMA series (v2 of 2024-06-30) authenticate a PCI function anew, with a nonce of
/// ours, and gives what it then publishes of that: the files of one entry of `signatures/`, with the slot
/// that they refer to, as evidence/kernel_log.h reads them. What the kernel itself thinks of it
/// (`authenticated`) is not asked. It blocks until the kernel is done with the device.
///
/// Errors, where no signature was made with this nonce:
///
///     mismatch "Nonce"           what was signed meanwhile answers other questions
///     owned "kernel"             it shows no signatures, keeps none, or cannot find out (ENOTTY)
///     unsupported "CHAL_CAP"     the device cannot be challenged (EPROTONOSUPPORT)
///     unexpected, not_ready, peer_error, timeout, too_large
///                                what the device did, as far as the kernel's errno tells; `what` is "kernel"
///     those of FileTree          for the files
Result<std::map<std::string, Bytes>> authenticate_by_kernel(FileTree& sys, std::string_view address,
                                                            ByteView nonce);

}  // namespace busguard::host
