#include "fuzz/target.h"
#include "host/aer_events.h"
#include "host/pci.h"

// A line of a trace.
void busguard::fuzz::try_input(ByteView input) {
    const auto event = host::aer_event_from_line(as_text(input));
    if (!event) return;
    expect(host::is_pci_address(event->name()), "an event is about a device");
    expect(event->name() == event->property("PCI_SLOT_NAME"), "and about one");
}
