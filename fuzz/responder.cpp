#include "fuzz/spdm_device.h"

// The responder against whatever a requester says. One byte chooses the device, the rest are the requests.
void busguard::fuzz::try_input(ByteView input) {
    if (input.empty()) return;
    Counting entropy{1000};
    const auto device = device_of(input[0]);
    spdm::Responder responder{device, entropy};
    for (const auto request : frames(input.subspan(1))) {
        const auto before = to_bytes(responder.transcript().vca());
        const auto reply = responder.reply(request);
        expect(reply.message.size() >= 4, "there is always an answer");
        expect(reply.message.size() <= device.largest_message, "and it fits");
        const auto code = spdm::head_of(reply.message).code;
        expect(reply.fault.has_value() == (code == spdm::Code::error), "a fault is an ERROR");
        const bool negotiation =
            code == spdm::Code::version || code == spdm::Code::capabilities || code == spdm::Code::algorithms;
        expect(negotiation || same(before, responder.transcript().vca()), "what is agreed stays");
    }
}
