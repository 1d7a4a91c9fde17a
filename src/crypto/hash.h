#pragma once

#include "base/bytes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>

struct evp_md_ctx_st;

namespace busguard::crypto {

/// FIPS 180-4 and FIPS 202.
enum class Hash : std::uint8_t { sha_256, sha_384, sha_512, sha3_256, sha3_384, sha3_512 };

inline constexpr std::array all_hashes{Hash::sha_256,  Hash::sha_384,  Hash::sha_512,
                                       Hash::sha3_256, Hash::sha3_384, Hash::sha3_512};
inline constexpr std::size_t largest_digest = 64;

/// Bytes of a digest.
constexpr std::size_t size(Hash hash) {
    switch (hash) {
        case Hash::sha_256:
        case Hash::sha3_256: return 32;
        case Hash::sha_384:
        case Hash::sha3_384: return 48;
        case Hash::sha_512:
        case Hash::sha3_512: return 64;
    }
    return 0;
}

/// As `openssl dgst -NAME` and `openssl list -digest-algorithms` take it: "sha384", "sha3-384".
constexpr std::string_view name(Hash hash) {
    switch (hash) {
        case Hash::sha_256: return "sha256";
        case Hash::sha_384: return "sha384";
        case Hash::sha_512: return "sha512";
        case Hash::sha3_256: return "sha3-256";
        case Hash::sha3_384: return "sha3-384";
        case Hash::sha3_512: return "sha3-512";
    }
    return "unknown";
}

constexpr std::optional<Hash> hash_named(std::string_view wanted) {
    for (auto hash : all_hashes)
        if (name(hash) == wanted) return hash;
    return std::nullopt;
}

/// Does the OpenSSL of this machine have it? All of them are in its default provider; a provider that
/// someone configured may lack some.
bool supported(Hash hash);

/// The value of a hash: up to 64 bytes, in place. The default one is empty.
class Digest {
public:
    constexpr Digest() = default;
    /// Somebody else's digest; more than 64 bytes are cut off.
    constexpr explicit Digest(ByteView bytes) : size_{std::min(bytes.size(), largest_digest)} {
        std::copy_n(bytes.begin(), size_, bytes_.begin());
    }

    constexpr ByteView view() const { return ByteView{bytes_}.first(size_); }
    constexpr std::size_t size() const { return size_; }
    constexpr bool empty() const { return size_ == 0; }
    constexpr operator ByteView() const {
        return view();
    }  // NOLINT(google-explicit-constructor): a value of bytes

    friend constexpr bool operator==(const Digest&,
                                     const Digest&) = default;  // what lies beyond size is zero

private:
    std::array<std::byte, largest_digest> bytes_{};
    std::size_t size_ = 0;
};

/// Of the parts, one after the other. The hash has to be supported(), else the process ends.
Digest digest(Hash hash, std::initializer_list<ByteView> parts);
Digest digest(Hash hash, ByteView bytes);

/// A hash in the making. A copy goes on from the same point on its own.
class Hasher {
public:
    /// Precondition: supported(hash).
    explicit Hasher(Hash hash);
    Hasher(const Hasher& other);
    Hasher(Hasher&&) noexcept = default;
    Hasher& operator=(const Hasher& other);
    Hasher& operator=(Hasher&&) noexcept = default;
    ~Hasher() = default;

    void update(ByteView bytes);
    /// Of everything so far; one may go on updating.
    Digest finish() const;
    Hash hash() const { return hash_; }

private:
    struct Free {
        void operator()(evp_md_ctx_st* state) const;
    };
    Hash hash_;
    std::unique_ptr<evp_md_ctx_st, Free> state_;
};

}  // namespace busguard::crypto
