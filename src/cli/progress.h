#pragma once

#include "cli/options.h"

#include <cstdint>
#include <string>

namespace busguard::cli {

/// "12288 of 70000 entries, 51000/s" on one line of standard error that is written anew, a few times a
/// second: only where that is a terminal, and nobody wants it quiet.
class Progress {
public:
    Progress(const Session& session, std::string things);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    /// Wipes the line.
    ~Progress();

    void at(std::uint64_t done, std::uint64_t all);

private:
    const Session& session_;
    std::string things_;
    bool shown_;
    Time began_, next_{};
};

}  // namespace busguard::cli
