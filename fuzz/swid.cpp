#include "fuzz/target.h"
#include "manifest/manifest.h"

// SWID RIMs, signed or not.
void busguard::fuzz::try_input(ByteView input) {
    const auto read = manifest::references_from(input, "1010_0200_882_96005E0001_PROD.swidtag");
    if (!read) return;
    for (const auto& one : read->references) {
        expect(!one.applies_to.empty(), "a reference is for some devices only");
        for (const auto& value : one.values) expect(!value.any_of.empty(), "a value has an alternative");
    }
}
