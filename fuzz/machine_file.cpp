#include "emulate/machine_file.h"

#include "fuzz/target.h"

// The description of an emulated machine, which a person writes.
void busguard::fuzz::try_input(ByteView input) {
    const auto machine = emulate::parse_machine(as_text(input), "machine.toml");
    if (!machine) expect(!machine.error().text().empty(), "a problem says what it is");
}
