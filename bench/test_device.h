#pragma once

#include "appraisal/appraise.h"
#include "crypto/certificate_cache.h"
#include "crypto/entropy.h"
#include "emulate/pki.h"
#include "spdm/authentication.h"
#include "spdm/responder.h"

#include <cstdio>
#include <cstdlib>

namespace busguard::bench {

/// The value, or the end of the program: nothing can be measured without it.
template <class T, class E>
T must(Result<T, E> result) {
    if (!result) {
        std::fputs("bench: no test device can be made\n", stderr);
        std::exit(1);
    }
    return *std::move(result);
}

/// A device with a chain of three (root, authority, leaf) of P-384 and SHA-384, as the budgets of docs/ mean
/// it, and what its evidence is held to.
struct TestDevice {
    TestDevice();
    /// A device like it with a key and a leaf of its own, under the same authority.
    spdm::Profile sibling();

    crypto::SystemEntropy entropy;
    spdm::Profile profile;
    appraisal::Standard standard;
    evidence::Circumstances circumstances;

private:
    std::vector<emulate::Credential> authorities_;  // root, and the one below it
};

/// Processor seconds of what no authentication of such a device can do without, measured now: a signature and
/// three verifications.
double least_cryptography(const TestDevice& device);

/// Carries a visit to the device to its end, with nothing between the two.
Result<void> visit(spdm::Visit& visit, spdm::Responder& responder);

/// The appraisal of what a visit found.
appraisal::Verdict judge(const spdm::Visit& visit, const TestDevice& device, crypto::CertificateCache* cache);

}  // namespace busguard::bench
