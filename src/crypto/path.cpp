#include "crypto/path.h"

#include "crypto/openssl.h"

#include <algorithm>

namespace busguard::crypto {
namespace {

constexpr int security_level = 2;  // SSL_CTX_set_security_level(3): 112 bits

using Stop = std::optional<PathFailure>;

/// A path on its way through OpenSSL: an anchor that the path itself does not hold, then the path.
struct Walk {
    std::vector<X509*> order;  // from the top down
    std::size_t above = 0;     // 1 if order[0] is such an anchor
    const PathPolicy* policy = nullptr;
    Stop date;  // the first date that is wrong: named only if nothing else is

    /// OpenSSL counts from the leaf up.
    std::optional<std::size_t> index(int depth) const {
        const auto from_leaf = static_cast<std::size_t>(std::max(depth, 0));
        if (from_leaf >= order.size()) return std::nullopt;
        const auto from_top = order.size() - 1 - from_leaf;
        return from_top < above ? std::nullopt : std::optional{from_top - above};
    }
};

Walk& walk_of(X509_STORE_CTX* context) { return *static_cast<Walk*>(X509_STORE_CTX_get_app_data(context)); }

PathFault fault_of(int error) {
    switch (error) {
        case X509_V_ERR_CERT_HAS_EXPIRED: return PathFault::expired;
        case X509_V_ERR_CERT_NOT_YET_VALID: return PathFault::not_yet_valid;
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
        case X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH: return PathFault::signature_invalid;
        case X509_V_ERR_SUBJECT_ISSUER_MISMATCH:
        case X509_V_ERR_AKID_SKID_MISMATCH:
        case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return PathFault::wrong_issuer;
        case X509_V_ERR_INVALID_CA:
        case X509_V_ERR_INVALID_NON_CA: return PathFault::not_a_ca;
        case X509_V_ERR_PATH_LENGTH_EXCEEDED:
        case X509_V_ERR_CERT_CHAIN_TOO_LONG: return PathFault::path_too_long;
        case X509_V_ERR_KEYUSAGE_NO_CERTSIGN: return PathFault::key_usage;
        case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION: return PathFault::unknown_critical;
        case X509_V_ERR_EE_KEY_TOO_SMALL:
        case X509_V_ERR_CA_KEY_TOO_SMALL:
        case X509_V_ERR_CA_MD_TOO_WEAK: return PathFault::weak_algorithm;
        case X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM:
        case X509_V_ERR_NO_ISSUER_PUBLIC_KEY:
        case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: return PathFault::unsupported_algorithm;
        case X509_V_ERR_INVALID_EXTENSION:
        case X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY:
        case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
        case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
        case X509_V_ERR_EC_KEY_EXPLICIT_PARAMS: return PathFault::malformed;
        default: return PathFault::other;
    }
}

PathFailure failure(int error, std::optional<std::size_t> certificate) {
    return {fault_of(error), certificate, X509_verify_cert_error_string(error)};
}

bool is_date(int error) {
    return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
}

/// Are all critical extensions that OpenSSL does not process among those that the policy bears with?
bool all_tolerated(const X509* certificate, const std::vector<std::string>& tolerate) {
    for (int n = 0; n < X509_get_ext_count(certificate); ++n) {
        auto* extension = X509_get_ext(certificate, n);
        if (X509_EXTENSION_get_critical(extension) != 1 || X509_supported_extension(extension) == 1) continue;
        const auto oid = dotted(X509_EXTENSION_get_object(extension));
        if (std::ranges::find(tolerate, oid) == tolerate.end()) return false;
    }
    return true;
}

// OpenSSL calls these two: no exception may leave them, and none can but bad_alloc.

/// The issuer of a certificate is the one before it, whoever else has the same name: so the path is taken as
/// it stands. Whether names and key identifiers fit was checked before (check_links).
int issued_by_predecessor(X509_STORE_CTX* context, X509* certificate, X509* issuer) noexcept {
    const auto& order = walk_of(context).order;
    const auto at = std::ranges::find(order, certificate);
    return at != order.end() && at != order.begin() && *(at - 1) == issuer ? 1 : 0;
}

int on_fault(int ok, X509_STORE_CTX* context) noexcept {
    if (ok == 1) return 1;
    auto& walk = walk_of(context);
    const int error = X509_STORE_CTX_get_error(context);
    if (is_date(error)) {
        if (!walk.date) walk.date = failure(error, walk.index(X509_STORE_CTX_get_error_depth(context)));
        return 1;
    }
    if (error == X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION) {
        const auto* certificate = X509_STORE_CTX_get_current_cert(context);
        return certificate != nullptr && all_tolerated(certificate, walk.policy->tolerate) ? 1 : 0;
    }
    return 0;
}

X509_STORE* rules() {
    static X509_STORE* const store = [] {
        auto* made = must(X509_STORE_new());
        X509_STORE_set_check_issued(made, issued_by_predecessor);
        return made;
    }();
    return store;  // holds no certificate; never freed
}

/// May this certificate issue others?
Stop check_issuer(const Certificate& issuer, std::optional<std::size_t> index) {
    if (issuer.basic_constraints_ca() != true)
        return PathFailure{PathFault::not_a_ca, index, "BasicConstraints cA is not TRUE"};
    if (const auto usage = issuer.key_usage(); usage && !has(*usage, KeyUsage::key_cert_sign))
        return PathFailure{PathFault::key_usage, index, "KeyUsage lacks keyCertSign"};
    return std::nullopt;
}

/// What names, key identifiers and extensions say about the links, without a signature.
Stop check_links(std::span<const Certificate> path) {
    for (std::size_t n = 0; n < path.size(); ++n) {
        if (std::find(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(n), path[n]) !=
            path.begin() + static_cast<std::ptrdiff_t>(n))
            return PathFailure{PathFault::malformed, n, "the same certificate twice"};
        if (n + 1 == path.size()) break;
        const int link = X509_check_issued(path[n].native(), path[n + 1].native());
        if (fault_of(link) == PathFault::wrong_issuer) return failure(link, n + 1);
        if (auto stop = check_issuer(path[n], n)) return stop;
        if (link != X509_V_OK) return failure(link, n + 1);
    }
    return std::nullopt;
}

X509Stack stack(auto first, auto last) {
    auto made = must(X509Stack{sk_X509_new_null()});
    for (; first != last; ++first)
        if (sk_X509_push(made.get(), *first) == 0) throw std::bad_alloc{};
    return made;
}

/// Signatures, path lengths, critical extensions, dates: OpenSSL's turn, with the top taken as trusted.
Stop check_path(Walk& walk) {
    const auto& order = walk.order;
    const auto trusted = stack(order.begin(), order.begin() + 1);
    const auto others = stack(order.begin() + 1, order.end());
    const Owned<X509_STORE_CTX, X509_STORE_CTX_free> context{must(X509_STORE_CTX_new())};
    if (X509_STORE_CTX_init(context.get(), rules(), order.back(), others.get()) != 1) throw std::bad_alloc{};
    X509_STORE_CTX_set0_trusted_stack(context.get(), trusted.get());
    X509_STORE_CTX_set_app_data(context.get(), &walk);
    X509_STORE_CTX_set_verify_cb(context.get(), on_fault);

    auto* param = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);  // the top need not be a root
    X509_VERIFY_PARAM_set_auth_level(param, security_level);
    if (walk.policy->time == PathPolicy::Time::ignore)
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
    else
        X509_VERIFY_PARAM_set_time(param, walk.policy->at.time_since_epoch().count());

