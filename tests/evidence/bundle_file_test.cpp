#include "evidence/bundle_file.h"

#include "tests/evidence/support.h"

#include <array>

namespace busguard::evidence {
namespace {

bool equal(const Bundle& a, const Bundle& b) { return to_json(a) == to_json(b); }

const Bundle& sample() {
    static const Bundle bundle = test::visit(test::device(test::Hierarchy{}));
    return bundle;
}

TEST(BundleFile, GoesThereAndBack) {
    ASSERT_FALSE(sample().failure);
    ASSERT_EQ(sample().records.size(), 2U);
    const auto back = bundle_from_json(to_json(sample()), "bundle");
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_TRUE(equal(*back, sample()));
    EXPECT_EQ(back->records, sample().records);
    EXPECT_EQ(back->circumstances.pci, sample().circumstances.pci);
    EXPECT_EQ(back->circumstances.when, sample().circumstances.when);
    EXPECT_EQ(back->measurements, sample().measurements);
    EXPECT_EQ(back->chains.at(0).structure, sample().chains.at(0).structure);
    EXPECT_EQ(back->chains.at(0).digest, sample().chains.at(0).digest);
    EXPECT_EQ(back->agreed->peer.flags, sample().agreed->peer.flags);
}

TEST(BundleFile, KeepsWhyADialogueEndedEarly) {
    Bundle bundle{.circumstances = {.device = "nvme/nvme0", .transport = "nvme"}};
    for (auto code = Errc{}; code <= Errc::system; code = static_cast<Errc>(std::to_underlying(code) + 1)) {
        bundle.failure = Ending{code, "GET_DIGESTS", 7, 0x42};
        const auto back = bundle_from_json(to_json(bundle), "bundle");
        ASSERT_TRUE(back) << back.error().text();
        EXPECT_EQ(back->failure, bundle.failure);
        EXPECT_FALSE(back->agreed);
        EXPECT_FALSE(back->circumstances.pci);
    }
}

TEST(BundleFile, IsRefusedAtEveryLength) {
    auto bundle = sample();
    for (auto& record : bundle.records) {  // the same members, fewer bytes: each length is a parse
        record.transcript.resize(8);
        record.chain.resize(8);
    }
    bundle.chains.at(0).structure.resize(8);
    const auto text = to_json(bundle);
    ASSERT_TRUE(bundle_from_json(text, "bundle"));
    ASSERT_TRUE(text.ends_with("}\n"));
    // Without the last line feed it is still whole.
    for (std::size_t size = 0; size + 1 < text.size(); ++size) {
        const auto refused = bundle_from_json(std::string_view{text}.substr(0, size), "bundle");
        ASSERT_FALSE(refused) << size;
        ASSERT_FALSE(refused.error().message.empty());
        ASSERT_EQ(refused.error().where, "bundle");
    }
}

std::string with(std::string_view from, std::string_view to) {
    auto text = to_json(sample());
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(BundleFile, NamesWhatIsWrongByItsPointer) {
    using Case = std::tuple<const char*, const char*, const char*>;
    const auto cases = std::to_array<Case>({
        {"busguard.evidence/1", "busguard.evidence/2", "/schema"},
        {R"("schema": "busguard.evidence/1")", R"("schema": 1)", "/schema"},
        {R"("supported_slots")", R"("supported_clots")", "/supported_clots"},
        {R"("signing_slot": 0)", R"("signing_slot": 8)", "/signing_slot"},
        {R"("signing_slot": 0)", R"("signing_slot": -1)", "/signing_slot"},
        {R"("signing_slot": 0)", R"("signing_slot": 0.5)", "/signing_slot"},
        {R"("signing_slot": 0)", R"("signing_slot": 1e99)", "/signing_slot"},
        {R"("vendor": "1b36")", R"("vendor": "1B36")", "/device/pci/vendor"},
        {R"("vendor": "1b36")", R"("vendor": "+b36")", "/device/pci/vendor"},
        {"2026-11-22T00:00:00Z", "2026-11-31T00:00:00Z", "/recorded/at"},
        {R"("kind": "challenge_auth")", R"("kind": "finish")", "/records/0/kind"},
        {R"("hash": "sha384")", R"("hash": "md5")", "/negotiated/hash"},
        {R"("signed": true)", R"("signed": 1)", "/measurements/signed"},
        {R"("failure": null)", R"("failure": {})", "/failure/code"},
        {R"("failure": null)", R"("failure": [])", "/failure"},
    });
    for (const auto& [from, to, pointer] : cases) {
        const auto refused = bundle_from_json(with(from, to), "bundle");
        ASSERT_FALSE(refused) << to;
        EXPECT_EQ(refused.error().field, pointer) << to;
    }
}

TEST(BundleFile, RefusesWhatIsNotOneObjectWithEachMemberOnce) {
    EXPECT_FALSE(bundle_from_json(with("\"schema\"", "\"failure\": null, \"schema\""), "bundle"));
    EXPECT_FALSE(bundle_from_json(to_json(sample()) + "{}", "bundle"));
    EXPECT_FALSE(bundle_from_json("[]", "bundle"));
    EXPECT_FALSE(bundle_from_json("null", "bundle"));
    EXPECT_FALSE(bundle_from_json(std::string(100000, '['), "bundle"));
    EXPECT_FALSE(bundle_from_json("{\"a\":" + std::string(100000, '['), "bundle"));
    EXPECT_FALSE(bundle_from_json("{\"schema\":\"\xff\"}", "bundle"));
    EXPECT_FALSE(bundle_from_json(std::string(largest_bundle + 1, ' '), "bundle"));
    EXPECT_FALSE(bundle_from_json("{\"schema\":1e999}", "bundle"));
}

TEST(BundleFile, BoundsItsBinaryFields) {
    auto bundle = sample();
    bundle.records.front().signature = Bytes(5000);
    const auto refused = bundle_from_json(to_json(bundle), "bundle");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "/records/0/signature");
}

}  // namespace
}  // namespace busguard::evidence
