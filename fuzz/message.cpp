#include "fuzz/spdm_shape.h"
#include "fuzz/target.h"
#include "spdm/codec.h"

namespace {

using namespace busguard;
using namespace busguard::spdm;

// What was read is written, and what was written is read as the same.
template <class M>
void there_and_back(ByteView bytes, const Shape& shape) {
    const auto first = decode_first<M>(bytes, shape);
    if (!first) return;
    fuzz::expect(first->bytes().size() <= bytes.size(), "a message lies within its bytes");
    const auto written = encode(first->value(), shape);
    fuzz::expect(static_cast<bool>(written), "what was read can be written");
    fuzz::expect(written->bytes().size() == first->bytes().size(), "and is as long");
    const auto second = decode<M>(written->bytes(), shape);
    fuzz::expect(static_cast<bool>(second), "what was written can be read");
    const auto again = encode(second->value(), shape);
    fuzz::expect(again && same(again->bytes(), written->bytes()), "there and back is the same");
    fuzz::expect(
        first->unsigned_bytes().size() + (is_signed<M> ? shape.signature : 0) == first->bytes().size(),
        "the signature is the end");
}

template <class... M>
void each(ByteView bytes, const Shape& shape) {
    (there_and_back<M>(bytes, shape), ...);
}

}  // namespace

// Every message in every version: decode, encode, decode. The first byte chooses the shape.
void busguard::fuzz::try_input(ByteView input) {
    if (input.empty()) return;
    using namespace spdm::msg;
    each<spdm::msg::Error, RespondIfReady, GetVersion, Versions, GetCapabilities, Capabilities,
         NegotiateAlgorithms, Algorithms, VendorRequest, VendorResponse, GetDigests, Digests, GetCertificate,
         Certificate, Challenge, ChallengeAuth, GetMeasurements, Measurements>(input.subspan(1),
                                                                               shape_of(input[0]));
}
