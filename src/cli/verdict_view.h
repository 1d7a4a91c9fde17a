#pragma once

#include "cli/json.h"
#include "cli/judging.h"
#include "cli/text.h"
#include "examine/visit.h"

#include <vector>

namespace busguard::cli {

/// A device, what it said, and what follows.
struct Judged {
    examine::Visited visited;
    appraisal::Verdict verdict;
    std::string evidence_file;  ///< where its evidence was kept; empty: nowhere
};

/// "busguard.verdicts/1" as a whole, and one member of its `devices`.
Json verdicts_json(const std::vector<Judged>& all);
Json to_json(const Judged& judged);

/// One line a device, and a line of how many there are of each state.
std::string verdicts_table(const std::vector<Judged>& all, bool colour);

/// Prints the verdicts in the wanted form, with explanations where they are wanted.
void print_verdicts(const Session& session, const std::vector<Judged>& all);

/// What each reason that is not a pass means, what follows and what to do; each reason once.
std::string explanations(const std::vector<Judged>& all, bool colour);

/// The worst of all, by exit_code.h. A device that is unsupported counts only if `by_name` says that it was
/// asked for, or if there is nothing better.
Exit exit_of(const std::vector<Judged>& all, bool by_name);

Tone tone_of(appraisal::State state);
Json identity_json(const PciIdentity& identity);
/// Codes of the checks that fail, the deciding one first, each once.
std::vector<std::string_view> reasons_of(const appraisal::Verdict& verdict);

}  // namespace busguard::cli
