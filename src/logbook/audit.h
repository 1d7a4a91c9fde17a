#pragma once

#include "logbook/entry.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// Do the entries of a log fit together?
namespace busguard::logbook {

struct Finding {
    std::uint64_t index = 0;  ///< of the entry
    std::string_view reason;  ///< a reason code, a literal (appraisal/reason.h)
    std::string detail;       ///< for people

    friend bool operator==(const Finding&, const Finding&) = default;
};

/// What becomes of evidence when it is verified again.
enum class Again : std::uint8_t { verifies, refused, open };

/// Takes the entries in their order, a log's all or those from some index on. Findings: log.incoherent
/// (another log's origin; a verdict on what is no earlier evidence of the same device; a new key that is none
/// of this log), log.verdict-contradicted (a verdict of "authenticated" on evidence that is refused now).
class Audit {
public:
    /// The device of an evidence entry before the first that was taken; nothing if it is none.
    using Earlier = std::function<std::optional<std::string>(std::uint64_t index)>;

    explicit Audit(std::string origin, Earlier earlier = {})
        : origin_{std::move(origin)}, earlier_{std::move(earlier)} {}

    /// `again` is what became of evidence; of no meaning for others.
    std::vector<Finding> take(std::uint64_t index, const Entry& entry, Again again = Again::open);

    /// Entries with a verdict of "authenticated" whose evidence was neither verified nor refused.
    std::uint64_t open() const { return open_; }

private:
    struct Known {
        std::size_t device = 0;
        Again again{};
    };
    std::optional<Finding> of(std::uint64_t index, const Evidence& its, Again again);
    std::optional<Finding> of(std::uint64_t index, const Verdict& its, Again again);
    static std::optional<Finding> of(std::uint64_t index, const Change& its, Again again);
    std::optional<Finding> of(std::uint64_t index, const NewKey& its, Again again);

    std::string origin_;
    Earlier earlier_;
    std::optional<std::uint64_t> first_;
    std::map<std::string, std::size_t, std::less<>> devices_;  // their names are long, and few
    std::unordered_map<std::uint64_t, Known> evidence_;
    std::uint64_t open_ = 0;
};

}  // namespace busguard::logbook
