#include "manifest/digests.h"

#include <algorithm>
#include <array>

namespace busguard::manifest {
namespace {

struct Known {
    crypto::Hash hash;
    std::int64_t named;  // IANA "Named Information Hash Algorithm Registry"
    std::int64_t cose;   // IANA "COSE Algorithms"; 0: none
    std::string_view name;
};
constexpr std::array known{
    Known{crypto::Hash::sha_256, 1, -16, "sha-256"},  Known{crypto::Hash::sha_384, 7, -43, "sha-384"},
    Known{crypto::Hash::sha_512, 8, -44, "sha-512"},  Known{crypto::Hash::sha3_256, 10, 0, "sha3-256"},
    Known{crypto::Hash::sha3_384, 11, 0, "sha3-384"}, Known{crypto::Hash::sha3_512, 12, 0, "sha3-512"},
};

}  // namespace

std::optional<crypto::Hash> hash_of(const cbor::Item& algorithm) {
    const auto number = algorithm.integer();
    const auto fits = [&](const Known& one) {
        if (number && *number != 0) return *number == one.named || *number == one.cose;
        return algorithm.is(cbor::Kind::text) && as_text(algorithm.bytes) == one.name;
    };
    const auto* const found = std::ranges::find_if(known, fits);
    if (found == known.end()) return std::nullopt;
    return found->hash;
}

Result<std::map<crypto::Hash, Bytes>> read_digests(const cbor::Item& item) {
    constexpr std::string_view what = "digests";
    std::map<crypto::Hash, Bytes> all;
    for (const auto& digest : TRY(item.as_array(what))) {
        const auto parts = TRY(digest.as_array(what));
        if (parts.size() != 2) return digest.wrong(what);
        const auto value = TRY(parts[1].as_bytes(what));
        const auto hash = hash_of(parts[0]);
        if (!hash) continue;
        if (value.size() != crypto::size(*hash)) return digest.wrong(what);
        if (!all.emplace(*hash, to_bytes(value)).second) return digest.wrong(what);
    }
    return all;
}

}  // namespace busguard::manifest
