#include "crypto/batch_verify.h"

#include "base/hex.h"
#include "tests/crypto/support.h"

#include <functional>
#include <random>

namespace busguard::crypto {
namespace {

using test::key_of;

// SEC 2 v2, 2.4.2 and 2.5.1: p, n, and the base point.
struct Domain {
    Scheme scheme;
    Curve curve;
    std::string_view p, n, x, y;
};
constexpr std::array domains{
    Domain{Scheme::ecdsa_p256, Curve::p256,
           "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
           "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
           "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
           "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"},
    Domain{
        Scheme::ecdsa_p384, Curve::p384,
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
        "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f"},
};
std::string domain_name(const testing::TestParamInfo<Domain>& info) {
    return info.param.curve == Curve::p256 ? "P256" : "P384";
}

Bytes number(std::string_view hex) { return *from_hex(hex); }

// Big endian, of one length; what does not fit is cut off.
Bytes sum(const Bytes& a, const Bytes& b) {
    Bytes out(a.size());
    unsigned carry = 0;
    for (auto n = a.size(); n-- > 0; carry >>= 8U)
        out[n] = static_cast<std::byte>(
            (carry += std::to_integer<unsigned>(a[n]) + std::to_integer<unsigned>(b[n])) & 0xffU);
    return out;
}
Bytes difference(const Bytes& a, const Bytes& b) {
    Bytes inverse = b;
    for (auto& byte : inverse) byte = ~byte;
    Bytes one(a.size());
    one.back() = std::byte{1};
    return sum(sum(a, inverse), one);
}

/// The engine of this machine; null without. Loaded once.
const EcdsaEight* engine_here() {
    static const auto loaded = MultiBuffer::load();
    return loaded ? loaded->get() : nullptr;
}
#define NEEDS_MULTI_BUFFER() \
    if (engine_here() == nullptr) GTEST_SKIP() << "SKIPPED: no AVX512-IFMA, or no libcrypto_mb"

/// Says what it is told to, and writes down what it was asked.
class Puppet final : public EcdsaEight {
public:
    explicit Puppet(std::uint8_t answer) : answer_{answer} {}
    std::uint8_t verify(Curve curve, std::span<const Lane, lanes> eight) const override {
        ++asked;
        for (const auto& lane : eight) {
            EXPECT_EQ(lane.key->curve, curve);
            for (const auto* begin : {lane.digest, lane.r, lane.s}) {
                const auto value = to_bytes(std::span{begin, width(curve)});
                EXPECT_NE(value, Bytes(value.size()));
                EXPECT_LT(value, number(domains[static_cast<std::size_t>(curve)].n));
            }
        }
        return answer_;
    }
    mutable std::atomic<std::size_t> asked{0};

private:
    std::uint8_t answer_;
};

/// Signatures with all that they refer to.
class Collection {
public:
    Collection() { reserve(); }
    void add(const PublicKey& key, Scheme scheme, Hash hash, Bytes message, Bytes signature) {
        keys_.push_back(std::make_unique<BatchKey>(key));
        messages_.push_back(std::make_unique<Bytes>(std::move(message)));
        signatures_.push_back(std::make_unique<Bytes>(std::move(signature)));
        all.push_back({.key = keys_.back().get(),
                       .scheme = scheme,
                       .hash = hash,
                       .message = *messages_.back(),
                       .signature = *signatures_.back(),
                       .context = as_bytes("context")});
    }
    void add_good(Scheme scheme, Hash hash, std::string_view text) {
        const auto& key = key_of(scheme);
        const auto message = to_bytes(as_bytes(text));
        // OpenSSL 3.0 has no context for Ed448: it says so of every signature.
        const auto context = as_bytes(supported(scheme) ? "context" : "");
        add(key.public_key(), scheme, hash, message, *key.sign(scheme, hash, message, context));
    }
    /// What PublicKey::verify says of each.
    void expect_same(const BatchVerified& got) const {
        ASSERT_EQ(got.results.size(), all.size());
        for (std::size_t n = 0; n < all.size(); ++n) {
            const auto& one = all[n];
            const auto alone =
                one.key->key().verify(one.scheme, one.hash, one.message, one.signature, one.context);
            ASSERT_EQ(static_cast<bool>(got.results[n]), static_cast<bool>(alone)) << n;
            if (!alone) {
                EXPECT_EQ(got.results[n].error(), alone.error()) << n;
            }
        }
    }
    std::vector<Signed> all;

private:
    void reserve() { all.reserve(64); }
    std::vector<std::unique_ptr<BatchKey>> keys_;
    std::vector<std::unique_ptr<Bytes>> messages_, signatures_;
};

class EitherCurve : public testing::TestWithParam<Domain> {
protected:
    static Scheme scheme() { return GetParam().scheme; }
    static std::size_t half() { return width(GetParam().curve); }
    static Bytes n() { return number(GetParam().n); }
    Bytes good() const { return *key_of(scheme()).sign(scheme(), Hash::sha_384, message); }
    /// r and s that are in the way of whoever does not look.
    std::vector<Bytes> edges() const {
        const auto signature = good();
        const Bytes r{signature.begin(), signature.begin() + static_cast<std::ptrdiff_t>(half())};
        const Bytes s{signature.begin() + static_cast<std::ptrdiff_t>(half()), signature.end()};
        Bytes one(half());
        one.back() = std::byte{1};
        const Bytes zero(half());
        const Bytes most(half(), std::byte{0xff});
        std::vector<Bytes> values{zero, one, difference(n(), one), n(), sum(n(), one), most};
        std::vector<Bytes> pairs;
        for (const auto& a : values) {
            for (const auto& b : values) pairs.push_back(joined(a, b));
            pairs.push_back(joined(a, s));
            pairs.push_back(joined(r, a));
        }
        pairs.push_back(joined(s, r));
        pairs.push_back(joined(r, difference(n(), s)));  // which is good: (r, -s) verifies as (r, s) does
        pairs.push_back(joined(difference(n(), r), s));
        pairs.push_back(joined(sum(r, n()), s));
        return pairs;
    }
    static Bytes joined(Bytes a, const Bytes& b) {
        append(a, b);
        return a;
    }
    /// A key with this point.
    static PublicKey key_at(const Bytes& x, const Bytes& y) {
        auto spki = key_of(scheme()).public_key().spki();
        spki.resize(spki.size() - (2 * half()));
        append(spki, x);
        append(spki, y);
        return *PublicKey::from_spki(spki);
    }
    const Bytes message = to_bytes(as_bytes("what the device said"));
};
INSTANTIATE_TEST_SUITE_P(BatchVerify, EitherCurve, testing::ValuesIn(domains), domain_name);

TEST(BatchVerify, GivesTheAnswersOfVerifyForEveryScheme) {
    Collection its;
    for (const auto scheme : all_schemes) {
        for (const auto hash : {Hash::sha_256, Hash::sha_384, Hash::sha_512, Hash::sha3_384})
            its.add_good(scheme, hash, "one");
        const auto& key = key_of(scheme);
        auto signature = *key.sign(scheme, Hash::sha_384, as_bytes("two"));
        its.add(key.public_key(), scheme, Hash::sha_384, to_bytes(as_bytes("other")), signature);
        its.add(test::other_key().public_key(), scheme, Hash::sha_384, to_bytes(as_bytes("two")), signature);
        signature.pop_back();
        its.add(key.public_key(), scheme, Hash::sha_384, to_bytes(as_bytes("two")), signature);
        its.add(key.public_key(), scheme, Hash::sha_384, {}, {});
    }
    const auto plain = batch_verify(its.all, nullptr);
    its.expect_same(plain);
    EXPECT_EQ(plain.by_engine, 0U);
    its.expect_same(batch_verify(its.all, engine_here()));
    for (const auto workers : {1U, 2U, 7U}) its.expect_same(batch_verify(its.all, engine_here(), workers));
    EXPECT_TRUE(batch_verify({}, engine_here()).results.empty());
}

TEST_P(EitherCurve, OpenSslDecidesWhatAnEngineRefuses) {
    Collection its;
    for (int n = 0; n < 17; ++n)
        its.add_good(scheme(), Hash::sha_384, std::string(static_cast<std::size_t>(n), 'a'));
    const Puppet refuses{0};
    const auto got = batch_verify(its.all, &refuses);
    its.expect_same(got);
    EXPECT_EQ(got.by_engine, 0U);
    EXPECT_EQ(refuses.asked, 2U);

    const Puppet one{0b0010'0000};
    const auto some = batch_verify(its.all, &one);
    its.expect_same(some);
    EXPECT_EQ(some.by_engine, 2U);
}

TEST_P(EitherCurve, AnEngineIsBelievedLaneByLane) {
    Collection its;
    for (int n = 0; n < 8; ++n)
        its.add(key_of(scheme()).public_key(), scheme(), Hash::sha_384, Bytes(1), good());  // none is good
    for (unsigned lane = 0; lane < 8; ++lane) {
        const Puppet lies{static_cast<std::uint8_t>(1U << lane)};
        const auto got = batch_verify(its.all, &lies);
        for (unsigned n = 0; n < 8; ++n) EXPECT_EQ(static_cast<bool>(got.results[n]), n == lane) << n;
        EXPECT_EQ(got.by_engine, 1U);
    }
}

// With a puppet that says yes to all, and looks at what it is asked: only what it was not asked about can be
// right.
TEST_P(EitherCurve, AnEngineIsAskedNothingUnusual) {
    const auto& key = key_of(scheme()).public_key();
    const Puppet agrees{0xff};
    const auto in_range = [&](const Bytes& value) { return value != Bytes(half()) && value < n(); };
    for (const auto& signature : edges()) {
        Collection its;
        for (int n = 0; n < 7; ++n) its.add_good(scheme(), Hash::sha_384, "usual");
        its.add(key, scheme(), Hash::sha_384, message, signature);
        const auto got = batch_verify(its.all, &agrees);
        const auto split = signature.begin() + static_cast<std::ptrdiff_t>(half());
        const bool usual = in_range({signature.begin(), split}) && in_range({split, signature.end()});
        EXPECT_EQ(got.by_engine, usual ? 8U : 7U) << to_hex(signature);
        EXPECT_TRUE(usual || !got.results[7]) << to_hex(signature);
    }
    Collection others;
    for (int n = 0; n < 8; ++n) others.add(key, scheme(), Hash::sha_384, message, {});
    for (const auto other : {Scheme::ed25519, Scheme::ecdsa_p521, Scheme::rsapss_3072})
        for (int n = 0; n < 8; ++n) others.add(key, other, Hash::sha_384, message, good());
    EXPECT_EQ(batch_verify(others.all, &agrees).by_engine, 0U);
    Collection few;
    for (int n = 0; n < 7; ++n) few.add_good(scheme(), Hash::sha_384, "usual");
    EXPECT_EQ(batch_verify(few.all, &agrees).by_engine, 0U);
}

TEST(BatchVerify, CurvesAreNotMixed) {
    Collection its;
    for (int n = 0; n < 12; ++n)
        for (const auto& domain : domains) its.add_good(domain.scheme, Hash::sha_256, "mixed");
    const Puppet agrees{0xff};
    EXPECT_EQ(batch_verify(its.all, &agrees).by_engine, 16U);
    EXPECT_EQ(agrees.asked, 2U);
    its.expect_same(batch_verify(its.all, engine_here()));
}

TEST_P(EitherCurve, TheDigestIsCutOffOrFilledUp) {
    for (const auto hash : all_hashes) {
        const auto whole = digest(hash, message);
        const auto taken = ecdsa_digest(GetParam().curve, hash, message);
        const auto size = std::min(half(), whole.size());
        EXPECT_EQ(to_bytes(ByteView{taken}.first(half())),
                  joined(Bytes(half() - size), to_bytes(whole.view().first(size))));
    }
}

TEST_P(EitherCurve, KeysAreAPointOfTheirCurveInLittleEndianWords) {
    const auto point = curve_point(key_at(number(GetParam().x), number(GetParam().y)));
    ASSERT_TRUE(point);
    EXPECT_EQ(point->curve, GetParam().curve);
    for (std::size_t n = 0; n < half(); ++n) {
        const auto byte = [&](const auto& words) {
            return static_cast<std::byte>(words[n / 8] >> (n % 8 * 8) & 0xffU);
        };
        EXPECT_EQ(byte(point->x), number(GetParam().x)[half() - 1 - n]);
        EXPECT_EQ(byte(point->y), number(GetParam().y)[half() - 1 - n]);
    }
    auto off = number(GetParam().y);
    off.back() ^= std::byte{1};
    auto spki = key_of(scheme()).public_key().spki();
    spki.resize(spki.size() - (2 * half()));
    append(spki, number(GetParam().x));
    append(spki, off);
    EXPECT_FALSE(PublicKey::from_spki(spki)) << "a point that is not on the curve";
    EXPECT_FALSE(curve_point(key_of(Scheme::ed25519).public_key()));
    EXPECT_FALSE(curve_point(key_of(Scheme::ecdsa_p521).public_key()));
}

TEST(EcdsaEight, ATrialTellsWhichEngineIsAnyGood) {
    for (const auto answer : {0x00, 0xff, 0xaa, 0x54, 0x75})
        EXPECT_FALSE(tells_apart(Puppet{static_cast<std::uint8_t>(answer)})) << answer;
    EXPECT_TRUE(tells_apart(Puppet{0x55}));
}

TEST(MultiBuffer, SaysWhyItIsNotThere) {
    const auto loaded = MultiBuffer::load();
    if (loaded) {
        EXPECT_TRUE((*loaded)->name().starts_with("crypto_mb ")) << (*loaded)->name();
    } else {
        EXPECT_TRUE(loaded.error().code == Errc::unsupported || loaded.error().code == Errc::not_found)
            << loaded.error().what;
    }
}

TEST_P(EitherCurve, MultiBufferAcceptsWhatIsGoodWithEveryHash) {
    NEEDS_MULTI_BUFFER();
    for (const auto hash : all_hashes) {
        Collection its;
        for (int n = 0; n < 24; ++n)
            its.add_good(scheme(), hash, std::string(static_cast<std::size_t>(n), 'x'));
        const auto got = batch_verify(its.all, engine_here());
        EXPECT_EQ(got.by_engine, 24U) << name(hash);
        its.expect_same(got);
    }
}

TEST_P(EitherCurve, MultiBufferTellsTheLanesApart) {
    NEEDS_MULTI_BUFFER();
    const auto right = curve_point(key_of(scheme()).public_key());
    const auto other = PrivateKey::generate(scheme());
    const auto wrong = curve_point(other->public_key());
    const auto signature = good();
    const auto said = ecdsa_digest(GetParam().curve, Hash::sha_384, message);
    const auto not_said = ecdsa_digest(GetParam().curve, Hash::sha_384, Bytes(3));
    auto damaged = signature;
    damaged[half() / 2] ^= std::byte{4};
    for (unsigned mask = 0; mask < 256; ++mask) {
        std::array<EcdsaEight::Lane, 8> lanes{};
        for (unsigned n = 0; n < 8; ++n) {
            const bool fine = (mask >> n & 1U) != 0;
            const auto& bytes = fine || n % 3 != 0 ? signature : damaged;
            lanes[n] = {.digest = fine || n % 3 != 1 ? said.data() : not_said.data(),
                        .r = bytes.data(),
                        .s = std::span{bytes}.subspan(half()).data(),
                        .key = fine || n % 3 != 2 ? &*right : &*wrong};
        }
        ASSERT_EQ(engine_here()->verify(GetParam().curve, lanes), mask);
    }
}

TEST_P(EitherCurve, MultiBufferAgreesWithOpenSslOnTheEdges) {
    NEEDS_MULTI_BUFFER();
    Collection its;
    for (const auto& signature : edges())
        its.add(key_of(scheme()).public_key(), scheme(), Hash::sha_384, message, signature);
    // Among others, and alone in its eight.
    its.expect_same(batch_verify(its.all, engine_here()));
    for (const auto& one : its.all) {
        Collection eight;
        for (int n = 0; n < 8; ++n)
            eight.add(one.key->key(), one.scheme, one.hash, to_bytes(one.message), to_bytes(one.signature));
        eight.expect_same(batch_verify(eight.all, engine_here()));
    }
}

// Keys that somebody chose so that points coincide in u1 G + u2 Q: the private keys 1 and n - 1.
TEST_P(EitherCurve, MultiBufferTakesNoPointAtInfinityForASignature) {
    NEEDS_MULTI_BUFFER();
    const auto& its = GetParam();
    const auto x = number(its.x);
    const auto y = number(its.y);
    const auto plus = *curve_point(key_at(x, y));
    const auto minus = *curve_point(key_at(x, difference(number(its.p), y)));
    const auto asked = [&](const Bytes& digest, const Bytes& r, const Bytes& s, const CurvePoint& key) {
        std::array<EcdsaEight::Lane, 8> lanes{};
        lanes.fill({.digest = digest.data(), .r = r.data(), .s = s.data(), .key = &key});
        return engine_here()->verify(its.curve, lanes);
    };
    const auto& r = x;  // of k = 1
    const auto minus_r = difference(n(), r);
    Bytes one(half());
    one.back() = std::byte{1};
    for (const auto& s : {one, r, minus_r, difference(n(), one)}) {
        EXPECT_EQ(asked(minus_r, r, s, plus), 0) << "e + r d = 0";
        EXPECT_EQ(asked(r, r, s, minus), 0) << "e + r d = 0";
    }
    // k = 1, e = r: s = 2 r, and both halves of the sum are the same point. It is a signature; an engine that
    // does not see that leaves it to OpenSSL.
    auto twice = sum(r, r);
    if (twice < r || twice >= n()) twice = difference(twice, n());
    const auto doubled = asked(r, r, twice, plus);
    EXPECT_TRUE(doubled == 0xff || doubled == 0) << +doubled;
    auto wrong = twice;
    wrong.back() ^= std::byte{1};
    EXPECT_EQ(asked(r, r, wrong, plus), 0);
}

TEST_P(EitherCurve, MultiBufferAgreesWithOpenSslAtRandom) {
    NEEDS_MULTI_BUFFER();
    std::mt19937_64 random{20261127};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
    const auto below = [&](std::size_t bound) { return random() % bound; };
    std::vector<PrivateKey> keys;
    for (int n = 0; n < 5; ++n) keys.push_back(*PrivateKey::generate(scheme()));
    std::size_t good = 0;
    for (int round = 0; round < 12; ++round) {
        Collection its;
        for (int n = 0; n < 64; ++n) {
            const auto& key = keys[below(keys.size())];
            const auto hash = all_hashes[below(all_hashes.size())];
            Bytes text(below(200));
            for (auto& byte : text) byte = static_cast<std::byte>(random());
            auto signature = *key.sign(scheme(), hash, text);
            auto verifier = key.public_key();
            switch (below(8)) {
                case 0: signature[below(signature.size())] ^= static_cast<std::byte>(1U << below(8)); break;
                case 1: verifier = keys[below(keys.size())].public_key(); break;
                case 2: text.push_back(std::byte{0}); break;
                case 3: std::ranges::copy(edges()[below(52)], signature.begin()); break;
                default: ++good;
            }
            its.add(verifier, scheme(), hash, text, signature);
        }
        its.expect_same(batch_verify(its.all, engine_here()));
    }
    EXPECT_GT(good, 300U);
}

}  // namespace
}  // namespace busguard::crypto
