#pragma once

#include "cli/json.h"
#include "cli/text.h"
#include "logbook/entry.h"

namespace busguard::cli {

/// "evidence", "verdict", "change", "new-key": as the entry has it.
std::string_view kind_of(const logbook::Entry& entry);
/// Empty where it is of no one device.
std::string device_of(const logbook::Entry& entry);
/// A visit that did not come to its end, a verdict of "failed".
bool is_failed(const logbook::Entry& entry);

/// One line of a list, without its index and time; printable.
std::string in_short(const logbook::Entry& entry);
Tone tone_of(const logbook::Entry& entry);

/// A member of "busguard.log-entries/1", without evidence's bytes.
Json entry_json(std::uint64_t index, const logbook::Entry& entry);

}  // namespace busguard::cli
