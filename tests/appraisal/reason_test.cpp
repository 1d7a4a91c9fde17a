#include "appraisal/reason.h"

#include "tests/appraisal/support.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <regex>
#include <set>

namespace busguard::appraisal {
namespace {

TEST(Reasons, AreFullSentencesWithStableCodes) {
    const std::regex form{"[a-z]+\\.[a-z-]+"};
    for (const auto& one : all_reasons()) {
        EXPECT_TRUE(std::regex_match(std::string{one.code}, form)) << one.code;
        EXPECT_TRUE(one.meaning.ends_with('.') && one.consequence.ends_with('.') && one.remedy.ends_with('.'))
            << one.code;
        EXPECT_EQ(find_reason(one.code), &one);
        EXPECT_NE(one.state, State::authenticated) << one.code;
    }
    EXPECT_EQ(find_reason("chain.nonsense"), nullptr);
    EXPECT_EQ(reason("chain.nonsense").code, "internal.unknown-reason");
    EXPECT_EQ(reason("chain.nonsense").state, State::undetermined);
}

/// Every code that the sources name, as a literal, is in the list; and nothing is in the list that nobody
/// names, but those that only the floors above give.
TEST(Reasons, AreTheOnesThatTheSourcesName) {
    std::set<std::string, std::less<>> named;
    const std::regex literal{
        "\"((chain|signature|freshness|negotiation|transport|protocol|measurement|device|"
        "owner|access|evidence|policy|store|system|internal|log)\\.[a-z-]+)\""};
    // Names of checks have the same form.
    const std::set<std::string, std::less<>> checks{
        "chain.form",       "chain.path",      "chain.root-hash",    "chain.time",
        "chain.revocation", "chain.key",       "chain.vendor",       "negotiation.version",
        "freshness.nonce",  "device.identity", "evidence.coherence", "negotiation.not-told",
        "log.checkpoint",   "log.inclusion",   "log.entry",          "log.history"};
    const auto literals_in = [&](const char* folder) {
        std::set<std::string, std::less<>> found;
        for (const auto& entry : std::filesystem::directory_iterator{
                 std::filesystem::path{BUSGUARD_SOURCE_DIR} / "src" / folder}) {
            if (entry.path().extension() != ".cpp" || entry.path().filename() == "reason_list.cpp") continue;
            const std::string text{as_text(crypto::test::read_file(entry.path()))};
            for (auto at = std::sregex_iterator{text.begin(), text.end(), literal};
                 at != std::sregex_iterator{}; ++at)
                if (!checks.contains((*at)[1].str())) found.insert((*at)[1].str());
        }
        return found;
    };
    for (const auto* folder : {"trust", "evidence", "appraisal", "owner", "logbook"})
        named.merge(literals_in(folder));
    EXPECT_GT(named.size(), 50U);
    for (const auto& code : named) EXPECT_NE(find_reason(code), nullptr) << code;
    auto from_above = literals_in("daemon");  // its events are named in the same form
    from_above.merge(literals_in("cli"));
    for (const auto& one : all_reasons())
        EXPECT_TRUE(named.contains(one.code) || from_above.contains(one.code)) << one.code;
}

TEST(Reasons, StandForEveryErrorOfADialogue) {
    using Case = std::tuple<Error, const char*, State>;
    const auto cases = std::to_array<Case>({
        {{Errc::timeout, "Data Object Ready"}, "transport.timeout", State::unreachable},
        {{Errc::transport, "DOE Error"}, "transport.garbage", State::unreachable},
        {{Errc::disconnected, "Vendor ID"}, "transport.disconnected", State::unreachable},
        {{Errc::no_common, "VersionNumberEntry"}, "negotiation.no-common-version", State::unsupported},
        {{Errc::no_common, "BaseAsymSel"}, "negotiation.no-common-algorithm", State::unsupported},
        {{Errc::bad_field, "BaseAsymSel"}, "negotiation.not-offered", State::failed},
        {{Errc::bad_field, "MEAS_CAP"}, "negotiation.incoherent", State::failed},
        {{Errc::mismatch, "RequesterContext"}, "freshness.replayed", State::failed},
        {{Errc::mismatch, "CertChainHash"}, "chain.digest-mismatch", State::failed},
        {{Errc::mismatch, "Digest"}, "chain.digest-mismatch", State::failed},
        {{Errc::mismatch, "SlotID"}, "protocol.slot", State::failed},
        {{Errc::truncated, "Signature"}, "protocol.malformed", State::failed},
        {{Errc::unexpected, "RequestResponseCode"}, "protocol.unexpected", State::failed},
        {{Errc::peer_error, "CHALLENGE", 0, 4}, "protocol.peer-error", State::failed},
        {{Errc::peer_error, "GET_CAPABILITIES", 0, 0x41},
         "negotiation.no-common-version",
         State::unsupported},
        {{Errc::not_ready, "Busy"}, "protocol.not-ready", State::unreachable},
        {{Errc::owned, "tsm"}, "owner.tsm", State::undetermined},
        {{Errc::owned, "lock"}, "owner.other", State::undetermined},
        {{Errc::permission, "lockdown"}, "access.lockdown", State::undetermined},
        {{Errc::permission, "write", 0, 1}, "access.privilege", State::undetermined},
        {{Errc::unsupported, "CHAL_CAP"}, "device.no-challenge", State::unsupported},
        {{Errc::unsupported, "CMA"}, "device.no-cma", State::unsupported},
        {{Errc::system, "read", 0, 5}, "system.error", State::undetermined},
    });
    for (const auto& [error, code, state] : cases) {
        EXPECT_EQ(reason_of(error).code, code) << error.what;
        EXPECT_EQ(reason_of(error).state, state) << error.what;
    }
    // "Cannot do it", of nobody knows whom, is not the device's inability.
    EXPECT_EQ(reason_of({Errc::unsupported, "file"}).state, State::undetermined);
    for (auto code = Errc{}; code <= Errc::system; code = static_cast<Errc>(std::to_underlying(code) + 1)) {
        EXPECT_NE(reason_of({code, ""}).code, "internal.unknown-reason");
        EXPECT_NE(reason_of({code, "something"}).state, State::authenticated);
    }
}

TEST(States, HaveNamesThatLeadBack) {
    for (auto state : {State::authenticated, State::failed, State::unsupported, State::unreachable,
                       State::undetermined, State::no_reference, State::bound_before_policy})
        EXPECT_EQ(state_named(name(state)), state);
    EXPECT_EQ(state_named("fine"), std::nullopt);
}

TEST(Verdict, WeighsWhatIsWrongBeforeWhatIsNotKnown) {
    const auto check = [](std::string_view code) {
        return Check{"x", Outcome::fail, code, std::string{code}};
    };
    const auto decided = [&](std::vector<Check> checks) { return test::why(concluded(std::move(checks))); };
    EXPECT_EQ(decided({check("transport.timeout"), check("signature.invalid")}), "signature.invalid");
    EXPECT_EQ(decided({check("device.no-cma"), check("access.privilege")}), "access.privilege");
    EXPECT_EQ(decided({check("measurement.no-reference"), check("chain.expired")}), "chain.expired");
    EXPECT_EQ(decided({check("chain.expired"), check("signature.invalid")}), "chain.expired");
    EXPECT_EQ(concluded({check("nobody.knows")}).state, State::undetermined);
    EXPECT_EQ(concluded({}).state, State::authenticated);
    EXPECT_EQ(verdict_of(reason("owner.tsm"), "tsm0").state, State::undetermined);
    EXPECT_EQ(verdict_of(reason("owner.tsm"), "tsm0").detail, "tsm0");
}

}  // namespace
}  // namespace busguard::appraisal
