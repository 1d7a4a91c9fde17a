#include "cli/json.h"
#include "cli/text.h"
#include "cli/time.h"

#include <fmt/format.h>
#include <systemd/sd-bus.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>

/// What busguardd tells on the bus (org.busguard1), a line each.
namespace busguard::cli {
namespace {

struct MonitorOptions {
    std::string bus;
    bool changes = false;
    bool notify = false;
};

struct Unreference {
    void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
};
using Connection = std::unique_ptr<sd_bus, Unreference>;

constexpr const char* service = "org.busguard1";

Trouble of_bus(const std::string& where, int code, std::string remedy = {}) {
    auto made = trouble_of({Errc::system, "D-Bus", 0, static_cast<std::uint32_t>(-code)}, where);
    made.problem.remedy = std::move(remedy);
    return made;
}

Tried<Connection> connect(const std::string& address) {
    sd_bus* made = nullptr;
    int code = 0;
    if (address.empty()) {
        code = sd_bus_open_system(&made);
    } else if (code = sd_bus_new(&made); code >= 0) {
        (void)sd_bus_set_address(made, address.c_str());
        (void)sd_bus_set_bus_client(made, 1);
        code = sd_bus_start(made);
    }
    Connection connection{made};
    if (code < 0) return Failure<Trouble>{of_bus(address.empty() ? "the system's D-Bus" : address, code)};
    return connection;
}

Tone tone_of_event(std::string_view name) {
    if (name == "device.let-in") return Tone::good;
    if (name == "device.quarantined" || name == "device.swapped") return Tone::bad;
    if (name.starts_with("device.cannot") || name.ends_with(".failed") || name == "device.window" ||
        name == "device.kept-out")
        return Tone::caution;
    return Tone::plain;
}

class Monitor {
public:
    Monitor(Session& session, const MonitorOptions& options, Connection bus)
        : session_{&session}, options_{&options}, bus_{std::move(bus)} {}

    Tried<Exit> run() {
        const auto& stop = session_->world().catch_signals();
        if (const int code = begin(); code < 0) return Failure<Trouble>{of_bus("org.busguard1", code)};
        while (!stop) {
            const int code = sd_bus_process(bus_.get(), nullptr);
            if (code < 0)
                return Failure<Trouble>{of_bus("org.busguard1", code, "the bus is gone: begin again")};
            // A signal ends the wait, but may come before it: so it never waits for long.
            constexpr std::uint64_t while_nothing_comes = 500'000;  // microseconds
            if (code == 0) (void)sd_bus_wait(bus_.get(), while_nothing_comes);
        }
        return Exit::ok;
    }

private:
    int begin() {
        constexpr const char* path = "/org/busguard1";
        constexpr const char* interface = "org.busguard1.Manager";
        int code =
            sd_bus_match_signal(bus_.get(), nullptr, service, path, interface, nullptr, on_signal, this);
        if (code < 0) return code;
        code = sd_bus_add_match(bus_.get(), nullptr,
                                "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
                                "arg0='org.busguard1'",
                                on_owner, this);
        if (code < 0) return code;
        sd_bus_creds* its = nullptr;
        if (sd_bus_get_name_creds(bus_.get(), service, 0, &its) < 0)
            session_->say("no busguardd on the bus yet: waiting for it");
        sd_bus_creds_unref(its);
        return 0;
    }

    static int on_owner(sd_bus_message* signal, void* data, sd_bus_error*) {
        std::array<const char*, 3> words{};  // whose name, who had it, who has it
        auto& [name, before, after] = words;
        if (sd_bus_message_read(signal, "sss", &name, &before, &after) < 0) return 0;
        static_cast<Monitor*>(data)->session_->say(*after == '\0' ? "busguardd is gone: waiting for it"
                                                                  : "busguardd is there");
        return 0;
    }

