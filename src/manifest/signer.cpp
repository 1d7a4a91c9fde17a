#include "manifest/signer.h"

#include "base/calendar.h"
#include "crypto/path.h"

#include <fmt/format.h>

#include <algorithm>

namespace busguard::manifest {

Failure<Problem> refuse(const std::string& where, const Error& error) {
    return refuse(where, {}, fmt::format("{}, at byte {}", in_words(error), error.offset));
}

Checked<Signer> signer_of(std::span<const crypto::Certificate> leaf_first, const Signers& signers,
                          const std::string& where) {
    if (leaf_first.empty()) return refuse(where, "signature", "comes without the signer's certificate");
    const auto& leaf = leaf_first.front();
    const auto usage = leaf.key_usage();
    if (usage && !has(*usage, crypto::KeyUsage::digital_signature))
        return refuse(where, "signature", leaf.subject() + " may not sign: keyUsage lacks digitalSignature");
    auto key = TRY(in_file(leaf.public_key(), where));
    const auto name = "signed by " + leaf.subject();
    if (signers.anchors.empty())
        return Signer{std::move(key),
                      name + ", for whom nobody vouches: no anchors for reference values are given"};

    const std::vector<crypto::Certificate> path{leaf_first.rbegin(), leaf_first.rend()};
    using Policy = crypto::PathPolicy;
    const Policy policy{.at = signers.at.value_or(std::chrono::sys_seconds{}),
                        .time = signers.at ? Policy::Time::check : Policy::Time::ignore};
    const auto anchor = crypto::verify_path(path, signers.anchors.certificates(), policy);
    if (!anchor)
        return refuse(where, "signature",
                      fmt::format("{} is not trusted: {} ({})", leaf.subject(),
                                  crypto::name(anchor.error().fault), anchor.error().detail),
                      "give the root of who publishes it as an anchor for reference values");
    return Signer{std::move(key), name + ", trusted by " + signers.anchors.provenance(*anchor)};
}

Checked<void> hold_dates(std::optional<std::chrono::sys_seconds> not_before,
                         std::optional<std::chrono::sys_seconds> not_after, const Signers& signers,
                         const std::string& where) {
    if (!signers.at) return {};
    if (not_before && *signers.at < *not_before)
        return refuse(where, "validity", "is not valid before " + to_text(*not_before));
    if (not_after && *signers.at > *not_after)
        return refuse(where, "validity", "was valid until " + to_text(*not_after));
    return {};
}

}  // namespace busguard::manifest
