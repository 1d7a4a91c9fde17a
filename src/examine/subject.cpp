#include "examine/subject.h"

#include "appraisal/identity.h"
#include "base/hex.h"
#include "host/ownership.h"
#include "host/pci.h"
#include "host/pci_driver.h"
#include "owner/owner.h"

namespace busguard::examine {

void tell_verdict(policy::Subject& subject, const appraisal::Verdict& verdict,
                  const std::optional<appraisal::Signer>& signer,
                  const std::map<std::string, std::string>& measurements) {
    subject.state = verdict.state;
    for (const auto& check : verdict.checks)
        if (check.outcome == Outcome::fail) subject.reasons.emplace_back(check.reason);
    if (signer) {
        subject.slot = signer->slot;
        subject.certificate = signer->certificate;
        subject.root = signer->root;
    }
    subject.measurements = measurements;
}

appraisal::Verdict bound_before(appraisal::Verdict verdict, std::string_view driver) {
    auto checks = std::move(verdict.checks);
    checks.push_back(
        failed("device.bound-before", "device.bound-before-policy", std::string{driver} + " had it"));
    return appraisal::concluded(std::move(checks));
}

std::map<std::string, std::string> measurements_of(const evidence::Bundle& bundle) {
    std::map<std::string, std::string> measurements;
    if (bundle.measurements.empty()) return measurements;
    for (const auto& block : appraisal::signed_measurements(bundle).blocks)
        measurements[std::to_string(block.index)] = to_hex(block.value);
    return measurements;
}

policy::Subject subject_of(const host::FileTree& sys, const Visited& visited,
                           const appraisal::Verdict& verdict) {
    const auto address = host::address_of(visited.device);
    policy::Subject subject{
        .device = visited.device, .pci = visited.pci, .place = host::place_of(sys, address)};
    subject.location = host::location_of(sys, address);
    subject.virtual_function = !host::physical_function(sys, address).empty();
    const auto facts = host::ownership_facts(sys, address);
    const auto owner = facts ? owner::owner_by(*facts) : owner::Owner{};
    const bool ours = owner.kind == owner::Owner::Kind::none && visited.bundle;
    subject.owner = ours ? "native" : owner.text();
    if (visited.bundle)
        tell_verdict(subject, verdict, appraisal::signer_of(*visited.bundle),
                     measurements_of(*visited.bundle));
    else
        tell_verdict(subject, verdict, {}, {});
    return subject;
}

}  // namespace busguard::examine
