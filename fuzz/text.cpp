#include "base/hex.h"
#include "fuzz/target.h"

// Hex and base64 as people and files write them. What is taken comes out again: base64, which is strict, to
// the letter.
void busguard::fuzz::try_input(ByteView input) {
    const auto text = as_text(input);
    if (const auto bytes = from_hex(text)) {
        expect(bytes->size() <= input.size() / 2, "hex: two digits a byte");
        const auto again = from_hex(to_hex(*bytes));
        expect(again && *again == *bytes, "hex: there and back");
    }
    if (const auto bytes = from_base64(text)) expect(to_base64(*bytes) == text, "base64: there and back");
    const auto back = from_base64(to_base64(input));
    expect(back && same(*back, input), "base64: back and there");
}
