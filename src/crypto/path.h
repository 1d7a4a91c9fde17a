#pragma once

#include "base/result.h"
#include "crypto/certificate.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace busguard::crypto {

/// Why a path of certificates is not accepted.
enum class PathFault : std::uint8_t {
    untrusted_root,     ///< sound in itself, but no anchor is in it or above it
    expired,            ///< notAfter lies before `at`
    not_yet_valid,      ///< notBefore lies after `at`
    signature_invalid,  ///< not signed by the key of its predecessor (or of the anchor)
    wrong_issuer,   ///< issuer, or authority key identifier, is not the predecessor's: wrong order, or a gap
    not_a_ca,       ///< a predecessor of others without BasicConstraints cA TRUE
    path_too_long,  ///< beyond a pathLenConstraint, or beyond most_in_chain
    key_usage,      ///< a predecessor of others whose KeyUsage lacks keyCertSign
    unknown_critical,       ///< a critical extension that is neither processed nor tolerated
    weak_algorithm,         ///< key or signature hash of less than 112 bits of security (SHA-1, RSA 1024)
    unsupported_algorithm,  ///< this OpenSSL does not know the algorithm of a key or a signature
    malformed,              ///< an empty path, or content that X.509 forbids
    other,                  ///< anything else (name constraints, …): see `detail`
};

/// "untrusted_root", …: stable, for logs and JSON.
std::string_view name(PathFault fault);

struct PathFailure {
    PathFault fault{};
    /// Which certificate, as an index into root_to_leaf; nothing for an anchor above it, or for the whole.
    std::optional<std::size_t> certificate;
    std::string_view detail;  ///< OpenSSL's words, or ours; a literal

    friend bool operator==(const PathFailure&, const PathFailure&) = default;
};

struct PathPolicy {
    std::chrono::sys_seconds at;  ///< when the path has to be valid
    enum class Time : std::uint8_t { check, ignore } time = Time::check;
    std::vector<std::string> tolerate;  ///< OIDs, dotted, of extensions that may be critical and unknown
};

/// The index of the anchor that the path leads to, or why it does not.
using PathResult = Result<std::size_t, PathFailure>;

/// RFC 5280 section 6 by OpenSSL, on certificates that are parsed already. The path is taken as it stands:
/// each certificate issued and signed by the one before it, no search, no reordering. It is trusted if a
/// certificate in it is one of `anchors` (the same bytes), or if its first was issued by one. Names of
/// purposes (extended key usage) and the leaf's own BasicConstraints are not looked at. n certificates with
/// the root among them cost n - 1 verifications: nobody checks a root's signature on itself.
///
/// Of several faults one is named: broken signatures and structure first, then trust, then dates.
PathResult verify_path(std::span<const Certificate> root_to_leaf, std::span<const Certificate> anchors,
                       const PathPolicy& policy);

}  // namespace busguard::crypto
