#pragma once

#include "base/seams.h"

#include <array>
#include <chrono>
#include <cstddef>

namespace busguard::daemon {

/// How the guard works; busguardd.toml(5) says it (configuration.h).
struct Settings {
    bool enforce = false;    ///< off: it says what it would do and touches no driver
    bool take_back = false;  ///< enforcing: takes devices back that drivers had before the guard could look
    bool open_on_stop = false;  ///< enforcing: an orderly stop opens the gate again

    Time quiet = std::chrono::milliseconds{200};  ///< after an event nothing more has to come for so long
    Time quiet_most = std::chrono::seconds{2};    ///< or so much time has passed since the first
    Time rescan = std::chrono::seconds{1};        ///< where there are no uevents: looks at the bus so often
    std::array<Time, 3> retries{std::chrono::seconds{1}, std::chrono::seconds{5},
                                std::chrono::seconds{30}};  ///< when nothing could be found out
    std::size_t side_by_side = 1024;                        ///< examinations at a time
    /// What ends within such a time is kept in one transaction and judged side by side.
    Time gather = std::chrono::milliseconds{50};
    Time publish = std::chrono::milliseconds{200};  ///< the log's checkpoint, at most so much after an entry
};

}  // namespace busguard::daemon
