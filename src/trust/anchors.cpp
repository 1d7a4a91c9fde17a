#include "trust/anchors.h"

#include "crypto/pem.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace busguard::trust {
namespace {

constexpr std::size_t most_anchors = 16384;  // a directory of anything else is a mistake
constexpr std::size_t most_lists = 4096;
constexpr std::size_t most_answers = 16384;

}  // namespace

Checked<std::size_t> Anchors::add(ByteView file, const std::string& where, const std::string& provenance,
                                  const Vendors& vendors) {
    const bool pem = crypto::is_pem(file);
    auto found = pem ? crypto::parse_pem_bundle(as_text(file)) : crypto::split_chain(file);
    if (!found)
        return fail(Problem{.where = where,
                            .field = std::string{found.error().what},
                            .message = fmt::format("holds no certificate that can be read ({} at byte {})",
                                                   name(found.error().code), found.error().offset),
                            .remedy = "give X.509 certificates in PEM or DER"});
    if (found->empty())
        return fail(Problem{
            .where = where, .message = "is empty", .remedy = "give X.509 certificates in PEM or DER"});
    if (found->size() + size() > most_anchors)
        return fail(Problem{.where = where, .message = fmt::format("more than {} anchors", most_anchors)});
    std::size_t added = 0;
    for (auto& certificate : *found) added += add(std::move(certificate), provenance, vendors) ? 1U : 0U;
    return added;
}

bool Anchors::add(crypto::Certificate certificate, std::string provenance, const Vendors& vendors) {
    const auto there = std::ranges::find(certificates_, certificate);
    if (there != certificates_.end()) {
        auto& its = vendors_[static_cast<std::size_t>(there - certificates_.begin())];
        if (vendors.empty())
            its.clear();
        else if (!its.empty())
            its.insert(vendors.begin(), vendors.end());
        return false;
    }
    certificates_.push_back(std::move(certificate));
    provenances_.push_back(std::move(provenance));
    vendors_.push_back(vendors);
    return true;
}

Checked<void> Anchors::add_revocations(ByteView file, const std::string& where) {
    auto found = crypto::read_revocation_lists(file);
    if (!found)
        return fail(
            Problem{.where = where,
                    .field = std::string{found.error().what},
                    .message = fmt::format("holds no revocation list that can be used ({} at byte {})",
                                           name(found.error().code), found.error().offset),
                    .remedy = "give complete X.509 revocation lists in PEM or DER"});
    if (found->size() + revocations_.size() > most_lists)
        return fail(
            Problem{.where = where, .message = fmt::format("more than {} revocation lists", most_lists)});
    std::ranges::move(*found, std::back_inserter(revocations_));
    return {};
}

Checked<void> Anchors::add_answer(ByteView file, const std::string& where) {
    auto found = crypto::OcspResponse::parse(file);
    if (!found)
        return fail(
            Problem{.where = where,
                    .field = std::string{found.error().what},
                    .message = fmt::format("is no OCSP response that can be used ({} at byte {})",
                                           name(found.error().code), found.error().offset),
                    .remedy = "give a response in DER that answers, as openssl ocsp -respout has it"});
    if (answers_.size() == most_answers)
        return fail(
            Problem{.where = where, .message = fmt::format("more than {} OCSP responses", most_answers)});
    answers_.push_back(*std::move(found));
    return {};
}

}  // namespace busguard::trust
