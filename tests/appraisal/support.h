#pragma once

#include "appraisal/appraise.h"
#include "tests/evidence/support.h"

#include <map>
#include <ostream>

namespace busguard {

inline void PrintTo(const Check& check, std::ostream* out) {
    *out << check.name << ' ' << name(check.outcome) << ' ' << check.reason << ' ' << check.detail;
}

}  // namespace busguard

namespace busguard::appraisal {

inline void PrintTo(const Verdict& verdict, std::ostream* out) {
    *out << name(verdict.state) << ' ' << (verdict.primary != nullptr ? verdict.primary->code : "") << ' '
         << verdict.detail;
    for (const auto& check : verdict.checks) {
        *out << "\n  ";
        busguard::PrintTo(check, out);
    }
}

}  // namespace busguard::appraisal

namespace busguard::appraisal::test {

using evidence::test::device;
using evidence::test::disk_identity;
using evidence::test::everything;
using evidence::test::Hierarchy;
using evidence::test::leaf_spec;
using evidence::test::visit;

/// Trusts the test devices' root, on 2026-11-22.
inline Standard standard(trust::Profile profile = trust::Profile::cma) {
    Standard its;
    its.profile = profile;
    its.at = crypto::test::date(2026, 11, 22);
    its.anchors.add(evidence::test::root().certificate, "the test's root");
    return its;
}

/// What a genuine device says, asked for everything.
inline const evidence::Bundle& genuine(spdm::Version version = spdm::Version::v1_3) {
    static std::map<spdm::Version, evidence::Bundle> bundles;
    auto found = bundles.find(version);
    if (found == bundles.end())
        found = bundles.emplace(version, visit(device(Hierarchy{}), everything(version))).first;
    return found->second;
}

/// Code of the reason that decided; "" if authenticated.
inline std::string_view why(const Verdict& verdict) {
    return verdict.primary == nullptr ? std::string_view{} : verdict.primary->code;
}

inline const Check* find(const Verdict& verdict, std::string_view rule) {
    for (const auto& check : verdict.checks)
        if (check.name == rule) return &check;
    return nullptr;
}

}  // namespace busguard::appraisal::test
