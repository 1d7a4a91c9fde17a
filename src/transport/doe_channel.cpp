#include "transport/doe_channel.h"

#include <utility>

namespace busguard::transport {

DoeChannel::DoeChannel(ConfigSpace& space, DoeCapability where, std::size_t largest)
    : mailbox_{space, where, largest} {}

Result<void> DoeChannel::send(ByteView message, Time now, Time patience) {
    return mailbox_.begin(doe_spdm, message, now, patience);
}

Result<Channel::Progress> DoeChannel::poll(Time now) {
    auto progress = TRY(mailbox_.poll(now));
    if (const auto* waiting = std::get_if<Waiting>(&progress)) return *waiting;
    return std::move(std::get<DataObject>(progress).payload);
}

}  // namespace busguard::transport
