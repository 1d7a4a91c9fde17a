#include "transport/doe_discovery.h"

#include <utility>

namespace busguard::transport {
namespace {

constexpr std::size_t largest_answer = 64;  // bytes; the specified one has 4
constexpr std::uint8_t second_version = 2;  // what every capability from version 2 on is asked with

}  // namespace

Discovery::Discovery(ConfigSpace& space, DoeCapability where)
    : mailbox_{space, where, largest_answer},
      version_{where.version >= 2 ? second_version : std::uint8_t{0}} {}

Result<Discovery::Progress> Discovery::poll(Time now) {
    if (!std::exchange(begun_, true)) TRY(ask(0, now));
    while (!complete_) {
        auto progress = TRY(mailbox_.poll(now));
        if (const auto* waiting = std::get_if<Waiting>(&progress)) return *waiting;
        TRY(take(std::get<DataObject>(progress).payload, now));
    }
    return std::move(found_);
}

Result<void> Discovery::take(ByteView payload, Time now) {
    const auto entry = TRY(decode_discovery(payload));
    found_.push_back(entry.protocol);
    if (entry.next == 0) {
        complete_ = true;
        return {};
    }
    if (asked_[entry.next]) return fail(Errc::bad_field, "Next Index", found_.size() - 1, entry.next);
    return ask(entry.next, now);
}

Result<void> Discovery::ask(std::uint8_t index, Time now) {
    asked_.set(index);
    return mailbox_.begin(doe_discovery, discovery_request(index, version_), now, Mailbox::time_limit);
}

}  // namespace busguard::transport
