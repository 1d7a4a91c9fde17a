#include "crypto/batch_verify.h"

#include <algorithm>
#include <atomic>

namespace busguard::crypto {
namespace {

using Number = std::array<std::byte, widest_lane>;  // big endian, in its first bytes

constexpr std::byte operator""_b(unsigned long long value) { return static_cast<std::byte>(value); }

// SEC 2 v2, 2.4.2 and 2.5.1.
constexpr Number order_p256{0xff_b, 0xff_b, 0xff_b, 0xff_b, 0x00_b, 0x00_b, 0x00_b, 0x00_b,
                            0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b,
                            0xbc_b, 0xe6_b, 0xfa_b, 0xad_b, 0xa7_b, 0x17_b, 0x9e_b, 0x84_b,
                            0xf3_b, 0xb9_b, 0xca_b, 0xc2_b, 0xfc_b, 0x63_b, 0x25_b, 0x51_b};
constexpr Number order_p384{0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b,
                            0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xff_b,
                            0xff_b, 0xff_b, 0xff_b, 0xff_b, 0xc7_b, 0x63_b, 0x4d_b, 0x81_b, 0xf4_b, 0x37_b,
                            0x2d_b, 0xdf_b, 0x58_b, 0x1a_b, 0x0d_b, 0xb2_b, 0x48_b, 0xb0_b, 0xa7_b, 0x7a_b,
                            0xec_b, 0xec_b, 0x19_b, 0x6a_b, 0xcc_b, 0xc5_b, 0x29_b, 0x73_b};

/// 0 < number < order?
bool usual(Curve curve, ByteView number) {
    const auto order = ByteView{curve == Curve::p256 ? order_p256 : order_p384}.first(width(curve));
    return std::ranges::any_of(number, [](auto byte) { return byte != std::byte{0}; }) &&
           std::ranges::lexicographical_compare(number, order);
}

struct Numbers {
    const CurvePoint* point = nullptr;
    ByteView r, s;
    Number digest{};
};

/// What the engine may be asked about.
std::optional<Numbers> numbers_of(const Signed& one) {
    const auto& point = one.key->point();
    if (!point || !one.key->key().fits(one.scheme) || one.signature.size() != signature_size(one.scheme) ||
        !supported(one.hash))
        return std::nullopt;
    const auto size = width(point->curve);
    Numbers its{.point = &*point, .r = one.signature.first(size), .s = one.signature.subspan(size)};
    if (!usual(point->curve, its.r) || !usual(point->curve, its.s)) return std::nullopt;
    its.digest = ecdsa_digest(point->curve, one.hash, one.message);
    if (!usual(point->curve, ByteView{its.digest}.first(size))) return std::nullopt;
    return its;
}

Result<void> by_openssl(const Signed& one) {
    return one.key->key().verify(one.scheme, one.hash, one.message, one.signature, one.context);
}

/// One call's work: eights of either curve, then what is left, one by one.
class Batch {
public:
    Batch(std::span<const Signed> all, const EcdsaEight* engine) : all_{all}, engine_{engine} {
        std::array<std::vector<std::size_t>, 2> of_curve;
        for (std::size_t n = 0; n < all.size(); ++n) {
            const auto& point = all[n].key->point();
            (engine != nullptr && point ? of_curve[static_cast<std::size_t>(point->curve)] : singles_)
                .push_back(n);
        }
        for (const auto& some : of_curve) {
            const auto whole = some.size() / EcdsaEight::lanes * EcdsaEight::lanes;
            const auto end = some.begin() + static_cast<std::ptrdiff_t>(whole);
            eights_.insert(eights_.end(), some.begin(), end);
            singles_.insert(singles_.end(), end, some.end());
        }
    }

    BatchVerified run(unsigned workers) {
        verified_.results.assign(all_.size(), fail(Errc::crypto, "signature"));
        const auto eights = eights_.size() / EcdsaEight::lanes;
        in_parallel(
            eights + singles_.size(),
            [&](std::size_t task) {
                if (task < eights)
                    eight(std::span{eights_}.subspan(task * EcdsaEight::lanes).first<EcdsaEight::lanes>());
                else
                    decide(singles_[task - eights]);
            },
            workers);
        verified_.by_engine = by_engine_;
        return std::move(verified_);
    }

private:
    void decide(std::size_t index) { verified_.results[index] = by_openssl(all_[index]); }

    void eight(std::span<const std::size_t, EcdsaEight::lanes> indices) {
        std::array<std::optional<Numbers>, EcdsaEight::lanes> numbers;
        const Numbers* any = nullptr;  // stands in for those that the engine is not asked about
        for (std::size_t n = 0; n < indices.size(); ++n)
            if (numbers[n] = numbers_of(all_[indices[n]]); numbers[n]) any = &*numbers[n];
        unsigned good = 0;
        if (any != nullptr) {
            std::array<EcdsaEight::Lane, EcdsaEight::lanes> lanes{};
            for (std::size_t n = 0; n < lanes.size(); ++n) {
                const auto& its = numbers[n] ? *numbers[n] : *any;
                lanes[n] = {its.digest.data(), its.r.data(), its.s.data(), its.point};
            }
            good = engine_->verify(any->point->curve, lanes);
        }
        for (std::size_t n = 0; n < indices.size(); ++n) {
            if (!numbers[n] || (good >> n & 1U) == 0) {
                decide(indices[n]);
                continue;
            }
            verified_.results[indices[n]] = {};
            ++by_engine_;
        }
    }

    std::span<const Signed> all_;
    const EcdsaEight* engine_;
    std::vector<std::size_t> eights_, singles_;
    BatchVerified verified_;
    std::atomic<std::size_t> by_engine_{0};
};

}  // namespace

BatchVerified batch_verify(std::span<const Signed> all, const EcdsaEight* engine, unsigned workers) {
    return Batch{all, engine}.run(workers);
}

}  // namespace busguard::crypto
