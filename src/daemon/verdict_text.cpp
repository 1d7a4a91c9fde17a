#include "daemon/verdict_text.h"

#include "base/calendar.h"
#include "trust/profile.h"

#include <nlohmann/json.hpp>

namespace busguard::daemon {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

Json check_json(const Check& check) {
    return {{"name", check.name},
            {"outcome", name(check.outcome)},
            {"reason", text_or_null(check.reason)},
            {"detail", text_or_null(check.detail)}};
}

Json verdict_part(const appraisal::Verdict& verdict) {
    Json checks = Json::array();
    for (const auto& check : verdict.checks) checks.push_back(check_json(check));
    Json out{{"state", name(verdict.state)},
             {"reason", verdict.primary == nullptr ? Json(nullptr) : Json(verdict.primary->code)},
             {"detail", text_or_null(verdict.detail)}};
    if (verdict.primary != nullptr) {
        out["meaning"] = verdict.primary->meaning;
        out["consequence"] = verdict.primary->consequence;
        out["remedy"] = verdict.primary->remedy;
    }
    out["checks"] = std::move(checks);
    return out;
}

Json decision_part(const policy::Decision& decision) {
    Json trail = Json::array();
    for (const auto& missed : decision.trail)
        trail.push_back({{"rule", missed.rule}, {"field", missed.field}, {"has", text_or_null(missed.has)}});
    Json owners = Json::array();
    for (const auto& owner : decision.owners) owners.push_back(owner);
    return {{"ruling", name(decision.ruling)},
            {"rule", decision.rule},
            {"owners", std::move(owners)},
            {"reauthenticate_seconds",
             decision.reauthenticate ? Json(decision.reauthenticate->count()) : Json(nullptr)},
            {"passed_over", std::move(trail)}};
}

Json signer_part(const appraisal::Signer& signer) {
    return {{"slot", signer.slot},
            {"key_sha256", signer.key},
            {"certificate_sha256", signer.certificate},
            {"root_sha256", signer.root}};
}

}  // namespace

std::string verdict_json(const Device& device, bool enforcing) {
    Json out{{"schema", verdict_schema},
             {"device", device.name},
             {"place", device.place},
             {"location", device.location},
             {"physical_function", text_or_null(device.physical)},
             {"identity", device.pci ? Json(trust::cma_name(*device.pci)) : Json(nullptr)},
             {"owner", device.owner.text()},
             {"driver", text_or_null(device.driver)},
             {"bound_before", device.bound_before},
             {"standing", name(device.standing)},
             {"enforcing", enforcing},
             {"quarantine", text_or_null(device.remembered.quarantine)},
             {"examined_because", name(device.cause)},
             {"judged_at", device.judged_at ? Json(to_text(*device.judged_at)) : Json(nullptr)},
             {"evidence", device.evidence ? Json(*device.evidence) : Json(nullptr)}};
    out["verdict"] = device.verdict ? verdict_part(*device.verdict) : Json(nullptr);
    out["decision"] = device.decision ? decision_part(*device.decision) : Json(nullptr);
    out["signer"] = device.signer ? signer_part(*device.signer) : Json(nullptr);
    out["measurements"] = device.measurements;
    // What comes from the device may be anything: what is no UTF-8 is shown as such.
    return out.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace busguard::daemon
