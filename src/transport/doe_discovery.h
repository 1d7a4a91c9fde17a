#pragma once

#include "transport/doe_mailbox.h"

#include <bitset>

namespace busguard::transport {

/// Asks a mailbox which protocols it carries (PCIe 6.30.1.1, DOE Discovery): at most 256 exchanges, without
/// blocking. Poll it until it gives the list.
class Discovery {
public:
    using Waiting = Mailbox::Waiting;
    using Progress = std::variant<Waiting, std::vector<DoeProtocol>>;

    /// The space must outlive it.
    Discovery(ConfigSpace& space, DoeCapability where);

    /// The list, in the mailbox's order. Errors, which end it: those of Mailbox and decode_discovery();
    /// bad_field "Next Index" if the list leads back to an index that was asked for.
    Result<Progress> poll(Time now);

private:
    Result<void> take(ByteView payload, Time now);
    Result<void> ask(std::uint8_t index, Time now);

    Mailbox mailbox_;
    std::uint8_t version_;  // of the request
    bool begun_ = false;
    bool complete_ = false;
    std::bitset<256> asked_;
    std::vector<DoeProtocol> found_;
};

}  // namespace busguard::transport
