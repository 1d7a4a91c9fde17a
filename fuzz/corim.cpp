#include "fuzz/target.h"
#include "manifest/manifest.h"

// CoRIM and CoMID, signed or not; with no anchors, so that what is behind a signature is reached.
void busguard::fuzz::try_input(ByteView input) {
    const auto read = manifest::references_from(input, "manifest.corim");
    if (!read) return;
    for (const auto& one : read->references) {
        expect(!one.applies_to.empty(), "a reference is for some devices only");
        expect(!one.values.empty(), "a reference has values");
        for (const auto& value : one.values) {
            expect(!value.any_of.empty(), "a value has an alternative");
            expect(value.index != 0 && value.index != 0xff, "an index is SPDM's");
        }
    }
}
