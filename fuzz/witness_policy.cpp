#include "tlog/witness_policy.h"

#include "fuzz/target.h"

// Whom to trust, as a file says it.
void busguard::fuzz::try_input(ByteView input) {
    using tlog::WitnessPolicy;
    const auto policy = WitnessPolicy::from_text(as_text(input), "trust");
    if (!policy) {
        expect(!policy.error().message.empty(), "a problem says what it is");
        return;
    }
    expect(policy->logs().size() <= WitnessPolicy::most && policy->witnesses().size() <= WitnessPolicy::most,
           "bounded");
    // More witnesses never make a quorum less of one; all of them are one.
    std::vector<bool> did(policy->witnesses().size());
    bool before = policy->satisfied_by(did);
    for (std::size_t n = 0; n < did.size(); ++n) {
        did[n] = true;
        const bool now = policy->satisfied_by(did);
        expect(now || !before, "a quorum grows");
        before = now;
    }
    expect(before, "all are a quorum");
}
