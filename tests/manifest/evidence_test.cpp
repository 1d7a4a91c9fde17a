#include "tests/manifest/support.h"

/// TCG concise evidence.
namespace busguard::manifest {
namespace {

using test::only;
using test::read;
using test::remarks;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ConciseEvidence, OfAGoodDeviceIsAReferenceForOthersLikeIt) {
    for (const auto* name : {"evidence", "evidence-untagged", "toc"}) {
        const auto reference = only(read(name));
        EXPECT_EQ(reference.values, test::four()) << name;
        EXPECT_EQ(reference.hash, "sha384") << name;
        EXPECT_EQ(reference.applies_to, (std::map<std::string, std::string>{{"product", "ACME:DISK"}}))
            << name;
    }
    EXPECT_THAT(remarks(read("evidence")), ElementsAre("unsigned: taken because it was named"));
}

TEST(ConciseEvidence, SaysWhatOfItIsNotUsed) {
    EXPECT_THAT(remarks(read("toc")), Contains(HasSubstr("the manifests that it points to are not read")));
    EXPECT_THAT(remarks(read("evidence-with-other-triples")),
                Contains(HasSubstr("triples of other kinds are not used")));
    EXPECT_THAT(test::refusal(read("toc-of-something-else")), HasSubstr("tagged-evidence"));
}

}  // namespace
}  // namespace busguard::manifest
