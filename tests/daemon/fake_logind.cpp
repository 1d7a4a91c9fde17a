#include <systemd/sd-bus.h>

#include <cstdio>
#include <cstring>
#include <poll.h>
#include <unistd.h>

// As much of logind as busguardd asks for, on a bus of a test: gives an inhibitor, and says what it is told
// to.
//
//   fake_logind ADDRESS
//
// Lines on standard input: "sleep", "wake". Lines on standard output: "here", "held WHAT MODE" for each
// inhibitor, "released" when the last one was let go after "sleep".
namespace {

int held = -1;  // our end of the inhibitor's pipe

int inhibit(sd_bus_message* call, void*, sd_bus_error*) {
    const char *what = nullptr, *who = nullptr, *why = nullptr, *mode = nullptr;
    if (const int code = sd_bus_message_read(call, "ssss", &what, &who, &why, &mode); code < 0) return code;
    int ends[2];
    if (::pipe(ends) < 0) return -1;
    if (held >= 0) ::close(held);
    held = ends[0];
    std::printf("held %s %s\n", what, mode);
    const int code = sd_bus_reply_method_return(call, "h", ends[1]);
    ::close(ends[1]);
    return code;
}

void prepare(sd_bus* bus, int sleeping) {
    (void)sd_bus_emit_signal(bus, "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
                             "PrepareForSleep", "b", sleeping);
    (void)sd_bus_flush(bus);
    if (sleeping == 0) return;
    char nothing = 0;
    (void)!::read(held, &nothing, 1);  // its end
    std::puts("released");
}

}  // namespace

int main(int argc, char** argv) {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    static const sd_bus_vtable table[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Inhibit", "ssss", "h", inhibit, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL("PrepareForSleep", "b", 0),
        SD_BUS_VTABLE_END,
    };
    sd_bus* bus = nullptr;
    if (argc != 2 || sd_bus_new(&bus) < 0 || sd_bus_set_address(bus, argv[1]) < 0 ||
        sd_bus_set_bus_client(bus, 1) < 0 || sd_bus_start(bus) < 0 ||
        sd_bus_add_object_vtable(bus, nullptr, "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
                                 table, nullptr) < 0 ||
        sd_bus_request_name(bus, "org.freedesktop.login1", 0) < 0)
        return 1;
    std::puts("here");
    for (;;) {
        while (sd_bus_process(bus, nullptr) > 0) {
        }
        pollfd ready[2] = {{STDIN_FILENO, POLLIN, 0}, {sd_bus_get_fd(bus), POLLIN, 0}};
        if (::poll(ready, 2, -1) < 0) return 1;
        if (ready[0].revents == 0) continue;
        char line[16] = {};
        if (::read(STDIN_FILENO, line, sizeof line - 1) <= 0) return 0;
        prepare(bus, std::strcmp(line, "sleep\n") == 0 ? 1 : 0);
    }
}
