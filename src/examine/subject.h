#pragma once

#include "appraisal/signer.h"
#include "examine/visit.h"
#include "policy/subject.h"

namespace busguard::examine {

/// What a verdict, and what it was made from, says to a policy.
void tell_verdict(policy::Subject& subject, const appraisal::Verdict& verdict,
                  const std::optional<appraisal::Signer>& signer,
                  const std::map<std::string, std::string>& measurements);

/// The signed measurements: "1" → the block's value in lower-case hex.
std::map<std::string, std::string> measurements_of(const evidence::Bundle& bundle);

/// The verdict on a device that `driver` had before anybody could look: what was found then says nothing of
/// what the driver met.
appraisal::Verdict bound_before(appraisal::Verdict verdict, std::string_view driver);

/// All that rules can ask of a device that was just visited. `bound_before` stays false: whoever looks once
/// does not know what was before.
policy::Subject subject_of(const host::FileTree& sys, const Visited& visited,
                           const appraisal::Verdict& verdict);

}  // namespace busguard::examine
