#include "emulate/device.h"

#include "spdm/algorithms.h"

namespace busguard::emulate {
namespace {

/// A responder, and whoever meddles with what it says.
class Conversation final : public Endpoint {
public:
    Conversation(const spdm::Profile& profile, const Lies& lies, Entropy& entropy)
        : responder_{profile, entropy} {
        if (lies != Lies{}) liar_.emplace(honest_, lies);
    }
    Bytes answer(ByteView request) override {
        return liar_ ? liar_->answer(request) : honest_.answer(request);
    }

private:
    class Honest final : public Endpoint {
    public:
        explicit Honest(spdm::Responder& responder) : responder_{&responder} {}
        Bytes answer(ByteView request) override { return responder_->reply(request).message; }

    private:
        spdm::Responder* responder_;
    };

    spdm::Responder responder_;
    Honest honest_{responder_};
    std::optional<LyingEndpoint> liar_;
};

}  // namespace

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
    : description_{std::move(description)}, clock_{&clock}, entropy_{&entropy} {
    if (description_.spdm) profile_ = profile_of(description_, std::move(slots));
    endpoint_ = converse();
    std::vector<DoeRegisters*> mailboxes;
    if (description_.mailbox)
        mailboxes.push_back(&mailbox_.emplace(*description_.mailbox, clock, endpoint_.get()));
    config_.emplace(description_.identity, std::move(mailboxes));
}

void Device::reset() {
    endpoint_ = converse();
    // In its place: config_ knows it by its address.
    if (mailbox_) mailbox_.emplace(*description_.mailbox, *clock_, endpoint_.get());
}

std::unique_ptr<Endpoint> Device::converse() const {
    if (!profile_) return nullptr;
    return std::make_unique<Conversation>(*profile_, description_.lies, *entropy_);
}

std::vector<transport::DoeProtocol> Device::visible_features() const {
    if (!description_.mailbox) return {};
    const auto fault = description_.mailbox->fault;
    const bool answers_discovery = fault == MailboxFault::none || fault == MailboxFault::babble;
    return answers_discovery ? description_.mailbox->features : std::vector<transport::DoeProtocol>{};
}

}  // namespace busguard::emulate
