#include <systemd/sd-bus.h>

#include <array>
#include <cstdio>
#include <poll.h>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>

// As much of logind, and of a desktop, as busguard asks for, on a bus of a test: gives an inhibitor, says
// what it is told to, and shows notifications.
//
//   fake_services ADDRESS
//
// Lines on standard input: "sleep", "wake". Lines on standard output: "here", "held WHAT MODE" for each
// inhibitor, "released" when the last one was let go after "sleep", "notified SUMMARY: BODY".
namespace {

int held = -1;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): our end of the inhibitor's pipe

void show(std::string_view line) {
    static_cast<void>(std::fwrite(line.data(), 1, line.size(), stdout));
    static_cast<void>(std::fflush(stdout));
}

int inhibit(sd_bus_message* call, void*, sd_bus_error*) {
    std::array<const char*, 4> words{};
    auto& [what, who, why, mode] = words;
    if (const int code = sd_bus_message_read(call, "ssss", &what, &who, &why, &mode); code < 0) return code;
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) < 0) return -1;
    if (held >= 0) ::close(held);
    held = ends[0];
    show(std::string{"held "} + what + " " + mode + "\n");
    const int code = sd_bus_reply_method_return(call, "h", ends[1]);
    ::close(ends[1]);
    return code;
}

int notify(sd_bus_message* call, void*, sd_bus_error*) {
    std::array<const char*, 4> words{};
    auto& [program, icon, summary, body] = words;
    unsigned replaces = 0;
    if (const int code = sd_bus_message_read(call, "susss", &program, &replaces, &icon, &summary, &body);
        code < 0)
        return code;
    show(std::string{"notified "} + summary + ": " + body + "\n");
    return sd_bus_reply_method_return(call, "u", 1U);
}

const sd_bus_vtable* logind() {
    static const std::array table{
        sd_bus_vtable SD_BUS_VTABLE_START(0),
        sd_bus_vtable SD_BUS_METHOD("Inhibit", "ssss", "h", inhibit, SD_BUS_VTABLE_UNPRIVILEGED),
        sd_bus_vtable SD_BUS_SIGNAL("PrepareForSleep", "b", 0),
        sd_bus_vtable SD_BUS_VTABLE_END,
    };
    return table.data();
}

const sd_bus_vtable* desktop() {
    static const std::array table{
        sd_bus_vtable SD_BUS_VTABLE_START(0),
        sd_bus_vtable SD_BUS_METHOD("Notify", "susssasa{sv}i", "u", notify, SD_BUS_VTABLE_UNPRIVILEGED),
        sd_bus_vtable SD_BUS_VTABLE_END,
    };
    return table.data();
}

void prepare(sd_bus* bus, bool sleeping) {
    static_cast<void>(sd_bus_emit_signal(bus, "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
                                         "PrepareForSleep", "b", static_cast<int>(sleeping)));
    static_cast<void>(sd_bus_flush(bus));
    if (!sleeping) return;
    char nothing = 0;
    static_cast<void>(::read(held, &nothing, 1) == 0);  // its end
    show("released\n");
}

int join(sd_bus* bus, const char* address) {
    int code = sd_bus_set_address(bus, address);
    if (code >= 0) code = sd_bus_set_bus_client(bus, 1);
    if (code >= 0) code = sd_bus_start(bus);
    if (code >= 0)
        code = sd_bus_add_object_vtable(bus, nullptr, "/org/freedesktop/login1",
                                        "org.freedesktop.login1.Manager", logind(), nullptr);
    if (code >= 0)
        code = sd_bus_add_object_vtable(bus, nullptr, "/org/freedesktop/Notifications",
                                        "org.freedesktop.Notifications", desktop(), nullptr);
    if (code >= 0) code = sd_bus_request_name(bus, "org.freedesktop.Notifications", 0);
    if (code >= 0) code = sd_bus_request_name(bus, "org.freedesktop.login1", 0);
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    sd_bus* bus = nullptr;
    if (argc != 2 || sd_bus_new(&bus) < 0 || join(bus, std::span{argv, 2}[1]) < 0) return 1;
    show("here\n");
    for (;;) {
        while (sd_bus_process(bus, nullptr) > 0) {
        }
        std::array<pollfd, 2> ready{{{STDIN_FILENO, POLLIN, 0}, {sd_bus_get_fd(bus), POLLIN, 0}}};
        if (::poll(ready.data(), ready.size(), -1) < 0) return 1;
        if (ready[0].revents == 0) continue;
        std::array<char, 16> line{};
        const auto size = ::read(STDIN_FILENO, line.data(), line.size());
        if (size <= 0) return 0;
        prepare(bus, std::string_view{line.data(), static_cast<std::size_t>(size)} == "sleep\n");
    }
}
