#pragma once

#include "manifest/cbor.h"
#include "manifest/manifest.h"

#include <string>

namespace busguard::manifest {

/// Is it a CoRIM, signed or not, or a CoMID? By its tag, or its keys.
bool is_corim(const cbor::Item& item);

/// The reference triples of all CoMIDs in it (draft-ietf-rats-corim). Other triples and tags say nothing that
/// is compared with measurements: remarks name them.
Checked<Manifest> corim_references(const cbor::Item& item, const Signers& signers, const std::string& where);

}  // namespace busguard::manifest
