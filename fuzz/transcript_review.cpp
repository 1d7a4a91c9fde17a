#include "evidence/transcript_review.h"

#include "fuzz/target.h"

#include <array>

// A record whose transcript nobody vouches for. The first three bytes choose what it claims to be.
void busguard::fuzz::try_input(ByteView input) {
    if (input.size() < 3) return;
    using enum spdm::Version;
    constexpr std::array versions{v1_0, v1_1, v1_2, v1_3};
    const auto bits = [&](std::size_t at) { return std::to_integer<unsigned>(input[at]); };
    evidence::Record record;
    record.version = versions[bits(0) & 3U];
    record.kind = (bits(0) & 4U) == 0 ? spdm::SigningContext::responder_challenge_auth
                                      : spdm::SigningContext::responder_measurements;
    record.slot = bits(0) >> 4U & 7U;
    record.hash = static_cast<spdm::BaseHash>(1U << bits(1) % 6U);
    record.asym = static_cast<spdm::BaseAsym>(1U << bits(2) % 12U);
    record.transcript = to_bytes(input.subspan(3));

    const auto review = evidence::review(record);
    std::size_t end = 0;
    for (const auto& exchange : review.exchanges) {
        expect(exchange.request_at >= end, "exchanges follow one another");
        expect(exchange.answer_at >= exchange.request_at + exchange.request_size,
               "an answer follows its request");
        end = exchange.answer_at + exchange.answer_size;
        expect(end <= record.transcript.size(), "exchanges lie within the transcript");
    }
    expect(!review.checks.empty(), "every rule leaves a check");
}
