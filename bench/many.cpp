#include "base/parallel.h"
#include "bench/measure.h"
#include "bench/report.h"
#include "bench/test_device.h"
#include "drive/errand.h"
#include "host/clock.h"

#include <algorithm>
#include <deque>

namespace busguard::bench {
namespace {

using namespace std::chrono_literals;

constexpr int devices = 1000;
constexpr Time latency = 100ms;

/// A device that thinks for a while about each answer.
class Thinking final : public transport::Channel {
public:
    Thinking(const spdm::Profile& profile, Entropy& entropy) : responder_{profile, entropy} {}

    Result<void> send(ByteView message, Time now, Time) override {
        answer_ = responder_.reply(message).message;
        ready_ = now + latency;
        return {};
    }
    Result<Progress> poll(Time now) override {
        if (now < ready_) return Waiting{ready_, -1};
        return std::move(answer_);
    }
    std::size_t largest() const override { return 0x1200; }
    std::string_view name() const override { return "memory"; }

private:
    spdm::Responder responder_;
    Bytes answer_;
    Time ready_{};
};

struct Took {
    double wall = 0;
    double processor = 0;
    int authenticated = 0;
    unsigned exchanges = 0;  ///< of one device
};

Took authenticate(TestDevice& device, const std::vector<spdm::Profile>& profiles) {
    host::SystemClock clock;
    std::deque<Thinking> channels;
    std::deque<spdm::Visit> visits;
    std::deque<drive::Errand> errands;
    drive::Loop loop{clock};
    const auto start = clock.now();
    const double busy = processor_seconds();
    for (const auto& profile : profiles) {
        auto& channel = channels.emplace_back(profile, device.entropy);
        auto& visit = visits.emplace_back(spdm::Authentication{{}, device.entropy});
        loop.add(errands.emplace_back(visit, channel));
    }
    loop.run();
    crypto::CertificateCache cache;
    std::atomic<int> authenticated{0};
    in_parallel(visits.size(), [&](std::size_t n) {
        if (judge(visits[n], device, &cache).state == appraisal::State::authenticated) ++authenticated;
    });
    Took took{.authenticated = authenticated};
    took.wall = std::chrono::duration<double>(clock.now() - start).count();
    took.processor = processor_seconds() - busy;
    took.exchanges = errands.front().exchanges();
    return took;
}

}  // namespace

std::vector<Figure> many_devices() {
    TestDevice device;
    std::vector<spdm::Profile> profiles;
    for (int i = 0; i < devices; ++i) profiles.push_back(device.sibling());
    const auto one = authenticate(device, {profiles.front()});
    const auto all = authenticate(device, profiles);
    const double cryptography = devices * least_cryptography(device);
    const double least = std::max(one.wall, cryptography);
    return {
        {"1,000 devices", all.wall / least, "x", 1.3, false,
         in_seconds(all.wall) + "; one device " + in_seconds(one.wall) + ", the cryptography of all " +
             in_seconds(cryptography) + ", CPU " + in_seconds(all.processor)},
        {"1,000 devices, authenticated", static_cast<double>(all.authenticated), "count", devices, true, ""},
    };
}

}  // namespace busguard::bench
