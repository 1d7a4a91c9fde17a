#include "crypto/multi_buffer.h"

#include "crypto/openssl.h"

#include <openssl/core_names.h>

#include <dlfcn.h>

namespace busguard::crypto {
namespace {

constexpr unsigned status_bits = 4;
// 13 and 11 are what IPP Cryptography 2.3 and 2021.12 call it; these functions are the same in both.
constexpr std::array sonames{"libcrypto_mb.so.13", "libcrypto_mb.so.11"};

bool processor_can() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512ifma")) return true;  // looks for the system's support as well
#endif
    return false;
}

template <class Function>
Function function(void* library, const char* name) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): POSIX has functions come as void*
    return reinterpret_cast<Function>(::dlsym(library, name));
}

/// crypto_mb/version.h
struct Version {
    int major, minor, revision;
    const char* name;
};

/// Little endian, the lowest word first.
bool coordinate(const EVP_PKEY* key, const char* name, std::array<std::uint64_t, widest_lane / 8>& words) {
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return false;
    const Owned<BIGNUM, BN_free> number{raw};
    std::array<std::byte, widest_lane> bytes{};
    if (BN_bn2lebinpad(number.get(), out(bytes.data()), widest_lane) != widest_lane) return false;
    for (std::size_t n = 0; n < bytes.size(); ++n)
        words[n / 8] |= std::to_integer<std::uint64_t>(bytes[n]) << (n % 8 * 8);
    return true;
}

/// Eight signatures by one key, every other one of something else.
bool tells_apart(const EcdsaEight& engine, Scheme scheme) {
    constexpr auto hash = Hash::sha_384;
    const auto key = PrivateKey::generate(scheme);
    if (!key) return false;
    const Bytes message(1);
    const auto signature = key->sign(scheme, hash, message);
    const auto point = curve_point(key->public_key());
    if (!signature || !point) return false;
    const auto right = ecdsa_digest(point->curve, hash, message);
    const auto wrong = ecdsa_digest(point->curve, hash, Bytes(2));
    std::array<EcdsaEight::Lane, EcdsaEight::lanes> eight{};
    for (std::size_t n = 0; n < eight.size(); ++n)
        eight[n] = {.digest = (n % 2 == 0 ? right : wrong).data(),
                    .r = signature->data(),
                    .s = ByteView{*signature}.subspan(width(point->curve)).data(),
                    .key = &*point};
    return engine.verify(point->curve, eight) == 0b0101'0101;
}

}  // namespace

std::optional<CurvePoint> curve_point(const PublicKey& key) {
    CurvePoint point;
    switch (key.type()) {
        case KeyType::p256: point.curve = Curve::p256; break;
        case KeyType::p384: point.curve = Curve::p384; break;
        default: return std::nullopt;
    }
    const bool got = coordinate(key.native(), OSSL_PKEY_PARAM_EC_PUB_X, point.x) &&
                     coordinate(key.native(), OSSL_PKEY_PARAM_EC_PUB_Y, point.y);
    ERR_clear_error();
    return got ? std::optional{point} : std::nullopt;
}

std::array<std::byte, widest_lane> ecdsa_digest(Curve curve, Hash hash, ByteView message) {
    const auto digest = crypto::digest(hash, message);
    const auto taken = std::min(digest.size(), width(curve));
    std::array<std::byte, widest_lane> number{};
    std::ranges::copy(digest.view().first(taken),
                      number.begin() + static_cast<std::ptrdiff_t>(width(curve) - taken));
    return number;
}

bool tells_apart(const EcdsaEight& engine) {
    return tells_apart(engine, Scheme::ecdsa_p256) && tells_apart(engine, Scheme::ecdsa_p384);
}

void MultiBuffer::Close::operator()(void* library) const { ::dlclose(library); }

Result<std::unique_ptr<MultiBuffer>> MultiBuffer::load() {
    if (!processor_can()) return fail(Errc::unsupported, "AVX512-IFMA");
    void* library = nullptr;
    for (const auto* soname : sonames)
        if (library == nullptr) library = ::dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return fail(Errc::not_found, "libcrypto_mb");

    std::unique_ptr<MultiBuffer> engine{new MultiBuffer{library}};
    engine->verify_ = {function<Verify>(library, "mbx_nistp256_ecdsa_verify_mb8"),
                       function<Verify>(library, "mbx_nistp384_ecdsa_verify_mb8")};
    const auto applicable = function<int (*)(unsigned long long)>(library, "mbx_is_crypto_mb_applicable");
    if (engine->verify_[0] == nullptr || engine->verify_[1] == nullptr || applicable == nullptr ||
        applicable(0) == 0)  // 0: with what this processor has
        return fail(Errc::unsupported, "libcrypto_mb");
    if (!tells_apart(*engine)) return fail(Errc::crypto, "libcrypto_mb");
    return engine;
}

std::uint8_t MultiBuffer::verify(Curve curve, std::span<const Lane, lanes> eight) const {
    std::array<const unsigned char*, lanes> r{};
    std::array<const unsigned char*, lanes> s{};
    std::array<const unsigned char*, lanes> digest{};
    std::array<const unsigned long long*, lanes> x{};
    std::array<const unsigned long long*, lanes> y{};
    for (std::size_t n = 0; n < lanes; ++n) {
        // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): the library's names of the same types
        r[n] = reinterpret_cast<const unsigned char*>(eight[n].r);
        s[n] = reinterpret_cast<const unsigned char*>(eight[n].s);
        digest[n] = reinterpret_cast<const unsigned char*>(eight[n].digest);
        x[n] = reinterpret_cast<const unsigned long long*>(eight[n].key->x.data());
        y[n] = reinterpret_cast<const unsigned long long*>(eight[n].key->y.data());
        // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
    }
    // Without z the coordinates are affine.
    const auto status = verify_[static_cast<std::size_t>(curve)](r.data(), s.data(), digest.data(), x.data(),
                                                                 y.data(), nullptr, nullptr);
    std::uint8_t good = 0;
    for (unsigned n = 0; n < lanes; ++n)
        if ((status >> (n * status_bits) & 0xfU) == 0) good |= static_cast<std::uint8_t>(1U << n);
    return good;
}

std::string MultiBuffer::name() const {
    const auto version = function<const Version* (*)()>(library_.get(), "mbx_getversion");
    if (version == nullptr) return "crypto_mb";
    const auto* its = version();
    return std::string{"crypto_mb "}
        .append(std::to_string(its->major))
        .append(1, '.')
        .append(std::to_string(its->minor))
        .append(1, '.')
        .append(std::to_string(its->revision));
}

}  // namespace busguard::crypto
