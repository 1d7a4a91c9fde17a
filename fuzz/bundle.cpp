#include "appraisal/appraise.h"
#include "evidence/bundle_file.h"
#include "fuzz/target.h"

// A bundle of evidence from somebody else. What is taken is written as the same, can be judged, and is never
// good without an anchor.
void busguard::fuzz::try_input(ByteView input) {
    const auto bundle = evidence::bundle_from_json(as_text(input), "bundle");
    if (!bundle) {
        expect(!bundle.error().text().empty(), "a problem says what it is");
        return;
    }
    const auto text = evidence::to_json(*bundle);
    const auto again = evidence::bundle_from_json(text, "bundle");
    expect(again && evidence::to_json(*again) == text, "there and back");
    const auto verdict = appraisal::appraise(*bundle, {});
    expect(verdict.state != appraisal::State::authenticated, "nothing is trusted without an anchor");
    expect(verdict.primary != nullptr, "and there is a reason");
}
