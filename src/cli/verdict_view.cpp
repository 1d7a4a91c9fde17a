#include "cli/verdict_view.h"

#include "appraisal/reason.h"
#include "base/hex.h"
#include "cli/report.h"
#include "spdm/meaning.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace busguard::cli {
namespace {

void add_once(std::vector<std::string_view>& list, std::string_view one) {
    if (!one.empty() && std::ranges::find(list, one) == list.end()) list.push_back(one);
}

Json to_json(const Check& check) {
    return {{"name", check.name},
            {"outcome", name(check.outcome)},
            {"reason", check.reason.empty() ? Json(nullptr) : Json(check.reason)},
            {"detail", text_or_null(printable(check.detail))}};
}

struct Spoken {
    spdm::Version version{};
    spdm::BaseAsym asym{};
    spdm::BaseHash hash{};
};

/// As it was negotiated; evidence of SPDM 1.1 tells it only by what is signed.
std::optional<Spoken> spoken(const examine::Visited& visited) {
    if (!visited.bundle) return std::nullopt;
    if (const auto& agreed = visited.bundle->agreed)
        return Spoken{agreed->version, agreed->asym, agreed->hash};
    if (visited.bundle->records.empty()) return std::nullopt;
    const auto& record = visited.bundle->records.front();
    return Spoken{record.version, record.asym, record.hash};
}

std::optional<spdm::SlotId> slot_of(const evidence::Bundle& bundle) {
    if (bundle.slot || bundle.records.empty()) return bundle.slot;
    return bundle.records.front().slot;
}

Json spdm_json(const examine::Visited& visited) {
    const auto said = spoken(visited);
    if (!said) return nullptr;
    const auto slot = slot_of(*visited.bundle);
    return {{"version", name(said->version)},
            {"asym", crypto::name(spdm::scheme_of(said->asym))},
            {"hash", crypto::name(spdm::hash_of(said->hash))},
            {"slot", slot ? Json(*slot) : Json(nullptr)}};
}

std::string algorithms(const examine::Visited& visited) {
    const auto said = spoken(visited);
    if (!said) return "-";
    return fmt::format("{} {}", crypto::name(spdm::scheme_of(said->asym)),
                       crypto::name(spdm::hash_of(said->hash)));
}

std::string identity_text(const examine::Visited& visited) {
    if (visited.pci) return describe(*visited.pci);
    if (!visited.bundle) return "-";
    const auto identity = appraisal::identity_of(*visited.bundle);
    const auto product = identity.find("product");
    return product == identity.end() ? "-" : printable(product->second);
}

std::string reason_text(const appraisal::Verdict& verdict) {
    if (verdict.primary == nullptr) return "-";
    const auto detail = printable(verdict.detail);
    if (detail.empty()) return std::string{verdict.primary->code};
    return fmt::format("{}: {}", verdict.primary->code, detail);
}

}  // namespace

Tone tone_of(appraisal::State state) {
    switch (state) {
        case appraisal::State::authenticated: return Tone::good;
        case appraisal::State::failed:
        case appraisal::State::bound_before_policy: return Tone::bad;
        case appraisal::State::unsupported: return Tone::quiet;
        case appraisal::State::unreachable:
        case appraisal::State::undetermined:
        case appraisal::State::no_reference: return Tone::caution;
    }
    return Tone::plain;
}

std::vector<std::string_view> reasons_of(const appraisal::Verdict& verdict) {
    std::vector<std::string_view> codes;
    if (verdict.primary != nullptr) codes.push_back(verdict.primary->code);
    for (const auto& check : verdict.checks)
        if (check.outcome == Outcome::fail) add_once(codes, check.reason);
    return codes;
}

Json identity_json(const PciIdentity& identity) {
    return {{"vendor", fmt::format("{:04x}", identity.vendor)},
            {"device", fmt::format("{:04x}", identity.device)},
            {"class", fmt::format("{:06x}", identity.class_code)},
            {"class_name", text_or_null(std::string{class_name(identity.class_code)})},
            {"revision", fmt::format("{:02x}", identity.revision)},
            {"subsystem_vendor", fmt::format("{:04x}", identity.subsystem_vendor)},
            {"subsystem", fmt::format("{:04x}", identity.subsystem)},
            {"serial_number",
             identity.serial_number ? Json(fmt::format("{:016x}", *identity.serial_number)) : Json(nullptr)}};
}

