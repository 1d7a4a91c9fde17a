#include "fuzz/spdm_device.h"
#include "spdm/signing.h"

namespace {

using namespace busguard;

// A change to the answer of one round.
struct Change {
    std::uint8_t round = 0;
    std::uint16_t at = 0;
    std::byte flip{};
};

std::vector<Change> changes_of(ByteView input) {
    std::vector<Change> all;
    wire::Reader in{input};
    while (in.left() >= 4) {
        Change change;
        change.round = in.take<std::uint8_t>();
        change.at = in.take<std::uint16_t>();
        change.flip = std::byte{in.take<std::uint8_t>()};
        all.push_back(change);
    }
    return all;
}

bool verifies(const spdm::Statement& statement, const crypto::PublicKey& key) {
    const auto hash = spdm::hash_of(statement.hash);
    const auto message =
        spdm::message_to_sign(statement.version, statement.context, hash, statement.transcript);
    return static_cast<bool>(key.verify(spdm::scheme_of(statement.asym), hash, message, statement.signature,
                                        spdm::eddsa_context(statement.context)));
}

}  // namespace

// A man in the middle between a requester and a genuine device. Three bytes choose the device and the visit,
// the rest are changes to its answers. Whatever it does, no changed byte is signed for: a CHALLENGE that
// verifies with the device's own key has seen every answer before it as the device gave it.
void busguard::fuzz::try_input(ByteView input) {
    if (input.size() < 3) return;
    Counting entropy_there{1000};
    Counting entropy_here;
    const auto device = device_of(input[0]);
    auto plan = plan_of(input[1], input[2]);
    plan.slots = 1;
    plan.vendor.clear();  // no signature covers VENDOR_DEFINED
    spdm::Responder responder{device, entropy_there};
    spdm::Visit visit{spdm::Authentication{std::move(plan), entropy_here}};
    const auto changes = changes_of(input.subspan(3));

    Bytes meant;  // what the device said, and what arrived, up to the signature of CHALLENGE_AUTH
    Bytes arrived;
    auto step = visit.start();
    for (unsigned round = 0; round < most_frames && step; ++round) {
        if (!std::holds_alternative<spdm::Send>(*step)) break;
        const auto reply = responder.reply(std::get<spdm::Send>(*step).message);
        auto changed = reply.message;
        for (const auto& change : changes)
            if (change.round == round && change.at < changed.size()) changed[change.at] ^= change.flip;
        // An ERROR is no part of what is signed: Busy, for one, only has the request repeated.
        const bool said = spdm::head_of(changed).code != spdm::Code::error;
        if (said && visit.rules().found().statements.empty()) {
            append(meant, reply.message);
            append(arrived, changed);
        }
        step = visit.answer(changed);
    }
    const auto& statements = visit.rules().found().statements;
    if (statements.empty() || statements.front().context != spdm::SigningContext::responder_challenge_auth)
        return;
    if (same(meant, arrived)) return;
    expect(!verifies(statements.front(), device.slots.at(0).key.public_key()),
           "the device's signature covers what arrived");
}