    static int on_signal(sd_bus_message* signal, void* data, sd_bus_error*) {
        auto& monitor = *static_cast<Monitor*>(data);
        const std::string_view member = sd_bus_message_get_member(signal);
        std::array<const char*, 6> words{};
        auto& [a, b, c, d, e, f] = words;
        if (member == "Event") {
            if (sd_bus_message_read(signal, "ssss", &a, &b, &c, &d) >= 0) monitor.event(a, b, c, d);
        } else if (member == "DeviceChanged" && monitor.options_->changes) {
            if (sd_bus_message_read(signal, "ssssss", &a, &b, &c, &d, &e, &f) >= 0) monitor.changed(words);
        }
        return 0;
    }

    std::string now() const { return format_time(session_->world().clock->calendar()); }

    void event(std::string_view name, std::string_view device, std::string_view reason,
               std::string_view detail) {
        if (session_->json()) {
            line({{"schema", "busguard.event/1"},
                  {"time", now()},
                  {"event", name},
                  {"device", text_or_null(std::string{device})},
                  {"reason", text_or_null(std::string{reason})},
                  {"detail", text_or_null(std::string{detail})}});
        } else {
            auto text =
                fmt::format("{}  {}", now(), paint(printable(name), tone_of_event(name), session_->colour()));
            for (const auto word : {device, reason, detail})
                if (!word.empty()) text.append("  ").append(printable(word));
            show(text);
        }
        if (options_->notify && name == "device.quarantined") notify(device, reason);
    }

    void changed(const std::array<const char*, 6>& words) {
        if (session_->json()) {
            line({{"schema", "busguard.change/1"},
                  {"time", now()},
                  {"device", words[0]},
                  {"standing", words[1]},
                  {"state", text_or_null(words[2])},
                  {"reason", text_or_null(words[3])},
                  {"rule", text_or_null(words[4])},
                  {"driver", text_or_null(words[5])}});
            return;
        }
        auto text = fmt::format("{}  device.changed", now());
        for (const auto* const word : words)
            if (*word != '\0') text.append("  ").append(printable(word));
        show(text);
    }

    void line(const Json& document) { show(document.dump(-1, ' ', false, Json::error_handler_t::replace)); }
    void show(std::string_view text) {
        session_->print(fmt::format("{}\n", text));
        (void)std::fflush(session_->world().out);
    }

    /// On the user's own bus (Desktop Notifications Specification 1.2, Notify).
    void notify(std::string_view device, std::string_view reason) {
        if (!user_) {
            sd_bus* made = nullptr;
            if (sd_bus_open_user(&made) < 0) {
                session_->say("no session bus: nobody is notified");
                return;
            }
            user_.reset(made);
        }
        const auto body = fmt::format("{}: {}", printable(device), printable(reason));
        sd_bus_error error{};
        const int code = sd_bus_call_method(
            user_.get(), "org.freedesktop.Notifications", "/org/freedesktop/Notifications",
            "org.freedesktop.Notifications", "Notify", &error, nullptr, "susssasa{sv}i", "busguard", 0U,
            "security-low", "A device is in quarantine", body.c_str(), 0, 1, "urgency", "y", 2, -1);
        if (code < 0)
            session_->say(fmt::format("nobody is notified: {}",
                                      error.message == nullptr ? "no such service" : error.message));
        sd_bus_error_free(&error);
    }

    Session* session_;
    const MonitorOptions* options_;
    Connection bus_;
    Connection user_;
};

}  // namespace

void add_monitor(Command program, Chosen& chosen) {
    auto command = program.command("monitor", "Tell what busguardd does, as it happens");
    auto options = std::make_shared<MonitorOptions>();
    command.option("--bus", options->bus, "D-Bus address (default: the system's)").shown_as("ADDRESS");
    command.flag("--changes", options->changes, "Also each change of a device's standing or verdict");
    command.flag("--notify", options->notify, "Notify the desktop of each device that is quarantined");
    command.then([&chosen, options] {
        chosen.action = [options](Session& session) -> Tried<Exit> {
            auto bus = TRY(connect(options->bus));
            return Monitor{session, *options, std::move(bus)}.run();
        };
    });
}

}  // namespace busguard::cli
