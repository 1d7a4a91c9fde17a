#include "manifest/cose.h"

#include "manifest/signer.h"

#include <algorithm>
#include <array>

namespace busguard::manifest {
namespace {

using cbor::Item;
using cbor::Kind;
using crypto::Hash;
using crypto::Scheme;

// Header parameters (IANA "COSE Header Parameters") and claims (RFC 8392).
namespace header {
constexpr std::int64_t alg = 1, crit = 2, corim_meta = 8, cwt_claims = 15, x5chain = 33,
                       payload_hash_alg = 258;
}  // namespace header
namespace claim {
constexpr std::int64_t exp = 4, nbf = 5;
}  // namespace claim

constexpr std::size_t most_certificates = 16;

struct Algorithm {
    std::int64_t number;  // IANA "COSE Algorithms"
    Scheme scheme;
    Hash hash;  // EdDSA has its own
};
// RFC 9053, RFC 9864; ECDSA on the one curve that goes with the hash, as the newer numbers have it.
constexpr std::array algorithms{
    Algorithm{-7, Scheme::ecdsa_p256, Hash::sha_256},   Algorithm{-9, Scheme::ecdsa_p256, Hash::sha_256},
    Algorithm{-35, Scheme::ecdsa_p384, Hash::sha_384},  Algorithm{-51, Scheme::ecdsa_p384, Hash::sha_384},
    Algorithm{-36, Scheme::ecdsa_p521, Hash::sha_512},  Algorithm{-52, Scheme::ecdsa_p521, Hash::sha_512},
    Algorithm{-8, Scheme::ed25519, Hash::sha_512},      Algorithm{-19, Scheme::ed25519, Hash::sha_512},
    Algorithm{-8, Scheme::ed448, Hash::sha_512},        Algorithm{-53, Scheme::ed448, Hash::sha_512},
    Algorithm{-37, Scheme::rsapss_2048, Hash::sha_256}, Algorithm{-37, Scheme::rsapss_3072, Hash::sha_256},
    Algorithm{-37, Scheme::rsapss_4096, Hash::sha_256}, Algorithm{-38, Scheme::rsapss_2048, Hash::sha_384},
    Algorithm{-38, Scheme::rsapss_3072, Hash::sha_384}, Algorithm{-38, Scheme::rsapss_4096, Hash::sha_384},
    Algorithm{-39, Scheme::rsapss_2048, Hash::sha_512}, Algorithm{-39, Scheme::rsapss_3072, Hash::sha_512},
    Algorithm{-39, Scheme::rsapss_4096, Hash::sha_512},
};

/// The four parts, taken apart.
struct Sign1 {
    ByteView protected_bytes, payload, signature;
    std::size_t offset = 0;  // of the payload
    Item headers;            // protected
    const Item* unprotected = nullptr;
};

Result<Sign1> take_apart(const Item& item) {
    constexpr std::string_view what = "COSE_Sign1";
    const auto parts = TRY(item.as_array(what));
    if (parts.size() != 4) return item.wrong(what);
    Sign1 its;
    its.protected_bytes = TRY(parts[0].as_bytes("protected"));
    its.headers = TRY(cbor::parse_inside(parts[0], "protected"));
    TRY(its.headers.as_map("protected"));
    its.unprotected = TRY(parts[1].as_map("unprotected"));
    its.payload = TRY(parts[2].as_bytes("payload"));
    its.offset = parts[2].offset + parts[2].encoded.size() - its.payload.size();
    its.signature = TRY(parts[3].as_bytes("signature"));
    // RFC 9052 3.1: who does not know a critical header refuses. None of those that are looked at needs the
    // mark.
    if (its.headers.find(header::crit) != nullptr) return fail(Errc::unsupported, "crit", its.headers.offset);
    if (its.headers.find(header::payload_hash_alg) != nullptr)
        return fail(Errc::unsupported, "payload_hash_alg", its.headers.offset);
    return its;
}

/// RFC 9052 4.4: what is signed.
Bytes sig_structure(const Sign1& its) {
    Bytes all{std::byte{0x84}, std::byte{0x6a}};  // an array of 4, a text of 10
    append(all, as_bytes("Signature1"));
    cbor::append_bytes(all, its.protected_bytes);
    cbor::append_bytes(all, {});
    cbor::append_bytes(all, its.payload);
    return all;
}

bool verifies(const Sign1& its, std::int64_t algorithm, const crypto::PublicKey& key, ByteView message) {
    return std::ranges::any_of(algorithms, [&](const Algorithm& one) {
        return one.number == algorithm && key.fits(one.scheme) &&
               key.verify(one.scheme, one.hash, message, its.signature);
    });
}

/// Leaf first; empty without x5chain.
Result<std::vector<crypto::Certificate>> chain_of(const Sign1& its) {
    const auto* chain = its.headers.find(header::x5chain);
    if (chain == nullptr) chain = its.unprotected->find(header::x5chain);
    std::vector<crypto::Certificate> all;
    if (chain == nullptr) return all;
    std::span<const Item> list{chain, 1};
    if (!chain->is(Kind::bytes)) list = TRY(chain->as_array("x5chain"));
    if (list.size() > most_certificates) return fail(Errc::too_large, "x5chain", chain->offset);
    for (const auto& one : list) {
        const auto der = TRY(one.as_bytes("x5chain"));
        auto certificate = crypto::Certificate::parse(der);
        if (!certificate) return one.wrong("x5chain");
        all.push_back(*std::move(certificate));
    }
    return all;
}

/// Who signed it.
Checked<std::string> standing_of(const Sign1& its, const Signers& signers, const std::string& where) {
    const auto* const named = TRY(in_file(its.headers.need(header::alg, "alg"), where));
    const auto algorithm = named->integer();
    if (!algorithm || std::ranges::find(algorithms, *algorithm, &Algorithm::number) == algorithms.end())
        return refuse(where, "alg", "is a signature algorithm that is not known here");
    const auto message = sig_structure(its);
    const auto chain = TRY(in_file(chain_of(its), where));
    if (!chain.empty()) {
        auto signer = TRY(signer_of(chain, signers, where));
        if (!verifies(its, *algorithm, signer.key, message))
            return refuse(where, "signature", "does not verify by the key of " + chain.front().subject());
        return std::move(signer.standing);
    }
    if (signers.anchors.empty())
        return "signed, and nobody has verified that: it names no certificate, and no anchors for reference "
               "values "
               "are given";
    for (std::size_t n = 0; n < signers.anchors.size(); ++n) {
        const auto& anchor = signers.anchors.certificates()[n];
        const auto key = anchor.public_key();
        if (!key || !verifies(its, *algorithm, *key, message)) continue;
        TRY(hold_dates(anchor.not_before(), anchor.not_after(), signers, where));
        return "signed by " + anchor.subject() + ", trusted by " + signers.anchors.provenance(n);
    }
    return refuse(where, "signature", "does not verify by the key of any anchor for reference values");
}

using Moment = std::optional<std::chrono::sys_seconds>;

Result<Moment> time_in(const Item& map, std::int64_t key, std::string_view what) {
    const auto* const found = map.find(key);
    if (found == nullptr || found->is(Kind::other)) return Moment{};  // RFC 8392 also has floating point
    return Moment{TRY(read_time(*found, what))};
}

struct Validity {
    Moment not_before, not_after;
};

/// As CWT-Claims and the older corim-meta have it: both may be there, and both hold.
Result<std::vector<Validity>> validities_of(const Item& headers) {
    std::vector<Validity> all;
    if (const auto* claims = headers.find(header::cwt_claims); claims != nullptr) {
        const auto nbf = TRY(time_in(*claims, claim::nbf, "nbf"));
        all.push_back({nbf, TRY(time_in(*claims, claim::exp, "exp"))});
    }
    if (const auto* wrapped = headers.find(header::corim_meta); wrapped != nullptr) {
        const auto meta = TRY(cbor::parse_inside(*wrapped, "corim-meta"));
        if (const auto* validity = meta.find(1); validity != nullptr) {
            const auto not_before = TRY(time_in(*validity, 0, "not-before"));
            all.push_back({not_before, TRY(time_in(*validity, 1, "not-after"))});
        }
    }
    return all;
}

}  // namespace

Result<std::chrono::sys_seconds> read_time(const Item& item, std::string_view what) {
    constexpr std::int64_t earliest = -62167219200;  // what calendar.h can print
    constexpr std::int64_t latest = 253402300799;
    const auto number = (item.is_tag(1) ? item.tagged() : item).integer();
    if (!number || *number < earliest || *number > latest) return item.wrong(what);
    return std::chrono::sys_seconds{std::chrono::seconds{*number}};
}

Checked<Signed> open_sign1(const Item& item, const Signers& signers, const std::string& where) {
    const auto its = TRY(in_file(take_apart(item), where));
    auto standing = TRY(standing_of(its, signers, where));
    for (const auto& its_dates : TRY(in_file(validities_of(its.headers), where)))
        TRY(hold_dates(its_dates.not_before, its_dates.not_after, signers, where));
    return Signed{its.payload, its.offset, std::move(standing)};
}

}  // namespace busguard::manifest
