#include "cli/log_entry_view.h"

#include "base/hex.h"
#include "cli/time.h"
#include "cli/verdict_view.h"

#include <fmt/format.h>

namespace busguard::cli {
namespace {

using logbook::Change;
using logbook::Entry;
using logbook::Evidence;
using logbook::NewKey;
using logbook::Verdict;

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

Json digest_json(const tlog::TreeHash& digest) {
    return digest == tlog::TreeHash{} ? Json(nullptr) : Json(to_hex(digest));
}

std::string signed_by(const evidence::Bundle& bundle) {
    if (bundle.records.empty()) return "nothing signed";
    const auto& record = bundle.records.front();
    return fmt::format("SPDM {}, {}, {} signed", name(record.version),
                       crypto::name(spdm::scheme_of(record.asym)), bundle.records.size());
}

std::string short_of(const Evidence& its) {
    auto text = signed_by(its.bundle);
    if (const auto& end = its.bundle.failure)
        text += fmt::format("; ended early: {} {}", name(end->code), end->what);
    return text;
}

std::string short_of(const Verdict& its) {
    auto text = its.state;
    if (!its.reason.empty()) text += " " + its.reason;
    if (its.evidence) text += fmt::format(", by entry {}", *its.evidence);
    if (!its.ruling.empty()) text += fmt::format(": {} by {}", its.ruling, its.rule);
    if (!its.enforcing) text += " (observed)";
    return text;
}

std::string short_of(const Change& its) {
    auto text = its.what;
    if (!its.reason.empty()) text += " " + its.reason;
    if (!its.detail.empty()) text += ": " + its.detail;
    return text;
}

std::string short_of(const NewKey& its) { return its.vkey; }

Json body_json(const Evidence& its) {
    const auto& bundle = its.bundle;
    Json records = Json::array();
    for (const auto& record : bundle.records)
        records.push_back({{"version", name(record.version)},
                           {"asym", crypto::name(spdm::scheme_of(record.asym))},
                           {"hash", crypto::name(spdm::hash_of(record.hash))},
                           {"slot", record.slot}});
    const auto& end = bundle.failure;
    return {{"transport", bundle.circumstances.transport},
            {"identity", bundle.circumstances.pci ? identity_json(*bundle.circumstances.pci) : Json(nullptr)},
            {"records", std::move(records)},
            {"failure", end ? Json{{"code", name(end->code)}, {"what", end->what}} : Json(nullptr)}};
}

Json body_json(const Verdict& its) {
    return {{"evidence", its.evidence ? Json(*its.evidence) : Json(nullptr)},
            {"cause", text_or_null(its.cause)},
            {"state", its.state},
            {"reason", text_or_null(its.reason)},
            {"failed", its.failed},
            {"owner", text_or_null(its.owner)},
            {"ruling", text_or_null(its.ruling)},
            {"rule", text_or_null(its.rule)},
            {"enforcing", its.enforcing}};
}

Json body_json(const Change& its) {
    return {{"what", its.what}, {"reason", text_or_null(its.reason)}, {"detail", text_or_null(its.detail)}};
}

Json body_json(const NewKey& its) { return Json::object({{"vkey", its.vkey}}); }

}  // namespace

std::string_view kind_of(const Entry& entry) {
    return std::visit(Overloaded{[](const Evidence&) { return std::string_view{"evidence"}; },
                                 [](const Verdict&) { return std::string_view{"verdict"}; },
                                 [](const Change&) { return std::string_view{"change"}; },
                                 [](const NewKey&) { return std::string_view{"new-key"}; }},
                      entry.what);
}

std::string device_of(const Entry& entry) {
    return std::visit(
        Overloaded{[](const Evidence& its) { return its.bundle.circumstances.device; },
                   [](const Verdict& its) { return its.device; },
                   [](const Change& its) { return its.device; }, [](const NewKey&) { return std::string{}; }},
        entry.what);
}

bool is_failed(const Entry& entry) {
    return std::visit(
        Overloaded{[](const Evidence& its) { return its.bundle.failure.has_value(); },
                   [](const Verdict& its) { return its.state == name(appraisal::State::failed); },
                   [](const Change&) { return false; }, [](const NewKey&) { return false; }},
        entry.what);
}

std::string in_short(const Entry& entry) {
    return printable(std::visit([](const auto& its) { return short_of(its); }, entry.what));
}

Tone tone_of(const Entry& entry) {
    if (const auto* verdict = std::get_if<Verdict>(&entry.what)) {
        const auto state = appraisal::state_named(verdict->state);
        return state ? tone_of(*state) : Tone::plain;
    }
    return is_failed(entry) ? Tone::caution : Tone::plain;
}

Json entry_json(std::uint64_t index, const Entry& entry) {
    return {{"index", index},
            {"time", format_time(entry.time)},
            {"kind", kind_of(entry)},
            {"device", text_or_null(device_of(entry))},
            {"failed", is_failed(entry)},
            {"policy", digest_json(entry.policy)},
            {"anchors", digest_json(entry.anchors)},
            {"body", std::visit([](const auto& its) { return body_json(its); }, entry.what)}};
}

}  // namespace busguard::cli
