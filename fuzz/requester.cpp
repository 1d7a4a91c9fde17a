#include "fuzz/spdm_device.h"

namespace {

using namespace busguard;

void holds(const spdm::Findings& found) {
    for (const auto& [slot, chain] : found.chains) {
        fuzz::expect(slot < spdm::slot_count, "SlotID");
        fuzz::expect(chain.structure.size() <= 0xffff, "a chain fits its Length");
    }
    for (const auto& statement : found.statements) {
        fuzz::expect(found.agreed.has_value(), "nothing is signed before ALGORITHMS");
        fuzz::expect(statement.version == found.agreed->version, "signed in the negotiated version");
        fuzz::expect(statement.signature.size() == spdm::signature_size(statement.asym),
                     "a signature's size");
        fuzz::expect(statement.slot < spdm::slot_count, "SlotID of a signature");
        fuzz::expect(!statement.transcript.empty(), "a signature is over something");
    }
}

}  // namespace

// The requester against whatever a device says. Two bytes choose the visit, the rest are the answers.
void busguard::fuzz::try_input(ByteView input) {
    if (input.size() < 2) return;
    Counting entropy;
    spdm::Visit visit{spdm::Authentication{plan_of(input[0], input[1]), entropy}};
    auto step = visit.start();
    for (const auto answer : frames(input.subspan(2))) {
        if (!step || !std::holds_alternative<spdm::Send>(*step)) break;
        const auto& send = std::get<spdm::Send>(*step);
        expect(send.message.size() >= 2 && send.message.size() <= 0x1200,
               "a request has a header and a bound");
        expect(send.after >= Time{0} && send.after <= spdm::Patience::longest,
               "no device decides how long we wait");
        expect(send.patience <= spdm::Patience::longest + spdm::Patience::round_trip,
               "nor how patient we are");
        step = visit.answer(answer);
        holds(visit.rules().found());
    }
    if (!step) expect(!visit.answer({}), "after an error nothing leads on");
}
