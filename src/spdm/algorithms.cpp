#include "spdm/algorithms.h"

#include <array>
#include <utility>

namespace busguard::spdm {
namespace {

constexpr std::array hashes{
    std::pair{BaseHash::sha_256, crypto::Hash::sha_256},
    std::pair{BaseHash::sha_384, crypto::Hash::sha_384},
    std::pair{BaseHash::sha_512, crypto::Hash::sha_512},
    std::pair{BaseHash::sha3_256, crypto::Hash::sha3_256},
    std::pair{BaseHash::sha3_384, crypto::Hash::sha3_384},
    std::pair{BaseHash::sha3_512, crypto::Hash::sha3_512},
};

constexpr std::array schemes{
    std::pair{BaseAsym::rsassa_2048, crypto::Scheme::rsassa_2048},
    std::pair{BaseAsym::rsapss_2048, crypto::Scheme::rsapss_2048},
    std::pair{BaseAsym::rsassa_3072, crypto::Scheme::rsassa_3072},
    std::pair{BaseAsym::rsapss_3072, crypto::Scheme::rsapss_3072},
    std::pair{BaseAsym::ecdsa_p256, crypto::Scheme::ecdsa_p256},
    std::pair{BaseAsym::rsassa_4096, crypto::Scheme::rsassa_4096},
    std::pair{BaseAsym::rsapss_4096, crypto::Scheme::rsapss_4096},
    std::pair{BaseAsym::ecdsa_p384, crypto::Scheme::ecdsa_p384},
    std::pair{BaseAsym::ecdsa_p521, crypto::Scheme::ecdsa_p521},
    std::pair{BaseAsym::ed25519, crypto::Scheme::ed25519},
    std::pair{BaseAsym::ed448, crypto::Scheme::ed448},
};

// The enumerators are all in the tables, and only enumerators of a single known bit reach here
// (spdm/choice.h).
template <class Table, class Key>
auto second_of(const Table& table, Key key) {
    for (const auto& [first, second] : table)
        if (first == key) return second;
    return table.front().second;
}

template <class Table, class Key>
auto first_of(const Table& table, Key key) {
    for (const auto& [first, second] : table)
        if (second == key) return first;
    return table.front().first;
}

}  // namespace

crypto::Hash hash_of(BaseHash hash) { return second_of(hashes, hash); }
BaseHash base_hash_of(crypto::Hash hash) { return first_of(hashes, hash); }
crypto::Scheme scheme_of(BaseAsym asym) { return second_of(schemes, asym); }
BaseAsym base_asym_of(crypto::Scheme scheme) { return first_of(schemes, scheme); }

std::optional<crypto::Hash> hash_of(MeasurementHash hash) {
    if (hash == MeasurementHash::raw_only) return std::nullopt;
    // MeasurementHashAlgo is BaseHashAlgo one bit up.
    return hash_of(static_cast<BaseHash>(std::to_underlying(hash) >> 1U));
}

MeasurementHash measurement_hash_of(crypto::Hash hash) {
    return static_cast<MeasurementHash>(std::to_underlying(base_hash_of(hash)) << 1U);
}

Flags<BaseAsym> supported_asym() {
    static const auto supported = [] {
        Flags<BaseAsym> set;
        for (const auto& [asym, scheme] : schemes)
            if (crypto::supported(scheme)) set = set | asym;
        return set;
    }();
    return supported;
}

}  // namespace busguard::spdm
