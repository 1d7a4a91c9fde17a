#pragma once

#include "tests/crypto/support.h"

#include <optional>
#include <string>
#include <vector>

namespace busguard::crypto::test {

/// An OCSP response to be made, by OpenSSL.
struct Answer {
    enum class Status : std::uint8_t { good, revoked, unknown };  // numbers of V_OCSP_CERTSTATUS_*
    struct About {
        Certificate certificate;
        Status status = Status::good;
    };
    std::vector<About> about;
    std::chrono::sys_seconds this_update = date(2026, 11, 1);
    std::optional<std::chrono::sys_seconds> next_update = date(2026, 12, 1);
    const char* hash = "SHA384";     ///< that is signed
    std::string critical_extension;  ///< dotted, of the response; empty: none
    std::string critical_of_each;    ///< dotted, of what is said of each certificate
    bool by_key = false;             ///< names the responder by its key
    bool pss = false;                ///< RSASSA-PSS, by an RSA key
};

/// In DER. `signer` is the issuer or whom it lets answer. Fails the test when it cannot be made.
Bytes answer(const Answer& its, const Node& issuer, const Node& signer);
inline Bytes answer(const Answer& its, const Node& issuer) { return answer(its, issuer, issuer); }
/// One that answers nothing: tryLater.
Bytes no_answer();

}  // namespace busguard::crypto::test
