#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace busguard {

enum class Outcome : std::uint8_t {
    pass,      ///< it holds
    fail,      ///< it does not hold, and has to
    reported,  ///< it does not hold, or is worth knowing, and does not decide
    skipped,   ///< nobody looked; the reason says why
};

/// "pass", "fail", "reported", "skipped": stable, for JSON.
constexpr std::string_view name(Outcome outcome) {
    switch (outcome) {
        case Outcome::pass: return "pass";
        case Outcome::fail: return "fail";
        case Outcome::reported: return "reported";
        case Outcome::skipped: return "skipped";
    }
    return "unknown";
}

/// One thing that was looked at on the way to a verdict. Every rule leaves one, those that are switched off
/// too: a rule that is silently not there is how verifiers come to say "pass" (keylime#1534).
struct Check {
    std::string_view name;  ///< which rule, e.g. "certificate.san": stable, a literal
    Outcome outcome{};
    std::string_view reason;  ///< a reason code, a literal; empty when it passes (appraisal/reason.h)
    std::string detail;       ///< for people, printable; may be empty

    friend bool operator==(const Check&, const Check&) = default;
};

inline Check passed(std::string_view rule, std::string detail = {}) {
    return {rule, Outcome::pass, {}, std::move(detail)};
}
inline Check failed(std::string_view rule, std::string_view reason, std::string detail) {
    return {rule, Outcome::fail, reason, std::move(detail)};
}
inline Check reported(std::string_view rule, std::string_view reason, std::string detail) {
    return {rule, Outcome::reported, reason, std::move(detail)};
}
inline Check skipped(std::string_view rule, std::string_view reason, std::string detail) {
    return {rule, Outcome::skipped, reason, std::move(detail)};
}

}  // namespace busguard
