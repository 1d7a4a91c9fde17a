#include "emulate/config_registers.h"
#include "emulate/doe_registers.h"
#include "fuzz/target.h"

namespace {

using namespace busguard;

class StillClock final : public Clock {
public:
    Time now() const override { return now_; }
    std::chrono::sys_seconds calendar() const override { return {}; }
    void wait(Time until, std::span<const int>) override { now_ = std::max(now_, until); }

private:
    Time now_{};
};

// Answers with twice what it was asked.
class Echo final : public emulate::Endpoint {
public:
    Bytes answer(ByteView request) override {
        auto twice = to_bytes(request);
        append(twice, request);
        return twice;
    }
};

}  // namespace

// The emulated device's side: configuration space with a mailbox, under any sequence of accesses. Four bytes
// are one access: what it does, offset or time, and the length or value.
void busguard::fuzz::try_input(ByteView input) {
    using namespace emulate;
    if (input.empty()) return;
    StillClock clock;
    Echo echo;
    MailboxDescription description;
    const auto bits = std::to_integer<unsigned>(input[0]);
    description.fault = static_cast<MailboxFault>(bits % 5U);
    description.latency = std::chrono::milliseconds{bits >> 4U};
    DoeRegisters mailbox{description, clock, &echo};
    ConfigRegisters space{transport::PciIdentity{.vendor = 0x1b36, .device = 0x10}, {&mailbox}};

    wire::Reader in{input.subspan(1)};
    while (in.left() >= 4) {
        const auto kind = in.take<std::uint8_t>();
        const auto offset = in.take<std::uint16_t>();
        const auto value = in.take<std::uint8_t>();
        switch (kind % 6U) {
            case 0: expect(space.read(offset, value).size() <= value, "no more than was asked for"); break;
            case 1: expect(space.write(offset, Bytes(value, std::byte{value})) <= value, "nor taken"); break;
            case 2: space.write(0x170, Bytes(4, std::byte{value})); break;  // write mailbox
            case 3: space.write(0x168, Bytes{std::byte{value}, {}, {}, std::byte{value}}); break;  // control
            case 4: (void)space.read(0x16c, 12); break;  // status and read mailbox
            case 5: clock.wait(clock.now() + std::chrono::milliseconds{value}, {}); break;
        }
    }
}
