#pragma once

#include "manifest/manifest.h"
#include "manifest/xml.h"

#include <optional>
#include <string>

namespace busguard::manifest {

/// Holds a document to its enveloped XMLDSig, by libxmlsec1: a Signature that is a child of the root and
/// covers all else in the document. The certificates are those in it, and who vouches for them is
/// signer_of()'s to say: libxmlsec1 gets a key, and makes no decision on trust. Gives who signed it, as a
/// remark; nothing if there is no signature. Refused: more than one signature, one that covers less,
/// algorithms with SHA-1 or without a public key.
Checked<std::optional<std::string>> check_signature(xmlDoc& document, const Signers& signers,
                                                    const std::string& where);

}  // namespace busguard::manifest
