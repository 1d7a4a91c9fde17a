#include "fuzz/target.h"
#include "transport/doe.h"
#include "transport/little_endian.h"

// What stands in a DOE mailbox, read by either side: data objects, and Discovery in them.
void busguard::fuzz::try_input(ByteView input) {
    using namespace transport;
    if (input.size() >= 4)
        if (const auto size = object_size(dword_at(input, 0)))
            expect(*size >= doe_header_size && *size <= doe_largest_object, "an object's size");

    if (const auto object = decode_object(input)) {
        expect(object->payload.size() + doe_header_size <= input.size(), "a payload lies within its bytes");
        const auto written = encode_object(object->protocol, object->payload);
        expect(written && written->size() == object->payload.size() + doe_header_size,
               "what was read can be written");
        const auto again = decode_object(*written);
        expect(again && *again == *object, "there and back");
    }
    (void)decode_discovery(input);
    constexpr std::array known{doe_discovery, doe_spdm, doe_secured_spdm};
    if (const auto answer = answer_discovery(input, known)) {
        const auto entry = decode_discovery(*answer);
        const bool beyond = std::to_integer<unsigned>(input[0]) >= known.size();
        expect(static_cast<bool>(entry) != beyond, "an index has an entry, or is refused");
    }
}
