#include "base/hex.h"
#include "tests/manifest/support.h"

/// CoRIM and CoMID that nobody signed. vectors.py says what the vectors are.
namespace busguard::manifest {
namespace {

using appraisal::Reference;
using crypto::Hash;
using test::only;
using test::read;
using test::refusal;
using test::remarks;
using test::sha384;
using test::value;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using AppliesTo = std::map<std::string, std::string>;
const AppliesTo disk{{"product", "ACME:DISK"}};

TEST(Corim, GivesWhatItsReferenceTriplesSay) {
    for (const auto* name :
         {"corim", "corim-of-earlier-draft", "corim-of-indefinite-length", "comid-tagged", "comid"}) {
        const auto manifest = read(name);
        EXPECT_EQ(
            only(manifest),
            (Reference{
                .name = "disk firmware 7", .applies_to = disk, .hash = "sha384", .values = test::four()}))
            << name;
        EXPECT_THAT(remarks(manifest), ElementsAre("unsigned: taken because it was named")) << name;
    }
    EXPECT_EQ(only(read("comid-with-uuid")).name, "3f06af63-a93c-11e4-9797-00505690773f");
}

TEST(Corim, SaysWhatOfItIsNotUsed) {
    const auto manifest = read("corim-with-other-things");
    EXPECT_EQ(only(manifest).values, test::four());
    EXPECT_THAT(remarks(manifest),
                ElementsAre("disk firmware 7: its triples of other kinds than reference values are not used",
                            "disks: tags that are no CoMID are not used: 1",
                            "disks: the manifests that it depends on are not read",
                            "unsigned: taken because it was named"));
}

TEST(Corim, IsRefusedWhenNothingInItCanBeCompared) {
    // A file without references would let devices pass that were to be compared.
    EXPECT_THAT(
        refusal(read("no-measurement-that-counts")),
        HasSubstr(
            "no reference values come of it: disk firmware 7: measurements left out, because they do not say "
            "which SPDM measurement they are: 5"));
    for (const auto* name : {"class-index-of-others", "evidence-of-keys-alone"})
        EXPECT_THAT(refusal(read(name)), HasSubstr("no reference values come of it")) << name;
}

TEST(Corim, TakesSeparateTriplesOfOneMeasurementAsAlternatives) {
    EXPECT_EQ(only(read("alternatives")).values,
              (std::vector{value(1, {sha384("one"), sha384("uno")}), value(2, {sha384("two")})}));
    EXPECT_EQ(only(read("states-that-differ-in-one")).values,
              (std::vector{value(1, {sha384("one"), sha384("uno")}), value(2, {sha384("two")})}));
}

TEST(Corim, AllowsNoMixtureOfTwoStates) {
    for (const auto* name : {"states-that-differ-in-two", "states-that-differ-by-turns"})
        EXPECT_THAT(refusal(read(name)),
                    HasSubstr("nothing is used for product ACME:DISK: states that differ in several "
                              "measurements at once"))
            << name;
}

TEST(Corim, PutsEnvironmentsOfOneProductTogetherUnlessTheyContradict) {
    const auto manifest = read("layers");
    EXPECT_EQ(only(manifest).values, (std::vector{value(1, {sha384("one")}), value(2, {sha384("two")})}));
    EXPECT_THAT(remarks(manifest),
                Contains(HasSubstr("class-id, layer and index of environments are not compared")));
    EXPECT_THAT(refusal(read("layers-with-one-index")),
                HasSubstr("two environments with values for the same measurement"));
}

TEST(Corim, GivesAReferenceForEachProduct) {
    const auto manifest = read("two-products");
    ASSERT_TRUE(manifest);
    ASSERT_THAT(manifest->references, SizeIs(2));
    EXPECT_EQ(manifest->references[0].applies_to, disk);
    EXPECT_EQ(manifest->references[1].applies_to, (AppliesTo{{"product", "ACME:NIC"}}));
    EXPECT_EQ(manifest->references[1].values, (std::vector{value(1, {sha384("uno")})}));
}

TEST(Corim, AppliesToNoDeviceWhereSpdmDoesNotTellWhatItIsFor) {
    // identity_of() has no such keys: the verdict is "no reference", neither a mismatch nor a pass.
    EXPECT_EQ(only(read("class-id-alone")).applies_to,
              (AppliesTo{{"class", "a100d82550" + std::string(32, '0')}}));
    const auto instance = only(read("instance")).applies_to;
    EXPECT_EQ(instance.size(), 2U);
    EXPECT_TRUE(instance.contains("instance"));
    EXPECT_THAT(refusal(read("empty-environment")), HasSubstr("environment-map"));
    EXPECT_THAT(refusal(read("unprintable-vendor")), HasSubstr("vendor"));
}

TEST(Corim, CountsMeasurementsAsTheVendorDoes) {
    const auto reference = only(read("dmtf-class-index"));
    EXPECT_EQ(reference.hash, "sha512");
    EXPECT_EQ(reference.values, (std::vector{value(1, {test::digest(Hash::sha_512, "1")}),
                                             value(2, {test::digest(Hash::sha_512, "2")}),
                                             value(16, {test::digest(Hash::sha_512, "16")})}));
    const auto indirect = read("indirect");
    EXPECT_EQ(only(indirect).values, (std::vector{value(3, {sha384("one")})}));
    EXPECT_THAT(remarks(indirect), Contains(HasSubstr("stand for several SPDM measurements together: 1")));
}

TEST(Corim, TakesTheAlgorithmsInWhichEveryDigestIsKnown) {
    const auto one = only(read("two-hashes-somewhere"));
    EXPECT_EQ(one.hash, "sha384");
    EXPECT_EQ(one.values, (std::vector{value(1, {sha384("one")}), value(2, {sha384("two")})}));
    const auto both = only(read("two-hashes-everywhere"));
    EXPECT_EQ(both.hash, "");
    EXPECT_EQ(both.values[0].any_of, (std::vector<Bytes>{test::digest(Hash::sha_256, "one"), sha384("one")}));
    EXPECT_THAT(refusal(read("no-hash-in-common")), HasSubstr("no algorithm in which every digest is known"));
    const auto named = only(read("hashes-by-other-names"));
    EXPECT_EQ(named.hash, "sha256");
    EXPECT_EQ(named.values[1].any_of, (std::vector<Bytes>{test::digest(Hash::sha_256, "two")}));
}

TEST(Corim, LeavesOutWhatSpdmCannotTell) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"hash-that-spdm-has-not", "have no digest, raw value or security version that SPDM could tell: 1"},
        {"smallest-svn", "are a smallest security version: 1"},
        {"profile-value", "have values that only a profile can explain: 1"},
        {"flags-alone", "have no digest, raw value or security version that SPDM could tell: 1"}};
    for (const auto& [name, why] : cases) {
        const auto manifest = read(name);
        EXPECT_EQ(only(manifest).values, (std::vector{value(2, {sha384("two")})})) << name;
        EXPECT_THAT(remarks(manifest), Contains(HasSubstr(why))) << name;
    }
    const auto masked = read("masked");
    EXPECT_EQ(only(masked).values, (std::vector{value(3, {sha384("three")})}));
    EXPECT_THAT(remarks(masked), Contains(HasSubstr("hold for some bits of a raw value only: 2")));
}

