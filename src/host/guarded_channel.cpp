#include "host/guarded_channel.h"

#include "host/pci.h"

namespace busguard::host {

Result<void> GuardedChannel::send(ByteView message, Time now, Time patience) {
    TRY(check());
    return channel_->send(message, now, patience);
}

Result<transport::Channel::Progress> GuardedChannel::poll(Time now) {
    auto progress = TRY(channel_->poll(now));
    if (std::holds_alternative<Bytes>(progress)) TRY(check());
    return progress;
}

Result<void> GuardedChannel::check() const {
    const auto owner = TRY(tsm_owner(*tree_, address_));
    if (!owner.empty()) return fail(Errc::owned, "tsm/connect");
    return {};
}

}  // namespace busguard::host
