#pragma once

#include "daemon/device.h"

#include <map>
#include <string>
#include <string_view>

namespace busguard::daemon {

/// Counts what happens, and says it in Prometheus' text form (version 0.0.4). Names and labels are stable:
/// busguardd(8).
class Metrics final : public Audience {
public:
    void examined(const Device& device, const examine::Visited& visited, EvidenceIndex evidence) override;
    void changed(const Device&) override {}
    void gone(const Device&) override {}
    void happened(const Event& event) override { ++events_[std::string{event.name}]; }

    struct LogSize {
        std::uint64_t entries = 0, published = 0;
    };
    std::string text(const std::map<std::string, Device, std::less<>>& devices, bool enforcing,
                     const LogSize& log) const;

private:
    std::map<std::string, std::uint64_t, std::less<>> events_;        // by name
    std::map<std::string, std::uint64_t, std::less<>> examinations_;  // by state
    std::uint64_t evidence_ = 0;
};

}  // namespace busguard::daemon