TEST(Corim, TakesAMaskOfOnesAsTheWholeValue) {
    EXPECT_EQ(only(read("mask-of-ones")).values,
              (std::vector{test::raw_value(1, std::nullopt, *from_hex("1234")),
                           test::raw_value(2, std::nullopt, *from_hex("1234"))}));
    EXPECT_EQ(only(read("svn-without-tag")).values,
              (std::vector{test::raw_value(1, spdm::MeasurementType::security_version,
                                           *from_hex("0700000000000000"))}));
}

TEST(Corim, SaysThatVersionsAndFlagsAreNotCompared) {
    EXPECT_THAT(remarks(read("more-than-spdm-tells")),
                Contains(HasSubstr("versions, flags and other values")));
    EXPECT_THAT(remarks(read("corim")), Not(Contains(HasSubstr("versions, flags"))));
}

TEST(Corim, RefusesWhatTheDraftDoesNotAllow) {
    const std::vector<std::pair<std::string, std::string>> cases{{"index-twice-in-a-state", "mkey"},
                                                                 {"digest-of-wrong-length", "digests"},
                                                                 {"algorithm-twice", "digests"},
                                                                 {"mask-of-other-length", "raw-value"},
                                                                 {"no-mval", "mval"}};
    for (const auto& [name, what] : cases)
        EXPECT_THAT(refusal(read(name)), HasSubstr(what + " has a value that is not allowed, at byte "))
            << name;
}

