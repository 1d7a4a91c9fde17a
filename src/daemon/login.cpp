#include "daemon/login.h"

#include <systemd/sd-bus.h>

#include <fcntl.h>

namespace busguard::daemon {
namespace {

constexpr const char* service = "org.freedesktop.login1";
constexpr const char* path = "/org/freedesktop/login1";
constexpr const char* interface = "org.freedesktop.login1.Manager";

}  // namespace

/// Functions in the form that sd-bus wants, on the Login that it hands back.
struct Login::Calls {
    static int prepare(sd_bus_message* signal, void* data, sd_bus_error*) {
        int sleeping = 0;
        if (sd_bus_message_read(signal, "b", &sleeping) < 0) return 0;
        auto& login = *static_cast<Login*>(data);
        login.told_(sleeping != 0);
        if (sleeping != 0)
            login.inhibitor_ = {};  // now it may
        else
            login.hold();
        return 0;
    }

    static int inhibited(sd_bus_message* answer, void* data, sd_bus_error*) {
        int descriptor = -1;  // the message's
        if (sd_bus_message_is_method_error(answer, nullptr) > 0) return 0;
        if (sd_bus_message_read(answer, "h", &descriptor) < 0) return 0;
        static_cast<Login*>(data)->inhibitor_ = host::Descriptor{::fcntl(descriptor, F_DUPFD_CLOEXEC, 3)};
        return 0;
    }
};

Login::Login(sd_bus* bus, std::function<void(bool sleeping)> told) : bus_{bus}, told_{std::move(told)} {
    (void)sd_bus_match_signal_async(bus_, &match_, service, path, interface, "PrepareForSleep",
                                    Calls::prepare, nullptr, this);
    hold();
}

Login::~Login() {
    sd_bus_slot_unref(match_);
    sd_bus_slot_unref(asked_);
}

void Login::hold() {
    sd_bus_slot_unref(std::exchange(asked_, nullptr));
    (void)sd_bus_call_method_async(bus_, &asked_, service, path, interface, "Inhibit", Calls::inhibited, this,
                                   "ssss", "sleep", "busguardd", "devices are looked at again afterwards",
                                   "delay");
}

}  // namespace busguard::daemon
