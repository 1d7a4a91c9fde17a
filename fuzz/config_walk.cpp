#include "fuzz/config_space.h"
#include "transport/pci_config.h"

// The walks over a function's configuration space, which is the input.
void busguard::fuzz::try_input(ByteView input) {
    using namespace transport;
    Image space{input};
    if (const auto identity = read_identity(space)) {
        expect(identity->class_code <= 0xff'ffffU, "the class code has 24 bits");
        expect(identity->header_type <= 0x7f, "the multi-function bit is not in the header type");
        const auto header = read_header(space);
        expect(header && header->vendor == identity->vendor, "the header is part of the identity");
    }
    if (const auto list = capabilities(space)) expect(list->size() <= 48, "at most as many as have room");
    const auto extended = extended_capabilities(space);
    if (extended) expect(extended->size() <= 960, "at most as many as have room");
    const auto mailboxes = doe_capabilities(space);
    expect(!mailboxes || extended, "a mailbox stands in a list");
    if (!mailboxes) return;
    for (const auto& mailbox : *mailboxes)
        expect(mailbox.offset >= 0x100 && mailbox.offset + 0x18U <= ConfigSpace::extended_size,
               "registers in bounds");
}