TEST(Corim, IsNotValidOutsideItsDates) {
    const auto at = [](int year) {
        return Signers{.at = std::chrono::sys_days{std::chrono::year{year} / 6 / 1}};
    };
    EXPECT_THAT(refusal(read("valid-in-2027", at(2026))),
                HasSubstr("is not valid before 2027-01-01T00:00:00Z"));
    EXPECT_THAT(refusal(read("valid-in-2027", at(2028))), HasSubstr("was valid until 2027-12-31T23:59:59Z"));
    EXPECT_TRUE(read("valid-in-2027", at(2027)));
    EXPECT_TRUE(read("valid-in-2027"));
}

TEST(Manifest, RefusesWhatIsNoManifest) {
    for (const auto* name :
         {"key-twice", "key-twice-in-another-length", "array-of-exabytes", "map-of-exabytes",
          "bytes-of-exabytes", "deep", "deep-tags", "many-items", "many-keys", "string-in-pieces",
          "break-alone", "map-with-half-a-pair", "behind-it", "other-cbor", "toc-of-something-else"})
        EXPECT_FALSE(read(name)) << name;
    EXPECT_THAT(refusal(references_from({}, "empty")), HasSubstr("empty: is no manifest that is known"));
    EXPECT_FALSE(references_from(as_bytes("<html/>"), "page"));
    EXPECT_FALSE(references_from(as_bytes("{}"), "json"));
    EXPECT_THAT(refusal(references_from(Bytes(largest_manifest + 1), "large")),
                HasSubstr("has more than 4194304 bytes"));
}

TEST(Manifest, ReadsReferencesOfBusguardAsBefore) {
    const auto reference = only(read("corim"));
    const auto json = "\n " + appraisal::to_json(reference);
    const auto again = references_from(as_bytes(json), "r.json");
    EXPECT_EQ(only(again), reference);
    EXPECT_THAT(again->remarks, IsEmpty());
}

/// Every cut of a manifest is refused, and no changed byte makes it crash.
TEST(Manifest, SurvivesEveryCutAndEveryFlippedByte) {
    for (const auto* name :
         {"corim", "corim-of-indefinite-length", "toc", "two-hashes-everywhere", "masked"}) {
        const auto whole = test::vector(name);
        for (std::size_t at = 0; at < whole.size(); ++at) {
            EXPECT_FALSE(references_from(ByteView{whole}.first(at), name)) << name << at;
            for (const auto bits : {0x01, 0x20, 0x80, 0xff}) {
                auto flipped = whole;
                flipped[at] ^= static_cast<std::byte>(bits);
                const auto manifest = references_from(flipped, name);
                if (!manifest) continue;
                for (const auto& one : manifest->references) EXPECT_FALSE(one.applies_to.empty());
            }
        }
    }
}

}  // namespace
}  // namespace busguard::manifest
