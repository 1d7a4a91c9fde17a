#include "daemon/bus.h"

#include <systemd/sd-bus.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace busguard::daemon {
namespace {

constexpr const char* bus_service = "org.busguard1";
constexpr const char* object_path = "/org/busguard1";
constexpr const char* manager_interface = "org.busguard1.Manager";
constexpr const char* manage = "org.busguard1.manage";  // polkit's action

std::string text(std::string_view view) { return std::string{view}; }

/// What a device is in signals and lists: name, standing, state, reason, rule, driver.
std::array<std::string, 6> row_of(const Device& device) {
    const auto* const primary = device.verdict ? device.verdict->primary : nullptr;
    return {device.name,
            text(name(device.standing)),
            device.verdict ? text(appraisal::name(device.verdict->state)) : std::string{},
            primary == nullptr ? std::string{} : text(primary->code),
            device.decision ? device.decision->rule : std::string{},
            device.driver};
}

int append_row(sd_bus_message* to, const Device& device) {
    const auto row = row_of(device);
    return sd_bus_message_append(to, "ssssss", row[0].c_str(), row[1].c_str(), row[2].c_str(), row[3].c_str(),
                                 row[4].c_str(), row[5].c_str());
}

struct Unreference {
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, Unreference>;
Message keep(sd_bus_message* message) { return Message{sd_bus_message_ref(message)}; }

/// Strings of D-Bus are UTF-8: what a device called itself may be anything.
std::string utf8(std::string line) {
    for (auto& c : line)
        if (static_cast<unsigned char>(c) > 0x7e || (static_cast<unsigned char>(c) < 0x20 && c != '\n'))
            c = '?';
    return line;
}

}  // namespace

/// Functions in the form that sd-bus wants, on the Bus that it hands back.
struct Bus::Calls {
    static Bus& of(void* data) { return *static_cast<Bus*>(data); }

    static int list(sd_bus_message* call, void* data, sd_bus_error*) {
        sd_bus_message* made = nullptr;
        if (const int code = sd_bus_message_new_method_return(call, &made); code < 0) return code;
        const Message reply{made};
        if (const int code = sd_bus_message_open_container(made, 'a', "(ssssss)"); code < 0) return code;
        for (const auto& [name, device] : of(data).actions_.devices()) {
            int code = sd_bus_message_open_container(made, 'r', "ssssss");
            if (code >= 0) code = append_row(made, device);
            if (code >= 0) code = sd_bus_message_close_container(made);
            if (code < 0) return code;
        }
        if (const int code = sd_bus_message_close_container(made); code < 0) return code;
        return sd_bus_send(nullptr, made, nullptr);
    }

    static const Device* named(sd_bus_message* call, void* data, std::string& name) {
        const char* word = nullptr;
        if (sd_bus_message_read(call, "s", &word) < 0) return nullptr;
        name = word;
        const auto& devices = of(data).actions_.devices();
        const auto found = devices.find(name);
        return found == devices.end() ? nullptr : &found->second;
    }

    static int unknown(sd_bus_error* error, const std::string& name) {
        return sd_bus_error_setf(error, "org.busguard1.Error.NoSuchDevice", "no such device: %s",
                                 name.c_str());
    }

    static int describe(sd_bus_message* call, void* data, sd_bus_error* error) {
        std::string name;
        const auto* const device = named(call, data, name);
        if (device == nullptr) return unknown(error, name);
        return sd_bus_reply_method_return(call, "s", utf8(of(data).actions_.describe(*device)).c_str());
    }

    static int get_enforcing(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply,
                             void* data, sd_bus_error*) {
        return sd_bus_message_append(reply, "b", of(data).actions_.enforcing ? 1 : 0);
    }

    // What changes something: carried out when the caller turns out to be allowed.
    using Deed = int (*)(sd_bus_message* call, Bus& bus, sd_bus_error* error);

    struct Pending {
        Message call;
        Bus* bus;
        Deed deed;
    };

    static int examine(sd_bus_message* call, Bus& bus, sd_bus_error* error) {
        std::string name;
        if (named(call, &bus, name) == nullptr) return unknown(error, name);
        const std::shared_ptr<sd_bus_message> held{sd_bus_message_ref(call), Unreference{}};
        const auto describe = bus.actions_.describe;
        const bool begun = bus.actions_.examine(name, [held, describe](const Device& device) {
            (void)sd_bus_reply_method_return(held.get(), "s", utf8(describe(device)).c_str());
        });
        return begun ? 1 : unknown(error, name);
    }

