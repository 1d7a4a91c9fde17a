#include "transport/doe_channel.h"

#include <utility>

namespace busguard::transport {
namespace {

// A data object that is wrong says nothing about the SPDM message that may have been in it.
Error in_terms_of_a_channel(Error error) {
    if (error.code == Errc::mismatch || error.code == Errc::bad_field || error.code == Errc::too_large)
        error.code = Errc::transport;
    return error;
}

}  // namespace

DoeChannel::DoeChannel(ConfigSpace& space, DoeCapability where, std::size_t largest)
    : mailbox_{space, where, largest} {}

Result<void> DoeChannel::send(ByteView message, Time now, Time patience) {
    return mailbox_.begin(doe_spdm, message, now, patience);
}

Result<Channel::Progress> DoeChannel::poll(Time now) {
    auto progress = mailbox_.poll(now);
    if (!progress) return fail(in_terms_of_a_channel(progress.error()));
    if (const auto* waiting = std::get_if<Waiting>(&*progress)) return *waiting;
    return std::move(std::get<DataObject>(*progress).payload);
}

}  // namespace busguard::transport
