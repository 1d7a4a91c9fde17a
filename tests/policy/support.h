#pragma once

#include "policy/policy.h"
#include "policy/policy_file.h"

#include <gtest/gtest.h>

namespace busguard::policy {

inline const std::string leaf(64, 'a');
inline const std::string other_leaf(64, 'b');
inline const std::string root(64, 'c');
inline const std::string digest(96, 'd');
inline const std::string other_digest(96, 'e');

/// An NVMe drive that is authenticated.
inline Subject drive() {
    return {.device = "pci/0000:01:00.0",
            .pci = PciIdentity{.vendor = 0x1ea5,
                               .device = 0x5001,
                               .class_code = 0x010802,
                               .subsystem_vendor = 0x1af4,
                               .subsystem = 0x1100},
            .place = "devices/pci0000:00/0000:00:01.0/0000:01:00.0",
            .location = "fixed",
            .owner = "native",
            .state = appraisal::State::authenticated,
            .slot = 0,
            .certificate = leaf,
            .root = root,
            .measurements = {{"1", digest}, {"2", other_digest}}};
}

/// Nothing is known of it.
inline Subject stranger() { return {}; }

/// Without `+`, which g++ 12 -O2 takes for a write out of bounds (GCC bug 105651).
inline std::string joined(std::string_view first, std::string_view second) {
    std::string text;
    text.reserve(first.size() + second.size());
    return text.append(first).append(second);
}

/// `rules` below the head that every file has.
inline std::string file_of(std::string_view rules) {
    return joined("schema = \"busguard.policy/1\"\n", rules);
}

inline Policy policy_of(std::string_view rules) {
    auto policy = policy_from_toml(file_of(rules), "p.toml");
    EXPECT_TRUE(policy) << policy.error().text() << "\n" << rules;
    return policy ? *std::move(policy) : Policy{};
}

/// One rule, "r", that allows what `match` says.
inline std::string rule_of(std::string_view match) {
    return joined("[[rule]]\nname = \"r\"\ndecide = \"allow\"\n[rule.match]\n", match);
}

inline bool is_allowed(std::string_view match, const Subject& subject) {
    return decide(policy_of(rule_of(match)), subject).ruling == Ruling::allow;
}

}  // namespace busguard::policy
