#pragma once

#include "manifest/manifest.h"

#include <string>

namespace busguard::manifest {

/// A SWID tag (ISO 19770-2) with TCG RIM attributes whose Payload lists measurements by index, as NVIDIA
/// publishes them: Resource elements with type="Measurement", index, active, alternatives and Hash0, Hash1,
/// …. Only rows that are active are taken. Namespace prefixes play no part.
///
/// NVIDIA's are for one firmware of one board, and only their identifier says for which. It is what the file
/// is called (1010_0200_882_96005E0001_PROD.swidtag); the version at its end has to be the one inside.
Checked<Manifest> swid_references(ByteView file, const std::string& where, const Signers& signers);

}  // namespace busguard::manifest
