#include "fuzz/target.h"
#include "host/uevents.h"

namespace {

using namespace busguard;

/// The event in the kernel's form again.
Bytes written(const host::Uevent& event) {
    std::string text = event.action + "@/" + event.path;
    text += '\0';
    text += "SUBSYSTEM=" + event.subsystem;
    text += '\0';
    for (const auto& [key, value] : event.properties) {
        text += key + "=" + value;
        text += '\0';
    }
    return to_bytes(as_bytes(text));
}

}  // namespace

// A datagram that says it is the kernel's.
void busguard::fuzz::try_input(ByteView input) {
    const auto event = host::parse_uevent(input);
    if (!event) {
        expect(!event.error().what.empty(), "an error names what is wrong");
        return;
    }
    expect(event->properties.size() <= 64, "properties are bounded");
    expect(!event->path.starts_with('/') && event->path.find("/../") == std::string::npos,
           "the path stays below the root");
    expect(!event->name().empty() && !event->subsystem.empty(), "an event is about something");
    const auto again = host::parse_uevent(written(*event));
    expect(again && *again == *event, "what was read can be read again");
}