    static int order(sd_bus_message* call, Bus& bus, sd_bus_error* error,
                     const std::function<Result<void>(const std::string&)>& action) {
        std::string name;
        if (named(call, &bus, name) == nullptr) return unknown(error, name);
        const auto done = action(name);
        if (done) return sd_bus_reply_method_return(call, "");
        return sd_bus_error_setf(error, "org.busguard1.Error.Refused", "%s: %s", name.c_str(),
                                 in_words(done.error()).c_str());
    }
    static int release(sd_bus_message* call, Bus& bus, sd_bus_error* error) {
        return order(call, bus, error, bus.actions_.release);
    }
    static int claim(sd_bus_message* call, Bus& bus, sd_bus_error* error) {
        return order(call, bus, error, bus.actions_.claim);
    }
    static int reload(sd_bus_message* call, Bus& bus, sd_bus_error*) {
        bus.actions_.reload();
        return sd_bus_reply_method_return(call, "");
    }

    /// Root may; everybody else is asked about at polkit, and where there is none may not.
    template <Deed deed>
    static int allowed(sd_bus_message* call, void* data, sd_bus_error* error) {
        sd_bus_creds* made = nullptr;
        if (sd_bus_query_sender_creds(call, SD_BUS_CREDS_EUID, &made) >= 0) {
            uid_t user = 0;
            const int code = sd_bus_creds_get_euid(made, &user);
            sd_bus_creds_unref(made);
            if (code >= 0 && user == 0) return deed(call, of(data), error);
        }
        auto pending = std::make_unique<Pending>(Pending{keep(call), &of(data), deed});
        const int code = sd_bus_call_method_async(
            of(data).bus_, nullptr, "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
            "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization", answered, pending.get(),
            "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s", sd_bus_message_get_sender(call), manage, 0,
            sd_bus_message_get_allow_interactive_authorization(call) > 0 ? 1U : 0U, "");
        if (code < 0) return denied(error);
        [[maybe_unused]] const auto* const its = pending.release();  // answered() owns it now
        return 1;
    }

    static int denied(sd_bus_error* error) {
        return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
                                "polkit does not allow org.busguard1.manage");
    }

    static int answered(sd_bus_message* answer, void* data, sd_bus_error*) {
        const std::unique_ptr<Pending> pending{static_cast<Pending*>(data)};
        int authorized = 0;
        const bool told = sd_bus_message_is_method_error(answer, nullptr) == 0 &&
                          sd_bus_message_enter_container(answer, 'r', "bba{ss}") >= 0 &&
                          sd_bus_message_read(answer, "b", &authorized) >= 0;
        sd_bus_error error{};
        const int code = told && authorized != 0 ? pending->deed(pending->call.get(), *pending->bus, &error)
                                                 : denied(&error);
        if (code < 0) (void)sd_bus_reply_method_error(pending->call.get(), &error);
        sd_bus_error_free(&error);
        return 1;
    }

    static const sd_bus_vtable* vtable() {
        static const std::array table{
            sd_bus_vtable SD_BUS_VTABLE_START(0),
            sd_bus_vtable SD_BUS_METHOD("ListDevices", "", "a(ssssss)", list, SD_BUS_VTABLE_UNPRIVILEGED),
            sd_bus_vtable SD_BUS_METHOD("Describe", "s", "s", describe, SD_BUS_VTABLE_UNPRIVILEGED),
            sd_bus_vtable SD_BUS_METHOD("Examine", "s", "s", allowed<examine>, SD_BUS_VTABLE_UNPRIVILEGED),
            sd_bus_vtable SD_BUS_METHOD("Release", "s", "", allowed<release>, SD_BUS_VTABLE_UNPRIVILEGED),
            sd_bus_vtable SD_BUS_METHOD("Claim", "s", "", allowed<claim>, SD_BUS_VTABLE_UNPRIVILEGED),
            sd_bus_vtable SD_BUS_METHOD("Reload", "", "", allowed<reload>, SD_BUS_VTABLE_UNPRIVILEGED),
            sd_bus_vtable SD_BUS_PROPERTY("Enforcing", "b", get_enforcing, 0, SD_BUS_VTABLE_PROPERTY_CONST),
            sd_bus_vtable SD_BUS_SIGNAL("DeviceChanged", "ssssss", 0),
            sd_bus_vtable SD_BUS_SIGNAL("DeviceGone", "s", 0),
            sd_bus_vtable SD_BUS_SIGNAL("Event", "ssss", 0),
            sd_bus_vtable SD_BUS_VTABLE_END,
        };
        return table.data();
    }
};

