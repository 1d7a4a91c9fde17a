#include "daemon/login.h"

#include <systemd/sd-bus.h>

#include <utility>

namespace busguard::daemon {
namespace {

constexpr const char* login_service = "org.freedesktop.login1";
constexpr const char* login_path = "/org/freedesktop/login1";
constexpr const char* login_interface = "org.freedesktop.login1.Manager";

}  // namespace

/// Functions in the form that sd-bus wants, on the Login that it hands back.
struct Login::Calls {
    static int prepare(sd_bus_message* signal, void* data, sd_bus_error*) {
        int sleeping = 0;
        if (sd_bus_message_read(signal, "b", &sleeping) < 0) return 0;
        auto& login = *static_cast<Login*>(data);
        login.told_(sleeping != 0);
        if (sleeping != 0)
            login.inhibitor_.reset();  // now it may
        else
            login.hold();
        return 0;
    }

    static int inhibited(sd_bus_message* answer, void* data, sd_bus_error*) {
        if (sd_bus_message_is_method_error(answer, nullptr) > 0) return 0;
        // What inhibits is the descriptor in it, which is open as long as the message is there.
        static_cast<Login*>(data)->inhibitor_ = {sd_bus_message_ref(answer), sd_bus_message_unref};
        return 0;
    }
};

Login::Login(sd_bus* bus, std::function<void(bool sleeping)> told) : bus_{bus}, told_{std::move(told)} {
    (void)sd_bus_match_signal_async(bus_, &match_, login_service, login_path, login_interface,
                                    "PrepareForSleep", Calls::prepare, nullptr, this);
    hold();
}

Login::~Login() {
    sd_bus_slot_unref(match_);
    sd_bus_slot_unref(asked_);
}

void Login::hold() {
    sd_bus_slot_unref(std::exchange(asked_, nullptr));
    (void)sd_bus_call_method_async(bus_, &asked_, login_service, login_path, login_interface, "Inhibit",
                                   Calls::inhibited, this, "ssss", "sleep", "busguardd",
                                   "devices are looked at again afterwards", "delay");
}

}  // namespace busguard::daemon
