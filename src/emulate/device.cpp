#include "emulate/device.h"

#include "spdm/algorithms.h"

namespace busguard::emulate {

spdm::Profile profile_of(const DeviceDescription& description, ProvisionedSlots slots) {
    const auto& its = *description.spdm;
    spdm::Profile profile;
    profile.versions = its.versions;
    profile.flags = {};
    if (!slots.empty()) profile.flags = spdm::Cap::cert | spdm::Cap::chal;
    if (!its.measurements.empty()) {
        const bool can_sign = its.signs_measurements && !slots.empty();
        profile.flags = profile.flags | (can_sign ? spdm::Cap::meas_sig : spdm::Cap::meas_no_sig);
    }
    for (const auto& slot : its.slots)
        if (slot.alias) profile.flags = profile.flags | spdm::Cap::alias_cert;
    profile.ct_exponent = its.ct_exponent;
    profile.largest_message = its.largest_message;
    profile.asym = spdm::base_asym_of(its.scheme);
    profile.hash = spdm::base_hash_of(its.hash);
    profile.measurement_hash = spdm::measurement_hash_of(its.measurement_hash);
    profile.slots = std::move(slots);
    profile.measurements = its.measurements;
    for (auto& block : profile.measurements)
        if (block.index == description.lies.tampered && !block.value.empty())
            block.value.front() ^= std::byte{0xff};
    return profile;
}

Device::Device(DeviceDescription description, ProvisionedSlots slots, Clock& clock, Entropy& entropy)
    : description_{std::move(description)} {
    if (description_.spdm) {
        honest_.emplace(profile_of(description_, std::move(slots)), entropy);
        if (description_.lies != Lies{}) liar_.emplace(*honest_, description_.lies);
    }
    std::vector<DoeRegisters*> mailboxes;
    if (description_.mailbox)
        mailboxes.push_back(&mailbox_.emplace(*description_.mailbox, clock, endpoint()));
    config_.emplace(description_.identity, std::move(mailboxes));
}

Endpoint* Device::endpoint() {
    if (liar_) return &*liar_;
    return honest_ ? &*honest_ : nullptr;
}

std::vector<transport::DoeProtocol> Device::visible_features() const {
    if (!description_.mailbox) return {};
    const auto fault = description_.mailbox->fault;
    const bool answers_discovery = fault == MailboxFault::none || fault == MailboxFault::babble;
    return answers_discovery ? description_.mailbox->features : std::vector<transport::DoeProtocol>{};
}

}  // namespace busguard::emulate
