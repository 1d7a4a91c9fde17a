#include "policy/policy.h"

#include "config/toml_fields.h"
#include "fuzz/target.h"
#include "policy/policy_file.h"
#include "policy/warnings.h"

// The rules of the daemon, which a person writes.
void busguard::fuzz::try_input(ByteView input) {
    const auto policy = policy::policy_from_toml(as_text(input), "policy.toml");
    if (!policy) {
        expect(!policy.error().message.empty(), "a problem says what it is");
        return;
    }

    const auto text = policy::to_toml(*policy);
    if (text.size() <= config::TomlDocument::largest) {
        const auto again = policy::policy_from_toml(text, "policy.toml");
        expect(again && *again == *policy, "there and back");
    }
    for (const auto& warning : policy::warnings(*policy, "policy.toml"))
        expect(!warning.message.empty(), "a warning says what it is");

    const policy::Subject drive{
        .device = "pci/0000:01:00.0",
        .pci = PciIdentity{.vendor = 0x1ea5, .device = 0x5001, .class_code = 0x010802},
        .place = "devices/pci0000:00/0000:00:01.0/0000:01:00.0",
        .location = "fixed",
        .owner = "native",
        .state = appraisal::State::failed,
        .reasons = {"chain.expired", "chain.version"},
        .slot = 0};
    for (const auto& subject : {drive, policy::Subject{}}) {
        const auto decision = policy::decide(*policy, subject);
        const auto before = decision.passed_over;
        if (decision.rule == policy::implicit)
            expect(before == policy->rules.size() && decision.ruling == policy->otherwise, "no rule decided");
        else
            expect(before < policy->rules.size() && policy->rules[before].name == decision.rule,
                   "the rule that decided has its name");
        (void)policy::preferred_owners(*policy, subject);
    }
}
