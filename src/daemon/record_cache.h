#pragma once

#include "evidence/bundle.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

namespace busguard::daemon {

/// Where a signed statement is kept.
struct RecordPlace {
    std::uint64_t evidence = 0;  ///< its index in the log
    std::uint32_t record = 0;    ///< which of the bundle's

    friend bool operator==(const RecordPlace&, const RecordPlace&) = default;
};

/// The records that were read last: who reads one file of a signature reads the others next.
class RecordCache {
public:
    using Load = std::function<Result<evidence::Record>(const RecordPlace&)>;

    explicit RecordCache(Load load) : load_{std::move(load)} {}

    /// The record, until the next call. Errors: those of `load`.
    Result<const evidence::Record*> get(const RecordPlace& place) {
        const auto found = std::ranges::find(held_, place, &Held::first);
        if (found != held_.end()) return &found->second;
        auto record = TRY(load_(place));
        if (held_.size() == most) held_.pop_front();
        return &held_.emplace_back(place, std::move(record)).second;
    }

private:
    using Held = std::pair<RecordPlace, evidence::Record>;
    static constexpr std::size_t most = 4;

    Load load_;
    std::deque<Held> held_;
};

}  // namespace busguard::daemon
