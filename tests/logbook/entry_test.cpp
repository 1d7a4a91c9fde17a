#include "logbook/entry.h"

#include "base/hex.h"
#include "crypto/hash.h"
#include "evidence/bundle_file.h"
#include "tests/evidence/support.h"
#include "tlog/entry_bundle.h"

#include <map>

namespace busguard::logbook {
namespace {

using std::chrono::seconds;

tlog::TreeHash sha_256(ByteView bytes) {
    tlog::TreeHash hash{};
    std::ranges::copy(crypto::digest(crypto::Hash::sha_256, bytes).view(), hash.begin());
    return hash;
}

const evidence::Bundle& sample() {
    static const auto bundle = evidence::test::visit(evidence::test::device(evidence::test::Hierarchy{}));
    return bundle;
}

Entry entry_of(decltype(Entry::what) what) {
    return {.origin = "example.com/log",
            .time = std::chrono::sys_seconds{seconds{1'800'000'000}},
            .policy = sha_256(as_bytes("policy")),
            .anchors = {},
            .what = std::move(what)};
}

using Kept = std::map<tlog::TreeHash, Bytes>;

Kept kept(const Encoded& encoded) {
    Kept all;
    for (std::size_t n = 0; n < encoded.blobs.size(); ++n) all[encoded.names[n]] = encoded.blobs[n];
    return all;
}

BlobSource from(Kept kept) {
    return [kept = std::move(kept)](const tlog::TreeHash& name) -> Result<Bytes> {
        const auto found = kept.find(name);
        if (found == kept.end()) return fail(Errc::not_found, "blob");
        return found->second;
    };
}

Checked<Entry> decoded(const std::string& text, const Kept& blobs = {}) {
    return decode(text, from(blobs), "entry 7");
}

Checked<Entry> there_and_back(const Entry& entry) {
    const auto encoded = encode(entry);
    EXPECT_TRUE(encoded);
    return decoded(encoded->text, kept(*encoded));
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

const Verdict verdict{.device = "pci/0000:01:00.0",
                      .evidence = 0,
                      .cause = "appeared",
                      .state = "failed",
                      .reason = "chain.untrusted-root",
                      .failed = {"chain.untrusted-root", "measurement.mismatch"},
                      .owner = "native",
                      .ruling = "deny",
                      .rule = "storage",
                      .enforcing = true};

TEST(LogEntry, IsOneObjectWithItsMembersSortedAndNoWhiteSpace) {
    const auto encoded = encode(entry_of(Change{"policy.adopted", "", "", "two words"}));
    ASSERT_TRUE(encoded);
    EXPECT_EQ(encoded->text, R"({"anchors":null,"body":{"detail":"two words","device":"","reason":"",)"
                             R"("what":"policy.adopted"},"kind":"change","origin":"example.com/log",)"
                             R"("policy":")" +
                                 to_hex(sha_256(as_bytes("policy"))) +
                                 R"(","schema":"busguard.entry/1","time":"2027-01-15T08:00:00Z"})");
    EXPECT_TRUE(encoded->blobs.empty());
}

TEST(LogEntry, VerdictsChangesAndKeysGoThereAndBack) {
    auto without = verdict;
    without.evidence.reset();
    const std::vector<decltype(Entry::what)> all{
        verdict, without, Change{"owner.claimed", "pci/0000:01:00.0", "owner.tsm", ""}, NewKey{"a+b+c"}};
    for (const auto& what : all) {
        const auto entry = entry_of(what);
        const auto back = there_and_back(entry);
        ASSERT_TRUE(back) << back.error().text();
        EXPECT_EQ(back->origin, entry.origin);
        EXPECT_EQ(back->time, entry.time);
        EXPECT_EQ(back->policy, entry.policy);
        EXPECT_EQ(back->anchors, entry.anchors);
        ASSERT_EQ(back->what.index(), what.index());
        if (const auto* its = std::get_if<Verdict>(&what)) {
            EXPECT_EQ(std::get<Verdict>(back->what), *its);
        } else if (const auto* change = std::get_if<Change>(&what)) {
            EXPECT_EQ(std::get<Change>(back->what), *change);
        } else {
            EXPECT_EQ(std::get<NewKey>(back->what), std::get<NewKey>(what));
        }
    }
}

TEST(LogEntry, NoEvidenceIsNotTheFirstEvidence) {
    auto without = verdict;
    without.evidence.reset();
    EXPECT_NE(encode(entry_of(verdict))->text, encode(entry_of(without))->text);
}

TEST(LogEntry, EvidenceIsTheSameBytesThatTheDeviceSigned) {
    const auto back = there_and_back(entry_of(Evidence{sample()}));
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(evidence::to_json(std::get<Evidence>(back->what).bundle), evidence::to_json(sample()));
}

TEST(LogEntry, EvidenceOfAVisitThatFailedIsEvidence) {
    evidence::Bundle bundle{.circumstances = {.device = "pci/0000:01:00.0", .transport = "doe"}};
    bundle.failure = evidence::Ending{Errc::timeout, "VERSION", 0, 0};
    const auto back = there_and_back(entry_of(Evidence{bundle}));
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(std::get<Evidence>(back->what).bundle.failure, bundle.failure);
}

// One chain stands in the slot and in each record: it is one blob, under its SHA-256.
TEST(LogEntry, AChainIsOneBlobHoweverOftenItIsShown) {
    const auto encoded = encode(entry_of(Evidence{sample()}));
    ASSERT_TRUE(encoded);
    ASSERT_EQ(encoded->blobs.size(), 1U);
    const auto& chain = sample().chains.at(0).structure;
    EXPECT_EQ(encoded->blobs[0], chain);
    EXPECT_EQ(encoded->names[0], sha_256(chain));
    EXPECT_NE(encoded->text.find(R"("chain":{"blob":")" + to_hex(sha_256(chain)) + R"("})"),
              std::string::npos);
    EXPECT_EQ(encoded->text.find(R"("chain":")"), std::string::npos);
}

TEST(LogEntry, ATranscriptIsABlobAbove16KiB) {
    auto bundle = sample();
    bundle.records.front().transcript.resize(largest_inline_transcript);
    EXPECT_EQ(encode(entry_of(Evidence{bundle}))->blobs.size(), 1U);
    bundle.records.front().transcript.push_back(std::byte{1});
    const auto encoded = encode(entry_of(Evidence{bundle}));
    ASSERT_TRUE(encoded);
    EXPECT_EQ(encoded->blobs.size(), 2U);
    const auto back = decoded(encoded->text, kept(*encoded));
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(std::get<Evidence>(back->what).bundle.records, bundle.records);
}

// A device may say more than an entry holds; that must not keep its evidence out of the log.
TEST(LogEntry, EvidenceOfAnySizeFits) {
    auto bundle = sample();
    for (int n = 0; n < 100; ++n)
        bundle.measurements.push_back(
            {.index = 9, .type = {}, .raw = true, .value = Bytes(4000, std::byte{0x2a})});
    const auto encoded = encode(entry_of(Evidence{bundle}));
    ASSERT_TRUE(encoded);
    EXPECT_LE(encoded->text.size(), tlog::largest_entry);
    EXPECT_EQ(encoded->blobs.size(), 2U);
    EXPECT_NE(encoded->text.find(R"("body":{"blob":)"), std::string::npos);
    const auto back = decoded(encoded->text, kept(*encoded));
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(evidence::to_json(std::get<Evidence>(back->what).bundle), evidence::to_json(bundle));
}

TEST(LogEntry, IsTooLargeBeyondWhatAnyoneCouldRead) {
    auto bundle = sample();
    for (int n = 0; n < 260; ++n)
        bundle.measurements.push_back({.index = 9, .type = {}, .raw = true, .value = Bytes(0xffff)});
    const auto refused = encode(entry_of(Evidence{bundle}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::too_large);
    const auto change = encode(entry_of(Change{"x", "", "", std::string(tlog::largest_entry, 'x')}));
    ASSERT_FALSE(change);
    EXPECT_EQ(change.error().code, Errc::too_large);
}

TEST(LogEntry, NamesWhatIsWrongByItsPointer) {
    const auto good = encode(entry_of(verdict))->text;
    using Case = std::tuple<const char*, const char*, const char*>;
    const auto cases = std::to_array<Case>({
        {"busguard.entry/1", "busguard.entry/2", "/schema"},
        {R"("kind":"verdict")", R"("kind":"verdigris")", "/kind"},
        {R"("origin")", R"("original")", "/original"},
        {"2027-01-15T", "2027-02-30T", "/time"},
        {R"("anchors":null)", R"("anchors":"00")", "/anchors"},
        {R"("anchors":null)", R"("anchors":0)", "/anchors"},
        {R"("evidence":0)", R"("evidence":-1)", "/body/evidence"},
        {R"("evidence":0)", R"("evidence":9223372036854775808)", "/body/evidence"},
        {R"("enforcing":true)", R"("enforcing":1)", "/body/enforcing"},
        {R"("cause")", R"("clause")", "/body/clause"},
        {R"("failed":[)", R"("failed":[1,)", "/body/failed/0"},
    });
    for (const auto& [was, is, pointer] : cases) {
        const auto refused = decoded(replaced(good, was, is));
        ASSERT_FALSE(refused) << is;
        EXPECT_EQ(refused.error().field, pointer) << is;
        EXPECT_EQ(refused.error().where, "entry 7");
    }
}

TEST(LogEntry, ADigestIs64LowerCaseDigitsAndNotNothing) {
    const auto good = encode(entry_of(verdict))->text;
    const auto digest = to_hex(sha_256(as_bytes("policy")));
    auto upper = digest;
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
    for (const auto& bad : {upper, std::string(64, '0'), digest + "00", digest.substr(2), " " + digest})
        EXPECT_FALSE(decoded(replaced(good, digest, bad))) << bad;
}

TEST(LogEntry, IsRefusedAtEveryLength) {
    const auto text = encode(entry_of(verdict))->text;
    for (std::size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(decoded(text.substr(0, size)));
    EXPECT_FALSE(decoded(text + "{}"));
    EXPECT_FALSE(decoded(text + std::string(tlog::largest_entry, ' ')));
}

TEST(LogEntry, ABlobThatIsGoneIsNamed) {
    const auto encoded = encode(entry_of(Evidence{sample()}));
    const auto refused = decoded(encoded->text);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "/body/slots/0/chain/blob");
    EXPECT_NE(refused.error().message.find("not"), std::string::npos);
}

TEST(LogEntry, ABlobStandsOnlyWhereOneMay) {
    const auto encoded = encode(entry_of(Evidence{sample()}));
    const auto blobs = kept(*encoded);
    const auto name = to_hex(encoded->names[0]);
    const auto reference = R"({"blob":")" + name + R"("})";
    for (const auto* member : {"digest", "signature", "prefix"}) {
        const auto at = encoded->text.find('"' + std::string{member} + R"(":")");
        ASSERT_NE(at, std::string::npos);
        const auto from = at + std::string_view{member}.size() + 3;
        const auto end = encoded->text.find('"', from + 1) + 1;
        auto text = encoded->text;
        EXPECT_FALSE(decoded(text.replace(from, end - from, reference), blobs)) << member;
    }
    EXPECT_FALSE(
        decoded(replaced(encoded->text, reference, R"({"blob":")" + name + R"(","more":1})"), blobs));
    EXPECT_FALSE(decoded(replaced(encoded->text, reference, R"({"blob":"00"})"), blobs));
    EXPECT_FALSE(decoded(replaced(encoded->text, reference, R"({"blob":7})"), blobs));
    EXPECT_FALSE(decoded(replaced(encoded->text, reference, R"({})"), blobs));
}

// A small entry may refer to one large blob a thousand times.
TEST(LogEntry, WhatItMakesOfBlobsIsBounded) {
    const auto name = std::string(64, 'a');
    std::string slots;
    for (int n = 0; n < 500; ++n) slots += (n == 0 ? "" : ",") + (R"({"chain":{"blob":")" + name + R"("}})");
    const auto text = R"({"anchors":null,"body":{"slots":[)" + slots +
                      R"(]},"kind":"evidence","origin":"o","policy":null,"schema":"busguard.entry/1",)"
                      R"("time":"2027-01-15T08:00:00Z"})";
    std::size_t asked = 0;
    const auto refused = decode(
        text,
        [&](const tlog::TreeHash&) -> Result<Bytes> {
            ++asked;
            return Bytes(std::size_t{1} << 20U);
        },
        "entry");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "/body/slots/16/chain");
    EXPECT_EQ(asked, 17U);
}

}  // namespace
}  // namespace busguard::logbook