Json to_json(const Judged& judged) {
    Json checks = Json::array();
    for (const auto& check : judged.verdict.checks) checks.push_back(to_json(check));
    const auto& visited = judged.visited;
    return {{"device", visited.device},
            {"state", name(judged.verdict.state)},
            {"reasons", reasons_of(judged.verdict)},
            {"detail", text_or_null(printable(judged.verdict.detail))},
            {"identity", visited.pci ? identity_json(*visited.pci) : Json(nullptr)},
            {"driver", text_or_null(visited.driver)},
            {"transport", visited.bundle ? Json(visited.bundle->circumstances.transport) : Json(nullptr)},
            {"spdm", spdm_json(visited)},
            {"measurements", measurements_json(judged)},
            {"checks", std::move(checks)},
            {"evidence", text_or_null(judged.evidence_file)}};
}

Json verdicts_json(const std::vector<Judged>& all) {
    Json devices = Json::array();
    for (const auto& one : all) devices.push_back(to_json(one));
    return {{"schema", "busguard.verdicts/1"}, {"devices", std::move(devices)}};
}

std::string verdicts_table(const std::vector<Judged>& all, bool colour) {
    Table table{{"DEVICE", "IDENTITY", "SPDM", "ALGORITHMS", "STATE", "REASON"}};
    for (const auto& one : all) {
        const auto& visited = one.visited;
        const auto said = spoken(visited);
        table.row({{printable(visited.device)},
                   {identity_text(visited)},
                   {said ? std::string{name(said->version)} : "-"},
                   {algorithms(visited)},
                   {std::string{name(one.verdict.state)}, tone_of(one.verdict.state)},
                   {reason_text(one.verdict), one.verdict.primary == nullptr ? Tone::quiet : Tone::plain}});
    }
    return table.render(colour);
}

std::string explanations(const std::vector<Judged>& all, bool colour) {
    std::vector<std::string_view> codes;
    for (const auto& one : all)
        for (const auto code : reasons_of(one.verdict)) add_once(codes, code);
    std::string out;
    for (const auto code : codes) {
        const auto& reason = appraisal::reason(code);
        out += "\n" + paint(code, Tone::strong, colour) + "\n";
        out += wrapped(reason.meaning, "    ");
        out += wrapped("What follows: " + std::string{reason.consequence}, "    ");
        out += wrapped("What to do: " + std::string{reason.remedy}, "    ");
    }
    return out;
}

void print_verdicts(const Session& session, const std::vector<Judged>& all) {
    if (session.json()) {
        auto document = verdicts_json(all);
        if (session.common().explain) {
            document["explanations"] = Json::object();
            for (const auto& one : all)
                for (const auto code : reasons_of(one.verdict)) {
                    const auto& reason = appraisal::reason(code);
                    document["explanations"][std::string{code}] = {{"meaning", reason.meaning},
                                                                   {"consequence", reason.consequence},
                                                                   {"remedy", reason.remedy}};
                }
        }
        print(session, document);
        return;
    }
    session.print(verdicts_table(all, session.colour()));
    if (session.common().explain) session.print(explanations(all, session.colour()));
    if (all.size() < 2) return;
    std::map<appraisal::State, std::size_t> count;
    for (const auto& one : all) ++count[one.verdict.state];
    std::string line;
    for (const auto& [state, number] : count)
        line += fmt::format("{}{} {}", line.empty() ? "" : ", ", number, name(state));
    session.say(fmt::format("{} devices: {}", all.size(), line));
}

Exit exit_of(const std::vector<Judged>& all, bool by_name) {
    auto worst = Exit::ok;
    bool anything = false;
    for (const auto& one : all) {
        const auto code = exit_of(one.verdict.state);
        if (code == Exit::unsupported && !by_name) continue;
        anything = true;
        worst = worse(worst, code);
    }
    return anything ? worst : Exit::unsupported;
}

}  // namespace busguard::cli