Checked<std::unique_ptr<Bus>> Bus::connect(const std::string& address, Actions actions) {
    const auto cannot = [&](int code, std::string what) {
        return fail(
            Problem{.where = address.empty() ? "the system's D-Bus" : address,
                    .line = 0,
                    .field = {},
                    .message = std::move(what) + ": " +
                               in_words({Errc::system, "D-Bus", 0, static_cast<std::uint32_t>(-code)}),
                    .remedy = {}});
    };
    sd_bus* made = nullptr;
    int code = sd_bus_new(&made);
    if (code < 0) return cannot(code, "is not possible");
    std::unique_ptr<Bus> bus{new Bus(made, std::move(actions))};
    const auto* const set =
        std::getenv("DBUS_SYSTEM_BUS_ADDRESS");  // NOLINT(concurrency-mt-unsafe): one thread
    const std::string system = set == nullptr ? "unix:path=/run/dbus/system_bus_socket" : set;
    code = sd_bus_set_address(made, (address.empty() ? system : address).c_str());
    if (code < 0) return cannot(code, "is no address");
    (void)sd_bus_set_bus_client(made, 1);
    // The guard starts before the bus does: it joins when there is one.
    (void)sd_bus_set_watch_bind(made, 1);
    code =
        sd_bus_add_object_vtable(made, nullptr, object_path, manager_interface, Calls::vtable(), bus.get());
    if (code < 0) return cannot(code, "refuses the object");
    code = sd_bus_start(made);
    if (code < 0) return cannot(code, "cannot be reached");
    code = sd_bus_request_name_async(made, nullptr, bus_service, 0, nullptr, nullptr);
    if (code < 0) return cannot(code, "does not give the name org.busguard1");
    bus->login_.emplace(made, bus->actions_.sleep);
    return bus;
}

Bus::~Bus() {
    login_.reset();
    sd_bus_flush_close_unref(bus_);
}

std::optional<drive::Wake> Bus::resume(Time) {
    int code = 0;
    while ((code = sd_bus_process(bus_, nullptr)) > 0) {
    }
    if (code < 0 || (sd_bus_is_ready(bus_) > 0 && sd_bus_flush(bus_) < 0)) return std::nullopt;
    std::uint64_t microseconds = UINT64_MAX;  // of CLOCK_MONOTONIC, as drive's time is
    (void)sd_bus_get_timeout(bus_, &microseconds);
    const auto until =
        microseconds == UINT64_MAX ? Time::max() : Time{std::chrono::microseconds{microseconds}};
    return drive::Wake{until, sd_bus_get_fd(bus_)};
}

void Bus::changed(const Device& device) {
    if (sd_bus_is_ready(bus_) <= 0) return;  // nobody hears it, and it is not kept for later
    const auto row = row_of(device);
    (void)sd_bus_emit_signal(bus_, object_path, manager_interface, "DeviceChanged", "ssssss", row[0].c_str(),
                             row[1].c_str(), row[2].c_str(), row[3].c_str(), row[4].c_str(), row[5].c_str());
}

void Bus::gone(const Device& device) {
    if (sd_bus_is_ready(bus_) <= 0) return;  // nobody hears it, and it is not kept for later
    (void)sd_bus_emit_signal(bus_, object_path, manager_interface, "DeviceGone", "s", device.name.c_str());
}

void Bus::happened(const Event& event) {
    if (sd_bus_is_ready(bus_) <= 0) return;  // nobody hears it, and it is not kept for later
    (void)sd_bus_emit_signal(bus_, object_path, manager_interface, "Event", "ssss", text(event.name).c_str(),
                             event.device == nullptr ? "" : event.device->name.c_str(),
                             text(event.reason).c_str(), utf8(event.detail).c_str());
}

}  // namespace busguard::daemon
