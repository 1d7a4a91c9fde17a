#include "tlog/witness_policy.h"

#include <algorithm>

namespace busguard::tlog {

std::vector<VerifierKey> WitnessPolicy::log_keys() const {
    std::vector<VerifierKey> keys;
    keys.reserve(logs_.size());
    for (const auto& log : logs_) keys.push_back(log.key);
    return keys;
}

bool WitnessPolicy::satisfied_by(const std::vector<bool>& witnessed) const {
    std::vector<bool> group_did;
    const auto did = [&](const Member& member) {
        const auto& all = member.is_group ? group_did : witnessed;
        return member.index < all.size() && all[member.index];
    };
    for (const auto& group : groups_) {
        const auto count = std::ranges::count_if(group.members, did);
        group_did.push_back(static_cast<std::size_t>(count) >= group.threshold);
    }
    return !quorum_ || did(*quorum_);
}

}  // namespace busguard::tlog
