#include "owner/owner.h"

#include <algorithm>

namespace busguard::owner {
namespace {

using Kind = Owner::Kind;

bool is_tsm_name(std::string_view name) {
    return name.size() > 3 && name.size() < 32 && name.starts_with("tsm") &&
           std::ranges::all_of(name.substr(3), [](char c) { return c >= '0' && c <= '9'; });
}

/// The TSM of that preference that can be asked now; empty if none can.
std::string askable(const Owner& wanted, const Situation& situation) {
    if (!situation.facts.tsm_directory) return {};
    for (const auto& tsm : situation.facts.tsms)
        if ((wanted.tsm.empty() || wanted.tsm == tsm) &&
            std::ranges::find(situation.refused, tsm) == situation.refused.end())
            return tsm;
    return {};
}

bool is_wanted(const std::vector<Owner>& wanted, const std::string& tsm) {
    return std::ranges::any_of(wanted, [&](const Owner& one) {
        return one.kind == Kind::tsm && (one.tsm.empty() || one.tsm == tsm);
    });
}

}  // namespace

std::string Owner::text() const {
    switch (kind) {
        case Kind::none: return "none";
        case Kind::native: return "native";
        case Kind::kernel: return "kernel";
        case Kind::tsm: break;
    }
    return tsm.empty() ? "tsm" : "tsm:" + tsm;
}

std::optional<Owner> Owner::parse(std::string_view text) {
    if (text == "none") return Owner{};
    if (text == "native") return Owner{.kind = Kind::native, .tsm = {}};
    if (text == "kernel") return Owner{.kind = Kind::kernel, .tsm = {}};
    if (text == "tsm") return Owner{.kind = Kind::tsm, .tsm = {}};
    if (text.starts_with("tsm:")) text.remove_prefix(4);
    if (!is_tsm_name(text)) return std::nullopt;
    return Owner{.kind = Kind::tsm, .tsm = std::string{text}};
}

Owner owner_by(const host::OwnershipFacts& facts) {
    if (!facts.connected.empty()) return {.kind = Kind::tsm, .tsm = facts.connected};
    // Beside tsm/ it is the TSM's name or an empty line; without, it is the CMA series' 0 or 1, or an error.
    if (!facts.tsm_directory && facts.authenticated) return {.kind = Kind::kernel, .tsm = {}};
    return {};
}

Step next_step(const Situation& situation) {
    using Act = Step::Act;
    const auto& facts = situation.facts;
    if (!facts.connected.empty()) {
        if (situation.stale != facts.connected)
            return {.act = Act::observe, .tsm = facts.connected, .reason = "owner.tsm"};
        // `connect` still names it after a reset (Linux 7.2), and the session behind it is gone.
        if (is_wanted(situation.wanted, facts.connected) && facts.bound.empty())
            return {.act = Act::disconnect, .tsm = facts.connected, .reason = {}};
        return {.act = Act::keep_out, .tsm = facts.connected, .reason = "owner.stale"};
    }
    if (!situation.wanted.empty() && situation.wanted.front().kind == Kind::none)
        return {.act = Act::observe, .tsm = {}, .reason = "owner.nobody"};
    if (owner_by(facts).kind == Kind::kernel)
        return {.act = Act::observe, .tsm = {}, .reason = "owner.kernel"};

    std::string_view why = "owner.waiting";
    const std::vector<Owner> native{Owner{.kind = Kind::native, .tsm = {}}};
    for (const auto& wanted : situation.wanted.empty() ? native : situation.wanted) {
        switch (wanted.kind) {
            case Kind::tsm:
                if (auto tsm = askable(wanted, situation); !tsm.empty())
                    return {.act = Act::connect, .tsm = std::move(tsm), .reason = {}};
                break;
            case Kind::native:
                if (!situation.once_tsm) return {.act = Act::speak, .tsm = {}, .reason = {}};
                why = "owner.downgrade";
                break;
            case Kind::none:
                if (!situation.once_tsm) return {.act = Act::observe, .tsm = {}, .reason = "owner.nobody"};
                why = "owner.downgrade";
                break;
            case Kind::kernel: break;  // it has the device, or it has not
        }
    }
    return {.act = Act::keep_out, .tsm = {}, .reason = why};
}

}  // namespace busguard::owner
