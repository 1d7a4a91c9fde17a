#include "appraisal/verdict.h"

namespace busguard::appraisal {
namespace {

/// Which of several reasons decides. What is proven to be wrong outweighs what could not be found out, and
/// that what is known not to be there: so that "undetermined" never reads as "unsupported".
int weight(State state) {
    switch (state) {
        case State::failed: return 0;
        case State::undetermined: return 1;
        case State::unreachable: return 2;
        case State::unsupported: return 3;
        case State::bound_before_policy: return 4;
        case State::no_reference: return 5;
        case State::authenticated: break;
    }
    return 1;  // nothing that failed can be authenticated
}

}  // namespace

Verdict concluded(std::vector<Check> checks) {
    checks.shrink_to_fit();  // a verdict is kept as long as its device is there
    Verdict verdict{.state = State::authenticated, .checks = std::move(checks)};
    const Check* decisive = nullptr;
    for (const auto& check : verdict.checks) {
        if (check.outcome != Outcome::fail) continue;
        const auto& why = reason(check.reason);
        if (verdict.primary != nullptr && weight(why.state) >= weight(verdict.primary->state)) continue;
        verdict.primary = &why;
        decisive = &check;
    }
    if (decisive == nullptr) return verdict;
    verdict.state = verdict.primary->state;
    verdict.detail = decisive->detail;
    return verdict;
}

Verdict verdict_of(const Reason& reason, std::string detail) {
    return concluded({{"dialogue", Outcome::fail, reason.code, std::move(detail)}});
}

}  // namespace busguard::appraisal
