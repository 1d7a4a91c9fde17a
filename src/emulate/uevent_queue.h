#pragma once

#include "host/uevents.h"

#include <cstdint>

namespace busguard::emulate {

/// The events of an emulated machine, for one listener. Nobody has to listen: it is bounded.
class UeventQueue final : public host::UeventSource {
public:
    static constexpr std::size_t default_most = 4096;

    /// Beyond `most` events that wait, more are dropped, and the next take() says so.
    explicit UeventQueue(std::size_t most = default_most) : most_{most} {}

    /// Numbers the event as the kernel does (SEQNUM), the dropped ones too.
    void say(host::Uevent event);

    Result<host::Uevents> take() override;
    int descriptor() const override { return -1; }

private:
    std::size_t most_;
    std::uint64_t number_ = 0;
    host::Uevents waiting_;
};

}  // namespace busguard::emulate
