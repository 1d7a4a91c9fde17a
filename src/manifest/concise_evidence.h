#pragma once

#include "manifest/cbor.h"
#include "manifest/manifest.h"

#include <string>

namespace busguard::manifest {

/// Is it TCG concise evidence, or an SPDM table of contents around some? By its tag, or its keys.
bool is_concise_evidence(const cbor::Item& item);

/// What a device that is known to be good said of itself, as reference values for others like it (TCG DICE
/// Concise Evidence Binding for SPDM). The file is as good as whoever kept it: nothing in it is signed.
Checked<Manifest> evidence_references(const cbor::Item& item, const std::string& where);

}  // namespace busguard::manifest
