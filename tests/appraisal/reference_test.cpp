#include "appraisal/reference.h"

#include "tests/appraisal/support.h"

#include <array>

namespace busguard::appraisal {
namespace {

using test::genuine;
using test::why;

Reference recorded() {
    auto reference = record_reference(genuine(), "acme disk 7");
    EXPECT_TRUE(reference);
    return *reference;
}

Standard held_to(Reference reference) {
    auto its = test::standard();
    its.reference = std::move(reference);
    its.require_measurements = true;
    return its;
}

TEST(Reference, IsRecordedOnceAndComparedLater) {
    const auto reference = recorded();
    EXPECT_EQ(reference.values.size(), 3U);
    EXPECT_EQ(reference.applies_to.at("pci"), "1b36:0010:1af4:1100");
    EXPECT_EQ(reference.applies_to.at("product"), "ACME:DISK");
    EXPECT_EQ(reference.hash, "sha384");
    const auto verdict = appraise(genuine(), held_to(reference));
    EXPECT_EQ(verdict.state, State::authenticated) << testing::PrintToString(verdict);
    EXPECT_EQ(test::find(verdict, "measurement.2")->outcome, Outcome::pass);
}

TEST(Reference, SeesTamperedMissingAndNewMeasurements) {
    const test::Hierarchy hierarchy;
    auto profile = test::device(hierarchy);
    profile.measurements[1].value = to_bytes(as_bytes("firmware 7, with a backdoor"));
    auto verdict = appraise(test::visit(profile), held_to(recorded()));
    EXPECT_EQ(verdict.state, State::failed);
    EXPECT_EQ(why(verdict), "measurement.mismatch");
    EXPECT_EQ(test::find(verdict, "measurement.1")->outcome, Outcome::pass);
    EXPECT_EQ(test::find(verdict, "measurement.2")->outcome, Outcome::fail);

    profile = test::device(hierarchy);
    profile.measurements.erase(profile.measurements.begin());
    EXPECT_EQ(why(appraise(test::visit(profile), held_to(recorded()))), "measurement.missing");

    profile = test::device(hierarchy);
    profile.measurements.push_back({7, spdm::MeasurementType::mutable_firmware, true, Bytes(4)});
    EXPECT_EQ(why(appraise(test::visit(profile), held_to(recorded()))), "measurement.extra");
}

TEST(Reference, TakesAnyOfTheAlternatives) {
    auto reference = recorded();
    reference.values[0].any_of.insert(reference.values[0].any_of.begin(), Bytes(48));
    EXPECT_EQ(appraise(genuine(), held_to(reference)).state, State::authenticated);
    reference.values[0].any_of.pop_back();
    EXPECT_EQ(why(appraise(genuine(), held_to(reference))), "measurement.mismatch");
}

// A missing reference is not a mismatch, and not a pass either.
TEST(D123, NoReferenceIsItsOwnState) {
    auto its = test::standard();
    its.require_measurements = true;
    auto verdict = appraise(genuine(), its);
    EXPECT_EQ(verdict.state, State::no_reference);
    EXPECT_EQ(why(verdict), "measurement.no-reference");

    for (const auto* key : {"pci", "product"}) {
        auto other = recorded();
        other.applies_to[key] = "something else";
        for (auto& value : other.values) value.any_of = {Bytes(48)};
        EXPECT_EQ(appraise(genuine(), held_to(other)).state, State::no_reference) << key;
    }
    auto other = recorded();
    other.applies_to["vbios"] = "1";  // the evidence does not tell it
    EXPECT_EQ(appraise(genuine(), held_to(other)).state, State::no_reference);
    other = recorded();
    other.hash = "sha512";
    EXPECT_EQ(appraise(genuine(), held_to(other)).state, State::no_reference);
    other = recorded();
    other.values.clear();
    EXPECT_EQ(appraise(genuine(), held_to(other)).state, State::no_reference);

    // Not asked for: said, and not decided by.
    verdict = appraise(genuine(), test::standard());
    EXPECT_EQ(verdict.state, State::authenticated);
    EXPECT_EQ(test::find(verdict, "measurements")->reason, "measurement.no-reference");
    EXPECT_EQ(test::find(verdict, "measurements")->outcome, Outcome::skipped);
}

TEST(Reference, IsOfATypeToo) {
    auto reference = recorded();
    reference.values[0].type = spdm::MeasurementType::mutable_firmware;
    EXPECT_EQ(why(appraise(genuine(), held_to(reference))), "measurement.mismatch");
    reference = recorded();
    reference.values[0].raw = true;
    EXPECT_EQ(why(appraise(genuine(), held_to(reference))), "measurement.mismatch");
}

TEST(Reference, OfNoTypeIsForEach) {
    auto reference = recorded();
    for (auto& value : reference.values) value.type.reset();
    EXPECT_EQ(appraise(genuine(), held_to(reference)).state, State::authenticated);
    reference.values[0].any_of = {Bytes(48)};
    EXPECT_EQ(why(appraise(genuine(), held_to(reference))), "measurement.mismatch");
}

TEST(Reference, JudgesNothingThatItIsNotMadeFor) {
    auto reference = recorded();
    const auto index = reference.values.back().index;
    reference.values.pop_back();
    EXPECT_EQ(why(appraise(genuine(), held_to(reference))), "measurement.extra");
    reference.not_judged = {index};
    const auto verdict = appraise(genuine(), held_to(reference));
    EXPECT_EQ(verdict.state, State::authenticated);
    EXPECT_EQ(std::ranges::count(verdict.checks, Outcome::skipped, &Check::outcome) > 0, true);
    // A value counts, whatever else is said of its index.
    reference = recorded();
    reference.not_judged = {index};
    reference.values.back().any_of = {Bytes(48)};
    EXPECT_EQ(why(appraise(genuine(), held_to(reference))), "measurement.mismatch");
}

TEST(Reference, IsShiftedByNoIndex) {
    auto reference = recorded();
    for (auto& value : reference.values) ++value.index;
    EXPECT_EQ(appraise(genuine(), held_to(reference)).state, State::failed);
}

TEST(Measurements, ThatAreNotSignedNeverSatisfy) {
    const test::Hierarchy hierarchy;
    auto profile = test::device(hierarchy);
    profile.flags = spdm::Cap::cert | spdm::Cap::chal | spdm::Cap::meas_no_sig;
    const auto bundle = test::visit(profile);
    ASSERT_FALSE(bundle.failure);
    ASSERT_EQ(bundle.measurements.size(), 3U);
    EXPECT_EQ(why(appraise(bundle, held_to(recorded()))), "measurement.unsigned");
    EXPECT_FALSE(record_reference(bundle, "unsigned"));
    const auto verdict = appraise(bundle, test::standard());
    EXPECT_EQ(verdict.state, State::authenticated) << testing::PrintToString(verdict);
    EXPECT_EQ(test::find(verdict, "measurements")->outcome, Outcome::reported);

    // Nor do those under a signature that does not verify.
    auto forged = genuine();
    forged.records[1].signature[0] ^= std::byte{1};
    const auto unverified = appraise(forged, held_to(recorded()));
    EXPECT_EQ(why(unverified), "signature.invalid");
    EXPECT_EQ(test::find(unverified, "measurement.1"), nullptr);
    EXPECT_EQ(test::find(unverified, "measurements")->reason, "measurement.unsigned");

    // Saying that they are signed does not sign them.
    auto claimed = bundle;
    claimed.measurements_signed = true;
    EXPECT_EQ(why(appraise(claimed, held_to(recorded()))), "evidence.incoherent");
    claimed = genuine();
    claimed.records.pop_back();
    EXPECT_EQ(appraise(claimed, held_to(recorded())).state, State::failed);
}

TEST(Measurements, BesideTheTranscriptHaveToBeTheOnesInIt) {
    auto bundle = genuine();
    bundle.measurements[1].value[0] ^= std::byte{1};
    EXPECT_EQ(why(appraise(bundle, test::standard())), "evidence.incoherent");
    // A reference is made of what is signed.
    EXPECT_EQ(*record_reference(bundle, "acme disk 7"), recorded());
}

TEST(Measurements, OfADeviceThatHasNoneAreMissedWhereTheyAreRequired) {
    const test::Hierarchy hierarchy;
    auto profile = test::device(hierarchy);
    profile.flags = spdm::Cap::cert | spdm::Cap::chal;
    const auto bundle = test::visit(profile);
    EXPECT_EQ(why(appraise(bundle, held_to(recorded()))), "measurement.none");
    EXPECT_EQ(why(appraise(bundle, test::standard())), "");
}

// References of a whole fleet are given at once: one for another kind must not make a device wrong.
TEST(Measurements, OfADeviceThatHasNoneAreNotMissedForAnotherKindsReference) {
    const test::Hierarchy hierarchy;
    auto profile = test::device(hierarchy);
    profile.flags = spdm::Cap::cert | spdm::Cap::chal;
    auto other = recorded();
    other.applies_to["pci"] = "something else";
    EXPECT_EQ(appraise(test::visit(profile), held_to(other)).state, State::no_reference);
}

// What a broken dialogue did not come to is not what the verdict is about.
TEST(Measurements, AreNotMissedWhereTheDialogueEndedBefore) {
    auto bundle = evidence::bundle_of(spdm::Findings{}, genuine().circumstances, nullptr);
    bundle.failure = evidence::ending_of(Error{Errc::timeout, "Data Object Ready"});
    EXPECT_EQ(why(appraise(bundle, held_to(recorded()))), "transport.timeout");
}

TEST(ReferenceFile, GoesThereAndBack) {
    const auto text = to_json(recorded());
    const auto back = reference_from_json(text, "reference");
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(*back, recorded());
    for (std::size_t size = 0; size + 1 < text.size(); ++size)
        ASSERT_FALSE(reference_from_json(std::string_view{text}.substr(0, size), "reference")) << size;
}

TEST(ReferenceFile, KeepsWhatHasNoTypeAndWhatIsNotJudged) {
    auto reference = recorded();
    reference.values[0].type.reset();
    reference.not_judged = {9, 200};
    const auto back = reference_from_json(to_json(reference), "reference");
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(*back, reference);
}

TEST(ReferenceFile, NamesWhatIsWrong) {
    using Case = std::tuple<const char*, const char*, const char*>;
    const auto cases = std::to_array<Case>({
        {"busguard.reference/1", "busguard.reference/9", "/schema"},
        {"\"index\": 1", "\"index\": 255", "/values/0/index"},
        {"\"raw\": false", "\"raw\": 0", "/values/0/raw"},
        {R"("pci": ")", R"("p/i": 1, "x": ")", "/applies_to/p~1i"},
        {"\"any_of\"", "\"none_of\"", "/values/0/none_of"},
    });
    for (const auto& [from, to, pointer] : cases) {
        auto text = to_json(recorded());
        const auto at = text.find(from);
        ASSERT_NE(at, std::string::npos) << from;
        text.replace(at, std::string_view{from}.size(), to);
        const auto refused = reference_from_json(text, "reference");
        ASSERT_FALSE(refused) << to;
        EXPECT_EQ(refused.error().field, pointer);
    }
}

}  // namespace
}  // namespace busguard::appraisal
