#include "tlog/entry_bundle.h"

#include "fuzz/target.h"

// A bundle of as many entries as the first byte says, and one more.
void busguard::fuzz::try_input(ByteView input) {
    if (input.empty()) return;
    const auto width = std::to_integer<unsigned>(input[0]) + 1;
    const auto bundle = input.subspan(1);
    const auto entries = tlog::entries_of(bundle, width);
    if (!entries) {
        expect(entries.error().offset <= bundle.size(), "an error is where there are bytes");
        return;
    }
    expect(entries->size() == width, "as many entries as asked for");
    Bytes again;
    for (const auto entry : *entries)
        expect(static_cast<bool>(tlog::append_entry(again, entry)), "an entry that was read fits");
    expect(same(again, bundle), "there and back");
}
