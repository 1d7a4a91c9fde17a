#include "daemon/metrics.h"

#include <fmt/format.h>

#include <array>

namespace busguard::daemon {
namespace {

void family(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
    out += fmt::format("# HELP busguard_{0} {1}\n# TYPE busguard_{0} {2}\n", name, help, type);
}

void counts(std::string& out, std::string_view name, std::string_view label,
            const std::map<std::string, std::uint64_t, std::less<>>& values) {
    for (const auto& [value, count] : values)
        out += fmt::format("busguard_{}{{{}=\"{}\"}} {}\n", name, label, value, count);
}

}  // namespace

void Metrics::examined(const Device& device, const examine::Visited&, EvidenceIndex evidence) {
    ++examinations_[std::string{appraisal::name(device.verdict->state)}];
    if (evidence) ++evidence_;
}

std::string Metrics::text(const std::map<std::string, Device, std::less<>>& devices, bool enforcing,
                          const LogSize& log) const {
    std::map<std::string, std::uint64_t, std::less<>> standings;
    std::map<std::string, std::uint64_t, std::less<>> states;
    for (const auto each : {Standing::waiting, Standing::let_in, Standing::kept_out, Standing::quarantined})
        standings[std::string{name(each)}] = 0;  // a series that comes and goes cannot be watched
    std::uint64_t bound_before = 0;
    for (const auto& [unused, device] : devices) {
        ++standings[std::string{name(device.standing)}];
        if (device.verdict) ++states[std::string{appraisal::name(device.verdict->state)}];
        bound_before += device.bound_before ? 1 : 0;
    }
    std::string out;
    family(out, "enforcing", "gauge", "Whether drivers are really kept from devices.");
    out += fmt::format("busguard_enforcing {}\n", enforcing ? 1 : 0);
    family(out, "devices", "gauge", "Devices by standing.");
    counts(out, "devices", "standing", standings);
    family(out, "device_states", "gauge", "Devices by the state of their last verdict.");
    counts(out, "device_states", "state", states);
    family(out, "devices_bound_before", "gauge", "Devices whose driver had them before anybody could look.");
    out += fmt::format("busguard_devices_bound_before {}\n", bound_before);
    family(out, "examinations_total", "counter", "Examinations that ended, by the state of their verdict.");
    counts(out, "examinations_total", "state", examinations_);
    family(out, "evidence_total", "counter", "Evidence that was kept.");
    out += fmt::format("busguard_evidence_total {}\n", evidence_);
    family(out, "log_entries", "gauge", "Entries of the transparency log.");
    out += fmt::format("busguard_log_entries {}\n", log.entries);
    family(out, "log_published_entries", "gauge", "Of them, those that its published checkpoint covers.");
    out += fmt::format("busguard_log_published_entries {}\n", log.published);
    family(out, "events_total", "counter", "What happened, by the event's name.");
    counts(out, "events_total", "event", events_);
    return out;
}

}  // namespace busguard::daemon
