#pragma once

#include "base/hex.h"
#include "crypto/hash.h"
#include "tlog/witness.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace busguard::tlog::test {

/// A witness' state in memory, which can fail, and lets something happen between the look and the put.
class WitnessMemory : public WitnessState {
public:
    Result<std::optional<Record>> latest(const std::string& origin) override {
        if (broken) return fail(Errc::system, "state");
        const auto found = records.find(origin);
        const auto record = found == records.end() ? std::nullopt : std::optional{found->second};
        if (after_look) std::exchange(after_look, nullptr)();
        return record;
    }
    Result<bool> advance(const std::string& origin, const TreeHead& expected, const Record& next) override {
        if (full) return fail(Errc::system, "state");
        const auto found = records.find(origin);
        const auto head = found == records.end() ? TreeHead{0, empty_tree_hash()} : found->second.head;
        if (head != expected) return false;
        records[origin] = next;
        return true;
    }

    std::map<std::string, Record> records;
    std::function<void()> after_look;  ///< once
    bool broken = false;
    bool full = false;
};

inline std::string path_of(std::string_view origin) {
    return to_hex(crypto::digest(crypto::Hash::sha_256, as_bytes(origin))) + "/checkpoint";
}

}  // namespace busguard::tlog::test
