#pragma once

#include "base/problem.h"
#include "daemon/device.h"
#include "daemon/login.h"
#include "drive/loop.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sd_bus;

namespace busguard::daemon {

/// The daemon on the system's D-Bus: org.busguard1 at /org/busguard1, described in busguardd(8) and
/// share/dbus/org.busguard1.xml. Everybody may read; what changes something is for whom polkit allows it
/// (org.busguard1.manage), and for root.
class Bus final : public drive::Task, public Audience {
public:
    /// What callers may have done.
    struct Actions {
        std::function<const std::map<std::string, Device, std::less<>>&()> devices;
        std::function<std::string(const Device&)> describe;  ///< verdict.json
        using Done = std::function<void(const Device&)>;
        std::function<bool(const std::string& device, Done done)> examine;
        std::function<Result<void>(const std::string& device)> release, claim;
        std::function<void()> reload;
        std::function<void(bool sleeping)> sleep;  ///< what logind says of it
        bool enforcing = false;
    };

    /// `address` is a bus address ("unix:path=…"); empty: the system's bus. Problems: no bus; the name is
    /// taken.
    static Checked<std::unique_ptr<Bus>> connect(const std::string& address, Actions actions);
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;
    ~Bus() override;

    /// Nothing once the bus is gone: the daemon works on without it.
    std::optional<drive::Wake> resume(Time now) override;

    // Audience: signals.
    void examined(const Device&, const examine::Visited&, EvidenceIndex) override {}
    void changed(const Device& device) override;
    void gone(const Device& device) override;
    void happened(const Event& event) override;

    struct Calls;  ///< what sd-bus calls back

private:
    Bus(sd_bus* bus, Actions actions) : bus_{bus}, actions_{std::move(actions)} {}

    sd_bus* bus_;
    Actions actions_;
    std::optional<Login> login_;
};

/// Tells several.
class Audiences final : public Audience {
public:
    void add(Audience& one) { all_.push_back(&one); }

    void examined(const Device& device, const examine::Visited& visited, EvidenceIndex evidence) override {
        for (auto* one : all_) one->examined(device, visited, evidence);
    }
    void changed(const Device& device) override {
        for (auto* one : all_) one->changed(device);
    }
    void gone(const Device& device) override {
        for (auto* one : all_) one->gone(device);
    }
    void happened(const Event& event) override {
        for (auto* one : all_) one->happened(event);
    }

private:
    std::vector<Audience*> all_;
};

}  // namespace busguard::daemon
