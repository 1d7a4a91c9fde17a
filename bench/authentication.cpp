#include "bench/measure.h"
#include "bench/report.h"
#include "bench/test_device.h"
#include "crypto/certificate.h"
#include "spdm/signing.h"

#include <cstdio>
#include <cstdlib>

namespace busguard::bench {
namespace {

spdm::Plan plan_of(bool authenticates, spdm::Plan::Measure measure) {
    spdm::Plan plan;
    plan.slots = authenticates ? 0xff : 0;
    plan.challenge = authenticates;
    plan.measure = measure;
    return plan;
}

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "bench: %s failed\n", what);
    std::exit(1);
}

// The signatures that an authentication cannot do without, made and verified by the very primitives.
struct Floor {
    explicit Floor(const TestDevice& device)
        : key{device.profile.slots.at(0).key},
          message(100 + 48),
          signature{*key.sign(scheme, hash, message)} {}

    void sign() const { must(static_cast<bool>(key.sign(scheme, hash, message)), "sign"); }
    void verify() const {
        must(static_cast<bool>(key.public_key().verify(scheme, hash, message, signature)), "verify");
    }

    static constexpr auto scheme = crypto::Scheme::ecdsa_p384;
    static constexpr auto hash = crypto::Hash::sha_384;
    crypto::PrivateKey key;
    Bytes message;
    Bytes signature;
};

// What a device's findings hold between visits, without certificates and transcripts, which are evidence and
// go to disk.
double state_bytes(TestDevice& device) {
    spdm::Responder responder{device.profile, device.entropy};
    spdm::Visit one{{plan_of(true, spdm::Plan::Measure::all_at_once), device.entropy}};
    must(static_cast<bool>(visit(one, responder)), "visit");
    spdm::Findings kept;
    auto held = counted([&] { kept = one.rules().found(); }).kept_bytes;
    for (const auto& [slot, chain] : kept.chains) held -= chain.structure.size();
    for (const auto& statement : kept.statements) held -= statement.transcript.size();
    return static_cast<double>(held + sizeof kept);
}

}  // namespace

std::vector<Figure> authentication() {
    TestDevice device;
    const Floor floor{device};
    spdm::Responder responder{device.profile, device.entropy};

    const auto negotiate_plan = plan_of(false, spdm::Plan::Measure::no);
    const auto authenticate_plan = plan_of(true, spdm::Plan::Measure::no);
    const auto measure_plan = plan_of(true, spdm::Plan::Measure::all_at_once);
    const auto negotiate = [&] {
        spdm::Visit one{{negotiate_plan, device.entropy}};
        must(static_cast<bool>(visit(one, responder)), "negotiation");
    };
    crypto::CertificateCache cache;
    const auto authenticate_by = [&](const spdm::Plan& plan, crypto::CertificateCache* parsed) {
        spdm::Visit one{{plan, device.entropy}};
        must(static_cast<bool>(visit(one, responder)), "visit");
        must(judge(one, device, parsed).state == appraisal::State::authenticated, "appraisal");
    };
    const auto authenticate = [&] { authenticate_by(authenticate_plan, &cache); };
    const auto with_measurements = [&] { authenticate_by(measure_plan, &cache); };
    const auto first_time = [&] { authenticate_by(authenticate_plan, nullptr); };

    const auto times = compare({negotiate, authenticate, with_measurements, [&] { floor.sign(); },
                                [&] { floor.verify(); }, first_time},
                               std::chrono::milliseconds{6000});
    const double sign = times[3];
    const double verify = times[4];

    const auto parses_before = crypto::parse_count();
    crypto::CertificateCache fresh;
    constexpr int again = 10;
    for (int i = 0; i < again; ++i) authenticate_by(authenticate_plan, &fresh);
    const auto parses = crypto::parse_count() - parses_before;
    const auto negotiation_allocations = counted(negotiate).allocations;
    const auto authentication_allocations = counted(authenticate).allocations;

    const auto percent = [](double part, double whole) { return 100 * part / whole; };
    const auto us = [](double seconds) { return std::to_string(static_cast<long>(seconds * 1e6)) + " us"; };
    return {
        {"negotiate", times[0] * 1e6, "us", 3, false, "both sides, no cryptography"},
        {"authenticate", percent(sign + 3 * verify, times[1]), "%", 90, true,
         us(times[1]) + " again and again, for 1 signature and 3 verifications of " + us(sign + 3 * verify)},
        {"authenticate, first time", percent(sign + 3 * verify, times[5]), "%", 0, true,
         us(times[5]) + ", the intermediate and the leaf never seen before: their parsing is OpenSSL's"},
        // The appraisal verifies the second signature under the key that it has decoded for the first.
        {"measure", percent(sign + verify, times[2] - times[1]), "%", 90, true,
         us(times[2] - times[1]) + " for 1 signature and 1 verification of " + us(sign + verify)},
        {"parses", static_cast<double>(parses), "count", 3, false,
         "X.509 certificates of 10 authentications, chain of 3; the root was parsed as an anchor"},
        {"allocations, negotiate", static_cast<double>(negotiation_allocations), "count", 0, false,
         "both sides"},
        {"allocations, authenticate", static_cast<double>(authentication_allocations), "count", 0, false,
         "both sides and the verdict, OpenSSL's included"},
        {"state", state_bytes(device), "bytes", 4096, false, "a device's findings between visits"},
    };
}

}  // namespace busguard::bench
