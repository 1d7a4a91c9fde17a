#include "tests/spdm/device.h"

#include <array>

namespace busguard::spdm {
namespace {

using test::Cable;
using test::Counting;
using test::disk;
using test::verify;

constexpr auto versions =
    std::to_array<Version>({Version::v1_0, Version::v1_1, Version::v1_2, Version::v1_3});

struct Trip {
    explicit Trip(Profile device, Plan plan = {}, test::Meddle meddle = {})
        : profile{std::move(device)},
          visit{{std::move(plan), entropy}},
          cable{Responder{profile, entropy}, std::move(meddle)},
          outcome{cable.run(visit)} {}

    const Findings& found() const { return visit.rules().found(); }

    Counting entropy;
    Profile profile;
    Visit visit;
    Cable cable;
    Result<void> outcome;
};

Plan everything() {
    Plan plan;
    plan.measure = Plan::Measure::all_at_once;
    plan.summary = SummaryType::all;
    return plan;
}

std::string text(const Error& error) {
    return std::string{name(error.code)} + " " + std::string{error.what} + " " + std::to_string(error.detail);
}

TEST(Authentication, WorksInEveryVersionAndHowItMeasures) {
    for (auto version : versions) {
        for (auto measure : {Plan::Measure::all_at_once, Plan::Measure::one_by_one}) {
            for (bool raw : {false, true}) {
                auto plan = everything();
                plan.offer.versions = {version};
                plan.measure = measure;
                plan.raw_measurements = raw;
                const Trip run{disk(), plan};
                ASSERT_TRUE(run.outcome) << name(version) << " " << text(run.outcome.error());
                EXPECT_EQ(run.found().agreed->version, version);
                ASSERT_EQ(run.found().statements.size(), 2U);
                ASSERT_EQ(run.found().measurements.size(), 3U);
                EXPECT_TRUE(run.found().measurements_signed);
                EXPECT_EQ(run.found().measurements[1].raw, raw && version >= Version::v1_2);
                for (const auto& statement : run.found().statements)
                    EXPECT_TRUE(verify(statement, run.profile.slots.at(0).key.public_key())) << name(version);
            }
        }
    }
}

TEST(Authentication, WorksWithEveryAlgorithm) {
    for (auto scheme : crypto::all_schemes) {
        if (!crypto::supported(scheme)) continue;
        for (auto hash : crypto::all_hashes) {
            if (name(scheme).starts_with("rsa") && hash != crypto::Hash::sha3_384)
                continue;  // keys are slow to make
            const Trip run{disk(scheme, hash), everything()};
            ASSERT_TRUE(run.outcome) << name(scheme) << " " << name(hash) << " " << text(run.outcome.error());
            for (const auto& statement : run.found().statements)
                EXPECT_TRUE(verify(statement, run.profile.slots.at(0).key.public_key()))
                    << name(scheme) << name(hash);
        }
    }
}

TEST(Authentication, LeavesTheSameTranscriptOnBothSides) {
    const Trip run{disk(), everything()};
    ASSERT_TRUE(run.outcome);
    EXPECT_TRUE(same(run.visit.transcript().vca(), run.cable.responder.transcript().vca()));
    EXPECT_EQ(run.visit.transcript().measured(Version::v1_3),
              run.cable.responder.transcript().measured(Version::v1_3));
}

TEST(Authentication, KeepsTheTransportsPaddingOutOfTheTranscript) {
    const Trip run{disk(), everything(),
                   [](unsigned, Bytes& reply) { reply.resize((reply.size() + 3) / 4 * 4); }};
    ASSERT_TRUE(run.outcome);
    for (const auto& statement : run.found().statements)
        EXPECT_TRUE(verify(statement, run.profile.slots.at(0).key.public_key()));
}

TEST(Authentication, ReadsLongChainsInPortionsAndSeveralSlots) {
    auto device = disk();
    device.slots.emplace(SlotId{3}, device.slots.at(0));
    device.largest_message = 300;
    auto plan = everything();
    plan.summary = SummaryType::none;
    plan.measure = Plan::Measure::one_by_one;
    plan.choose_slot = [](const auto&, const auto&) { return std::optional<SlotId>{SlotId{3}}; };
    const Trip run{device, plan};
    ASSERT_TRUE(run.outcome) << text(run.outcome.error());
    EXPECT_EQ(run.found().chains.size(), 2U);
    EXPECT_EQ(run.found().chains.at(0).structure, run.found().chains.at(3).structure);
    EXPECT_EQ(run.found().statements.at(0).slot, 3);
    EXPECT_GT(run.cable.round, 9U);
}

TEST(Authentication, FallsBackToOneByOneWhenAllMeasurementsAreTooLarge) {
    auto device = disk();
    device.largest_message = 0x120;
    for (std::uint8_t index = 10; index < 30; index += 3)  // with gaps
        device.measurements.insert(device.measurements.begin() + 2, {index, MeasurementType::firmware_version,
                                                                     true, Bytes(60, std::byte{index})});
    const Trip run{device, [] {
                       auto plan = everything();
                       plan.summary = SummaryType::none;
                       return plan;
                   }()};
    ASSERT_TRUE(run.outcome) << text(run.outcome.error());
    EXPECT_EQ(run.found().measurements.size(), device.measurements.size());
    for (const auto& statement : run.found().statements)
        EXPECT_TRUE(verify(statement, run.profile.slots.at(0).key.public_key()));
}

TEST(Authentication, RepeatsTheRequestWhileThePeerIsBusyAndLeavesNoTrace) {
    const Bytes busy{std::byte{0x10}, std::byte{0x7f}, std::byte{0x03}, std::byte{0}};
    const Trip run{disk(), everything(), [&](unsigned round, Bytes& reply) {
                       if (round < 2) reply = busy;
                   }};
    ASSERT_TRUE(run.outcome) << text(run.outcome.error());
    EXPECT_EQ(run.cable.waited, 2 * Patience::busy_pause);
    EXPECT_TRUE(same(run.visit.transcript().vca(), run.cable.responder.transcript().vca()));
}

TEST(Authentication, LosesPatienceWithAPeerThatIsBusyForEver) {
    const Trip run{disk(), {}, [](unsigned, Bytes& reply) {
                       reply = Bytes{std::byte{0x10}, std::byte{0x7f}, std::byte{3}, {}};
                   }};
    EXPECT_EQ(run.outcome.error().code, Errc::not_ready);
}

// A device that says ResponseNotReady to CHALLENGE and has the answer ready for RESPOND_IF_READY.
struct Slow {
    void operator()(unsigned, Bytes& reply) {
        if (head_of(reply).code == Code::challenge_auth && answer.empty()) {
            answer = reply;
            reply =
                Bytes{reply[0],        std::byte{0x7f}, std::byte{0x42}, {}, static_cast<std::byte>(exponent),
                      std::byte{0x83}, token,           std::byte{rdtm}};
        } else if (head_of(reply).code == Code::error && !answer.empty()) {
            reply = answer;
        }
    }
    unsigned exponent = 10;
    std::byte token{0x5a};
    std::uint8_t rdtm = 2;
    Bytes answer;
};

TEST(Authentication, WaitsForAnAnswerThatIsNotReadyAndAsksWithTheToken) {
    const Trip run{disk(), {}, Slow{}};
    ASSERT_TRUE(run.outcome) << text(run.outcome.error());
    EXPECT_EQ(run.cable.waited, 1024us);
    EXPECT_EQ(to_bytes(run.cable.requests.back()),
              (Bytes{std::byte{0x13}, std::byte{0xff}, std::byte{0x83}, std::byte{0x5a}}));
    EXPECT_TRUE(verify(run.found().statements.at(0), run.profile.slots.at(0).key.public_key()));
}

TEST(Authentication, BoundsEveryWaitThatAPeerAsksFor_D02) {
    for (unsigned exponent : {24U, 25U, 31U, 32U, 63U, 64U, 255U}) {
        const Trip run{disk(), {}, Slow{.exponent = exponent}};
        EXPECT_LE(run.cable.waited, Patience::longest) << exponent;
        EXPECT_LE(Patience::of_exponent(static_cast<std::uint8_t>(exponent)), Patience::longest);
    }
    EXPECT_EQ(Trip(disk(), {}, Slow{.rdtm = 1}).outcome.error().what, "RDTM");
}

// Changes one byte of the answer of one kind.
test::Meddle flip(Code code, std::size_t offset, unsigned mask) {
    return [=](unsigned, Bytes& reply) {
        if (head_of(reply).code == code && offset < reply.size())
            reply[offset] ^= static_cast<std::byte>(mask);
    };
}

TEST(Authentication, HoldsEveryAnswerToItsRequest) {
    struct Case {
        test::Meddle meddle;
        Errc code;
        std::string_view what;
    };
    const auto cases = std::to_array<Case>({
        {[](unsigned round, Bytes& reply) {
             if (round == 0)
                 reply = Bytes{std::byte{0x10}, std::byte{4}, {}, {}, {}, std::byte{1}, {}, std::byte{0x20}};
         },
         Errc::no_common, "VersionNumberEntry"},
        {flip(Code::algorithms, 12, 0x90), Errc::bad_field, "BaseAsymSel"},  // D39: another bit, two bits
        {flip(Code::algorithms, 13, 0x01), Errc::bad_field, "BaseAsymSel"},
        {flip(Code::algorithms, 12, 0x80), Errc::no_common, "BaseAsymSel"},
        {flip(Code::algorithms, 16, 0x03), Errc::bad_field, "BaseHashSel"},
        {flip(Code::algorithms, 6, 0x01), Errc::bad_field, "MeasurementSpecificationSel"},  // D42
        {flip(Code::algorithms, 7, 0x01), Errc::bad_field, "OtherParamsSelection"},
        {flip(Code::capabilities, 8, 0x08), Errc::bad_field, "MEAS_CAP"},
        {flip(Code::capabilities, 8, 0x02), Errc::bad_field, "CERT_CAP"},
        {flip(Code::capabilities, 12, 0xff), Errc::bad_field, "MaxSPDMmsgSize"},
        {flip(Code::digests, 4, 0x01), Errc::mismatch, "Digest"},  // D120
        {flip(Code::certificate, 2, 0x01), Errc::mismatch, "SlotID"},
        {flip(Code::certificate, 100, 0x01), Errc::mismatch, "Digest"},
        {flip(Code::challenge_auth, 2, 0x01), Errc::mismatch, "SlotID"},
        {flip(Code::challenge_auth, 3, 0x01), Errc::mismatch, "SlotMask"},
        {flip(Code::challenge_auth, 4, 0x01), Errc::mismatch, "CertChainHash"},                        // D120
        {flip(Code::challenge_auth, 4 + 48 + 32 + 48 + 2, 0x01), Errc::mismatch, "RequesterContext"},  // D76
        {flip(Code::measurements, 3, 0x01), Errc::mismatch, "SlotID"},
    });
    for (const auto& [meddle, code, what] : cases) {
        auto plan = everything();
        plan.offer.asym = BaseAsym::ecdsa_p384 | BaseAsym::ecdsa_p521;
        plan.offer.hash = BaseHash::sha_384;
        const Trip run{disk(), plan, meddle};
        ASSERT_FALSE(run.outcome) << what;
        EXPECT_EQ(run.outcome.error().code, code) << what << ": " << text(run.outcome.error());
        EXPECT_EQ(run.outcome.error().what, what);
    }
}

TEST(Authentication, RefusesACertificateThatNeverEnds_D31_D32) {
    const auto endless = [](unsigned, Bytes& reply) {
        if (head_of(reply).code == Code::certificate) {
            reply.resize(9);
            reply[4] = std::byte{1};
            reply[5] = {};
            reply[6] = reply[7] = std::byte{0xff};
        }
    };
    EXPECT_EQ(Trip(disk(), {}, endless).outcome.error().what, "RemainderLength");
    const auto empty = [](unsigned, Bytes& reply) {
        if (head_of(reply).code == Code::certificate) {
            reply.resize(8);
            reply[4] = reply[5] = {};
        }
    };
    EXPECT_EQ(Trip(disk(), {}, empty).outcome.error().what, "PortionLength");
}

TEST(Authentication, RefusesEveryTruncationOfEveryAnswer) {
    const Trip whole{disk(), everything()};
    ASSERT_TRUE(whole.outcome);
    for (unsigned round = 0; round < whole.cable.round; ++round) {
        for (std::size_t keep = 0; keep < 400; ++keep) {
            bool cut = false;
            const Trip run{disk(), everything(), [&](unsigned now, Bytes& reply) {
                               if (now == round && keep < reply.size()) {
                                   reply.resize(keep);
                                   cut = true;
                               }
                           }};
            if (!cut) break;
            EXPECT_FALSE(run.outcome) << round << " cut to " << keep;
        }
    }
}

TEST(Authentication, KeepsWhatWasSignedEvenIfItThenFails) {
    const Trip run{disk(), everything(), flip(Code::challenge_auth, 3, 0x01)};
    ASSERT_FALSE(run.outcome);
    ASSERT_EQ(run.found().statements.size(), 1U);
    EXPECT_FALSE(verify(run.found().statements[0], run.profile.slots.at(0).key.public_key()));
    EXPECT_EQ(run.found().chains.size(), 1U);
}

TEST(Authentication, ReportsAPeersErrorByItsCode) {
    const Trip run{disk(), {}, [](unsigned round, Bytes& reply) {
                       if (round == 3) reply = Bytes{std::byte{0x13}, std::byte{0x7f}, std::byte{0x05}, {}};
                   }};
    EXPECT_EQ(run.outcome.error(), (Error{Errc::peer_error, "GET_DIGESTS", 0, 5}));
}

TEST(Authentication, IsDeadAfterAnError) {
    Trip run{disk(), {}, flip(Code::challenge_auth, 2, 0x01)};
    EXPECT_EQ(run.visit.answer(Bytes(4)).error().code, Errc::unexpected);
}

TEST(Authentication, PassesVendorDefinedRequestsThrough) {
    auto device = disk();
    device.vendor = [](const msg::VendorRequest& request) { return std::optional<Bytes>{request.payload}; };
    Plan plan;
    plan.vendor = {{3, {std::byte{1}, {}}, to_bytes(as_bytes("hello"))}};
    const Trip run{device, plan};
    ASSERT_TRUE(run.outcome) << text(run.outcome.error());
    EXPECT_EQ(as_text(run.found().vendor.at(0).payload), "hello");
    EXPECT_TRUE(verify(run.found().statements.at(0), run.profile.slots.at(0).key.public_key()));
}

// --- The responder against requests that no requester of ours makes
// --------------------------------------------
Bytes ask(Responder& responder, const auto& request, Version version) {
    return responder.reply(encode(request, Shape{.version = version, .hash = 48})->bytes()).message;
}

ErrorCode error_of(const Bytes& reply) {
    return head_of(reply).code == Code::error ? static_cast<ErrorCode>(reply.at(2)) : ErrorCode{};
}

TEST(Responder, AnswersOutOfOrderRequestsWithUnexpectedRequest) {
    Counting entropy;
    const auto device = disk();
    Responder responder{device, entropy};
    EXPECT_EQ(error_of(ask(responder, msg::GetDigests{}, Version::v1_2)), ErrorCode::unexpected_request);
    ask(responder, msg::GetVersion{}, Version::v1_0);
    EXPECT_EQ(error_of(ask(responder, msg::Challenge{}, Version::v1_2)), ErrorCode::unexpected_request);
}

TEST(Responder, KeepsItsVersionWhenCapabilitiesComeAgain) {
    Trip run{disk()};
    ASSERT_TRUE(run.outcome);
    auto& responder = run.cable.responder;
    const msg::GetCapabilities other{
        {.flags = Cap::cert | Cap::chal, .data_transfer_size = 1024, .max_message_size = 1024}};
    auto reply = ask(responder, other, Version::v1_2);
    EXPECT_EQ(error_of(reply), ErrorCode::unexpected_request);
    EXPECT_EQ(reply.at(0), std::byte{0x13});
}

TEST(Responder, RefusesAVersionThatItDoesNotSpeak) {
    Counting entropy;
    const auto device = disk();
    Responder responder{device, entropy};
    ask(responder, msg::GetVersion{}, Version::v1_0);
    const auto reply = ask(responder, msg::GetCapabilities{}, static_cast<Version>(0x14));
    EXPECT_EQ(error_of(reply), ErrorCode::version_mismatch);
    EXPECT_EQ(reply.at(0), std::byte{0x10});
}

TEST(Responder, ARepeatedChallengeGetsTheSameAnswerAndChangesNothing_D89) {
    Trip run{disk()};
    ASSERT_TRUE(run.outcome);
    const auto challenge = run.cable.requests.back();
    const auto before = run.cable.responder.transcript().challenged();
    const auto again = run.cable.responder.reply(challenge).message;
    EXPECT_EQ(head_of(again).code, Code::challenge_auth);
    EXPECT_EQ(run.cable.responder.transcript().challenged(), before);
    EXPECT_TRUE(same(ByteView{again}.last(96), run.found().statements.at(0).signature));
}

TEST(Responder, SurvivesAMalformedGetVersion_D87) {
    Trip run{disk()};
    ASSERT_TRUE(run.outcome);
    auto& responder = run.cable.responder;
    const Bytes wrong_version{std::byte{0x13}, std::byte{0x84}, {}, {}};
    EXPECT_EQ(error_of(responder.reply(wrong_version).message), ErrorCode::version_mismatch);
    EXPECT_EQ(head_of(ask(responder, msg::GetDigests{}, Version::v1_3)).code, Code::digests);
}

TEST(Responder, ARefusedMeasurementBeginsTheTranscriptAnew_D73) {
    Trip run{disk()};
    ASSERT_TRUE(run.outcome);
    auto& responder = run.cable.responder;
    const auto vca = responder.transcript().vca().size();
    ask(responder, msg::GetMeasurements{.operation = 1}, Version::v1_3);
    EXPECT_GT(responder.transcript().measured(Version::v1_3).size(), vca);
    EXPECT_EQ(error_of(ask(responder, msg::GetMeasurements{.operation = 77}, Version::v1_3)),
              ErrorCode::invalid_request);
    EXPECT_EQ(responder.transcript().measured(Version::v1_3).size(), vca);
}

TEST(Responder, SaysResponseTooLargeWhenItIs_D56) {
    auto device = disk();
    device.largest_message = 0x100;
    device.measurements.push_back({5, MeasurementType::manifest, true, Bytes(300)});
    Trip run{device};
    ASSERT_TRUE(run.outcome) << text(run.outcome.error());
    EXPECT_EQ(error_of(ask(run.cable.responder, msg::GetMeasurements{.operation = 5}, Version::v1_3)),
              ErrorCode::response_too_large);
}

TEST(Responder, AnswersAnythingWithSomething) {
    Counting entropy;
    const auto device = disk();
    Responder responder{device, entropy};
    for (std::size_t size = 0; size < 40; ++size) {
        for (unsigned code = 0; code < 256; ++code) {
            Bytes request(size, std::byte{0x12});
            if (size > 1) request[1] = static_cast<std::byte>(code);
            EXPECT_GE(responder.reply(request).message.size(), 4U);
        }
    }
}

}  // namespace
}  // namespace busguard::spdm
