#pragma once

#include "host/descriptor.h"

#include <functional>

struct sd_bus;
struct sd_bus_slot;

namespace busguard::daemon {

/// What logind tells of sleep (org.freedesktop.login1.Manager, PrepareForSleep), with a delay inhibitor: the
/// machine does not sleep before it was heard. Where there is no logind, nothing is told.
class Login {
public:
    /// `told`: it is about to sleep (true), or it woke up (false). The bus outlives this.
    Login(sd_bus* bus, std::function<void(bool sleeping)> told);
    Login(const Login&) = delete;
    Login& operator=(const Login&) = delete;
    ~Login();

private:
    struct Calls;
    void hold();

    sd_bus* bus_;
    std::function<void(bool sleeping)> told_;
    sd_bus_slot* match_ = nullptr;
    sd_bus_slot* asked_ = nullptr;
    host::Descriptor inhibitor_;
};

}  // namespace busguard::daemon
