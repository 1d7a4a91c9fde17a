#pragma once

#include "appraisal/appraise.h"
#include "crypto/entropy.h"
#include "spdm/authentication.h"
#include "spdm/responder.h"

namespace busguard::bench {

/// A device with a chain of three (root, authority, leaf) of P-384 and SHA-384, as the budgets of docs/ mean
/// it, and what its evidence is held to.
struct TestDevice {
    TestDevice();

    crypto::SystemEntropy entropy;
    spdm::Profile profile;
    appraisal::Standard standard;
    evidence::Circumstances circumstances;
};

/// Carries a visit to the device to its end, with nothing between the two.
Result<void> visit(spdm::Visit& visit, spdm::Responder& responder);

/// The appraisal of what a visit found.
appraisal::Verdict judge(const spdm::Visit& visit, const TestDevice& device);

}  // namespace busguard::bench
