#include "appraisal/reference.h"

#include "fuzz/target.h"

// Reference values from a file.
void busguard::fuzz::try_input(ByteView input) {
    const auto reference = appraisal::reference_from_json(as_text(input), "reference");
    if (!reference) return;
    const auto again = appraisal::reference_from_json(appraisal::to_json(*reference), "reference");
    expect(again && *again == *reference, "there and back");
    (void)appraisal::compare(*reference, reference->applies_to, reference->hash, {});
}