    const bool ok = X509_verify_cert(context.get()) == 1;
    ERR_clear_error();
    if (!ok)
        return failure(X509_STORE_CTX_get_error(context.get()),
                       walk.index(X509_STORE_CTX_get_error_depth(context.get())));
    const auto* chain = X509_STORE_CTX_get0_chain(context.get());
    bool as_given = sk_X509_num(chain) == static_cast<int>(order.size());
    for (int n = 0; as_given && n < sk_X509_num(chain); ++n)
        as_given = sk_X509_value(chain, n) == order[order.size() - 1 - static_cast<std::size_t>(n)];
    if (!as_given) return PathFailure{PathFault::other, std::nullopt, "OpenSSL took another path"};
    return walk.date;
}

Stop check_below(const Certificate* anchor, std::span<const Certificate> path, const PathPolicy& policy) {
    if (anchor != nullptr)
        if (auto stop = check_issuer(*anchor, std::nullopt)) return stop;
    Walk walk{.policy = &policy};
    if (anchor != nullptr) walk.order.push_back(anchor->native());
    walk.above = walk.order.size();
    for (const auto& certificate : path) walk.order.push_back(certificate.native());
    return check_path(walk);
}

bool is_date(PathFault fault) { return fault == PathFault::expired || fault == PathFault::not_yet_valid; }

}  // namespace

PathResult verify_path(std::span<const Certificate> root_to_leaf, std::span<const Certificate> anchors,
                       const PathPolicy& policy) {
    if (root_to_leaf.empty())
        return Failure{PathFailure{PathFault::malformed, std::nullopt, "no certificate"}};
    if (root_to_leaf.size() > most_in_chain)
        return Failure{PathFailure{PathFault::path_too_long, most_in_chain, "too many certificates"}};
    if (auto stop = check_links(root_to_leaf)) return Failure{*stop};

    // An anchor in the path, usually its root.
    for (const auto& certificate : root_to_leaf) {
        const auto anchor = std::ranges::find(anchors, certificate);
        if (anchor == anchors.end()) continue;
        if (auto stop = check_below(nullptr, root_to_leaf, policy)) return Failure{*stop};
        return static_cast<std::size_t>(anchor - anchors.begin());
    }

    // An anchor above the path. Several may bear the issuer's name: whose key signed it?
    const auto& top = root_to_leaf.front();
    Stop first;
    for (std::size_t n = 0; n < anchors.size(); ++n) {
        if (fault_of(X509_check_issued(anchors[n].native(), top.native())) == PathFault::wrong_issuer)
            continue;
        auto stop = check_below(&anchors[n], root_to_leaf, policy);
        if (!stop) return n;
        if (!first || first->fault == PathFault::signature_invalid) first = stop;
    }
    // A root of its own that only borrows an anchor's name was not issued by it.
    if (first && !top.self_issued()) return Failure{*first};

    if (auto stop = check_below(nullptr, root_to_leaf, policy); stop && !is_date(stop->fault))
        return Failure{*stop};
    return Failure{PathFailure{PathFault::untrusted_root, 0, "no anchor is in the path or issued its first"}};
}

std::string_view name(PathFault fault) {
    switch (fault) {
        case PathFault::untrusted_root: return "untrusted_root";
        case PathFault::expired: return "expired";
        case PathFault::not_yet_valid: return "not_yet_valid";
        case PathFault::signature_invalid: return "signature_invalid";
        case PathFault::wrong_issuer: return "wrong_issuer";
        case PathFault::not_a_ca: return "not_a_ca";
        case PathFault::path_too_long: return "path_too_long";
        case PathFault::key_usage: return "key_usage";
        case PathFault::unknown_critical: return "unknown_critical";
        case PathFault::weak_algorithm: return "weak_algorithm";
        case PathFault::unsupported_algorithm: return "unsupported_algorithm";
        case PathFault::malformed: return "malformed";
        case PathFault::other: return "other";
    }
    return "unknown";
}

}  // namespace busguard::crypto
