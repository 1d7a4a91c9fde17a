#pragma once

#include "host/http_message.h"
#include "tlog/witness.h"

#include <string>

namespace busguard::web {

/// A witness by its paths (C2SP tlog-witness): POST …/add-checkpoint for logs, GET and HEAD …/HASH/checkpoint
/// for monitors, both below one prefix.
class WitnessService {
public:
    /// `prefix` is empty, or begins and does not end with '/'. `witness` outlives it.
    WitnessService(const tlog::Witness& witness, std::string prefix)
        : witness_{&witness}, prefix_{std::move(prefix)} {}

    /// As tlog::Witness says; 404 and 405 beyond. `now` becomes the time of a cosignature.
    host::HttpResponse answer(const host::HttpRequest& request, std::chrono::sys_seconds now) const;

private:
    const tlog::Witness* witness_;
    std::string prefix_;
};

}  // namespace busguard::web
