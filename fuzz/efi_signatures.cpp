#include "trust/efi_signatures.h"

#include "fuzz/target.h"

// A variable of the firmware, as efivarfs gives it.
void busguard::fuzz::try_input(ByteView input) {
    const auto found = trust::efi_certificates(input);
    if (!found) return;
    for (const auto& [certificate, owner] : *found) expect(owner.size() == 36, "an owner is a GUID");
}
