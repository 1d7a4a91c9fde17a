#pragma once

#include "base/problem.h"
#include "tlog/note_key.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace busguard::tlog {

/// Whom to trust (C2SP tlog-policy): logs, witnesses, and which of the witnesses have to have cosigned.
class WitnessPolicy {
public:
    static constexpr std::size_t most = 32;               ///< logs, witnesses and groups, of each
    static constexpr std::size_t largest = 256UL * 1024;  ///< bytes of the text

    struct Log {
        VerifierKey key;  ///< its name is the log's origin
        std::string url;  ///< as it stands there; may be empty
    };
    struct Witness {
        std::string name;  ///< in this policy; opaque bytes
        VerifierKey key;   ///< of a type that witnesses have
        std::string url;   ///< as it stands there; may be empty
    };
    /// A witness, by its place in witnesses(), or a group that was defined before.
    struct Member {
        bool is_group = false;
        std::size_t index = 0;
    };
    /// Witnesses a checkpoint if `threshold` of its members do.
    struct Group {
        std::string name;
        std::size_t threshold = 1;
        std::vector<Member> members;
    };

    /// `file` is how Problems call it. Stricter than the specification in one point, which it leaves open:
    /// every line ends in LF, the last one too, so that a file that was cut off is told from a whole one.
    static Checked<WitnessPolicy> from_text(std::string_view text, std::string file);

    const std::vector<Log>& logs() const { return logs_; }
    const std::vector<Witness>& witnesses() const { return witnesses_; }
    std::vector<VerifierKey> log_keys() const;

    /// Do these make a quorum? `witnessed[n]` says whether witnesses()[n] has cosigned; it has as many.
    bool satisfied_by(const std::vector<bool>& witnessed) const;

private:
    friend class PolicyReader;
    WitnessPolicy() = default;

    std::vector<Log> logs_;
    std::vector<Witness> witnesses_;
    std::vector<Group> groups_;     ///< members before the groups that have them
    std::optional<Member> quorum_;  ///< nothing: "quorum none"
};

}  // namespace busguard::tlog
