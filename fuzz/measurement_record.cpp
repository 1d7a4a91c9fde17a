#include "spdm/measurement_record.h"

#include "fuzz/target.h"

// The record of MEASUREMENTS. The first byte is the number of blocks, the second the digest's size or 0.
void busguard::fuzz::try_input(ByteView input) {
    if (input.size() < 2) return;
    const auto count = std::to_integer<std::size_t>(input[0]);
    const auto digest = std::to_integer<std::size_t>(input[1]);
    const auto record = input.subspan(2);
    const auto blocks = spdm::parse_record(record, count, digest == 0 ? std::nullopt : std::optional{digest});
    if (!blocks) return;
    expect(blocks->size() == count, "as many blocks as were told");
    Bytes again;
    for (const auto& block : *blocks) append(again, spdm::to_wire(block));
    expect(again.size() == record.size(), "blocks fill the record");
    const auto second = spdm::parse_record(again, count, digest == 0 ? std::nullopt : std::optional{digest});
    expect(second && *second == *blocks, "there and back");
}
