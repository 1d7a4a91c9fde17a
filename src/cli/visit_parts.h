#pragma once

#include "appraisal/verdict.h"
#include "cli/world.h"
#include "evidence/bundle.h"
#include "spdm/types.h"

#include <optional>

/// What visits over mailboxes and over sockets have in common.
namespace busguard::cli {

/// Gives a chosen nonce the first time that one is asked for; everything else is as unpredictable as before.
class ChosenNonce final : public Entropy {
public:
    ChosenNonce(std::optional<spdm::Nonce> nonce, Entropy& real) : nonce_{nonce}, real_{&real} {}

    Result<void> fill(std::span<std::byte> bytes) override;

private:
    std::optional<spdm::Nonce> nonce_;
    Entropy* real_;
};

evidence::Circumstances circumstances(const World& world, std::string device, std::string_view transport,
                                      std::optional<PciIdentity> pci);

/// The verdict on a device to which no dialogue was possible.
appraisal::Verdict verdict_without(const Error& error);

}  // namespace busguard::cli
