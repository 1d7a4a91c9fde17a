#include "crypto/certificate_cache.h"

#include "base/parallel.h"
#include "tests/crypto/support.h"

namespace busguard::crypto {
namespace {

using test::ca_spec;
using test::make;
using test::spec;

TEST(CertificateCache, ParsesTheSameBytesOnce) {
    const auto der = to_bytes(make(spec("Leaf"), nullptr).certificate.der());
    CertificateCache cache;
    const auto before = parse_count();
    const auto first = cache.parse(der);
    const auto again = cache.parse(Bytes{der});
    ASSERT_TRUE(first);
    ASSERT_TRUE(again);
    EXPECT_EQ(parse_count(), before + 1);
    EXPECT_EQ(first->native(), again->native());
    EXPECT_EQ(cache.bytes(), der.size());
}

TEST(CertificateCache, TellsCertificatesApartByEveryByte) {
    const auto der = to_bytes(make(spec("Leaf"), nullptr).certificate.der());
    CertificateCache cache;
    ASSERT_TRUE(cache.parse(der));
    for (std::size_t n = 0; n < der.size(); ++n) {
        auto other = der;
        other[n] ^= std::byte{1};
        const auto cached = cache.parse(other);
        const auto parsed = Certificate::parse(other);
        ASSERT_EQ(static_cast<bool>(cached), static_cast<bool>(parsed)) << n;
        if (cached) {
            EXPECT_TRUE(same(cached->der(), other)) << n;
        } else {
            EXPECT_EQ(cached.error(), parsed.error()) << n;
        }
    }
}

TEST(CertificateCache, KeepsNothingThatDoesNotParse) {
    CertificateCache cache;
    EXPECT_FALSE(cache.parse(Bytes(3)));
    EXPECT_EQ(cache.bytes(), 0U);
}

TEST(CertificateCache, LetsTheOldestGoWhenItIsFull) {
    std::vector<Bytes> all;
    for (const auto* const name : {"A", "B", "C"})
        all.push_back(to_bytes(make(spec(name), nullptr).certificate.der()));
    CertificateCache cache{all[0].size() + all[1].size() + all[2].size() - 1};
    for (const auto& der : all) ASSERT_TRUE(cache.parse(der));
    EXPECT_EQ(cache.bytes(), all[1].size() + all[2].size());
    const auto before = parse_count();
    ASSERT_TRUE(cache.parse(all[1]));
    ASSERT_TRUE(cache.parse(all[2]));
    EXPECT_EQ(parse_count(), before);
    ASSERT_TRUE(cache.parse(all[0]));
    EXPECT_EQ(parse_count(), before + 1);

    CertificateCache none{0};
    ASSERT_TRUE(none.parse(all[0]));
    EXPECT_EQ(none.bytes(), 0U);
}

TEST(CertificateCache, IsSharedByThreads) {
    const auto root = make(ca_spec("Root"), nullptr);
    const auto leaf = make(spec("Leaf"), &root);
    Bytes chain = to_bytes(root.certificate.der());
    append(chain, leaf.certificate.der());
    // Too small for both, so that they drive each other out while others look for them.
    for (const std::size_t room : {leaf.certificate.der().size(), chain.size()}) {
        CertificateCache cache{room};
        std::atomic<int> right{0};
        in_parallel(
            400,
            [&](std::size_t) {
                const auto split = split_chain(chain, {}, &cache);
                if (split && split->size() == 2 && (*split)[1] == leaf.certificate) ++right;
            },
            4);
        EXPECT_EQ(right, 400);
        EXPECT_LE(cache.bytes(), room);
    }
}

}  // namespace
}  // namespace busguard::crypto
