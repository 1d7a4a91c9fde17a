#include "spdm/dump.h"

#include "fuzz/target.h"

// Any bytes, shown to people: each of them once, in order.
void busguard::fuzz::try_input(ByteView input) {
    std::size_t end = 0;
    for (const auto& message : spdm::dump(input)) {
        expect(message.offset == end, "messages follow one another");
        end += message.size;
        std::size_t within = message.offset;
        for (const auto& field : message.fields) {
            expect(field.offset == within, "fields follow one another");
            within += field.size;
        }
        expect(within == end, "fields fill their message");
    }
    expect(end == input.size(), "no byte is lost");
}
