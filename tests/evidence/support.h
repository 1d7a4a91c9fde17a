#pragma once

#include "crypto/entropy.h"
#include "evidence/bundle.h"
#include "evidence/kernel_log.h"
#include "tests/crypto/support.h"
#include "tests/spdm/device.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

/// Devices with a believable hierarchy above them, and what they say.
namespace busguard::evidence::test {

inline PciIdentity disk_identity() {
    return {.vendor = 0x1b36,
            .device = 0x0010,
            .class_code = 0x010802,
            .revision = 2,
            .subsystem_vendor = 0x1af4,
            .subsystem = 0x1100};
}

/// A leaf as CMA wants it.
crypto::CertificateSpec leaf_spec();

/// Root, authority, leaf. The keys of the two above are made once a process.
struct Hierarchy {
    explicit Hierarchy(const crypto::CertificateSpec& leaf = leaf_spec(),
                       crypto::Scheme scheme = crypto::Scheme::ecdsa_p384);

    std::vector<crypto::Certificate> chain;  ///< root to leaf
    std::optional<crypto::PrivateKey> key;   ///< the leaf's
    Bytes der() const;
};
const crypto::test::Node& root();
const crypto::test::Node& authority();

/// A device in slot 0 with this hierarchy.
spdm::Profile device(const Hierarchy& hierarchy, crypto::Scheme scheme = crypto::Scheme::ecdsa_p384,
                     crypto::Hash hash = crypto::Hash::sha_384);

spdm::Plan everything(spdm::Version version = spdm::Version::v1_3);
inline constexpr auto versions = std::to_array<spdm::Version>(
    {spdm::Version::v1_0, spdm::Version::v1_1, spdm::Version::v1_2, spdm::Version::v1_3});

Circumstances circumstances();
/// Visits the device and writes down what it said, an early end included.
Bundle visit(const spdm::Profile& profile, spdm::Plan plan = everything(), spdm::test::Meddle meddle = {});

/// The kernel's files in the developers' data; empty if there are none.
Files kernel_files();
struct Hopper {
    std::string report, chain, root;
};
/// Nothing if the developers' data is not there.
std::optional<Hopper> hopper();

/// Skips a test that needs data which is not there, loudly.
#define NEEDS_SHARED_DATA(condition) \
    if (!(condition)) GTEST_SKIP() << "SKIPPED: no ../shared/data (set BUSGUARD_SHARED_DATA)"

}  // namespace busguard::evidence::test
