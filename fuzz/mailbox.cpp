#include "fuzz/config_space.h"
#include "transport/doe_discovery.h"
#include "transport/doe_mailbox.h"

namespace {

using namespace busguard;
using namespace busguard::transport;

constexpr DoeCapability where{.offset = 0x100, .version = 2};

// Polls until there is an end, and says at what time that was. `Pollee` is a Mailbox or a Discovery.
Time to_the_end(auto& pollee, Time now) {
    for (unsigned turn = 0;; ++turn) {
        fuzz::expect(turn < 200'000, "it comes to an end");
        const auto progress = pollee.poll(now);
        if (!progress) return now;
        const auto* waiting = std::get_if<0>(&*progress);
        if (waiting == nullptr) return now;
        fuzz::expect(waiting->until >= now, "nobody waits for the past");
        fuzz::expect(waiting->until <= now + Mailbox::time_limit, "nor long");
        now = std::max(waiting->until, now + std::chrono::microseconds{1});
    }
}

}  // namespace

// A mailbox whose registers read as the input says. Whatever they are, an exchange ends in time and the next
// one may begin.
void busguard::fuzz::try_input(ByteView input) {
    if (input.empty()) return;
    Registers space{input};
    Time now{};
    if ((std::to_integer<unsigned>(input[0]) & 2U) != 0) {
        Discovery discovery{space, where};
        now = to_the_end(discovery, now);
        return;
    }
    Mailbox mailbox{space, where, 4096};
    const Bytes request(12);
    for (unsigned exchange = 0; exchange < 4; ++exchange) {
        if (!mailbox.begin(doe_spdm, request, now, Mailbox::time_limit)) break;
        const auto begun = now;
        now = to_the_end(mailbox, now);
        expect(now - begun <= 10 * Mailbox::time_limit, "no mailbox holds us for long");
    }
}
