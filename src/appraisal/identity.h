#pragma once

#include "crypto/certificate.h"
#include "evidence/bundle.h"
#include "evidence/transcript_review.h"

#include <map>
#include <string>

/// What signed evidence says of which device and firmware it is, for appraise.cpp and reference.cpp.
namespace busguard::appraisal {

/// As identity_of(bundle) in reference.h, from what is read already. `leaf` null: no certificate. `opaque`:
/// of signed measurements, else empty.
std::map<std::string, std::string> identity_of(const std::optional<PciIdentity>& pci,
                                               const crypto::Certificate* leaf, ByteView opaque);

/// The product line of a certificate's DMTF device info, "manufacturer:product".
std::string product_of(const crypto::Certificate& leaf);

struct SignedMeasurements {
    std::vector<spdm::MeasurementBlock> blocks;  ///< equal blocks once
    std::string hash;                            ///< "sha384"; empty if nobody tells
    Bytes opaque;                                ///< of the answer that is signed
};
/// Takes the blocks of one reviewed transcript in.
void add(SignedMeasurements& to, const evidence::Review& review, const std::optional<spdm::Agreed>& agreed);
/// What the transcripts of the bundle's records hold; what its measurements list says plays no part, for
/// nobody signed that.
SignedMeasurements signed_measurements(const evidence::Bundle& bundle);

}  // namespace busguard::appraisal
