#include "tlog/witness_client.h"

#include "tlog/checkpoint.h"
#include "tlog/cosignature.h"
#include "tlog/text.h"

#include <algorithm>
#include <utility>

namespace busguard::tlog {
namespace {

constexpr Failure<Error> not_due = fail(Errc::unexpected, "add-checkpoint");

Failure<Error> refused(unsigned status) {
    switch (status) {
        case 400: return fail(Errc::bad_field, "add-checkpoint", 0, status);
        case 403: return fail(Errc::crypto, "log signature", 0, status);
        case 404: return fail(Errc::not_found, "log at the witness", 0, status);
        case 422: return fail(Errc::mismatch, "history of the log", 0, status);
        default: return fail(Errc::transport, "witness answer", 0, status);
    }
}

Result<std::uint64_t> size_from(const WitnessAnswer& answer) {
    std::string_view digits = answer.body;
    if (answer.content_type == size_content_type && digits.ends_with('\n')) {
        digits.remove_suffix(1);
        if (const auto size = number_from_text(digits, "witness size")) return *size;
    }
    return fail(Errc::transport, "witness answer", 0, answer.status);
}

}  // namespace

Result<WitnessClient> WitnessClient::make(Note checkpoint, std::vector<VerifierKey> keys,
                                          std::uint64_t old_size) {
    const auto size = TRY(checkpoint_from_text(checkpoint.text)).head.size;
    if (old_size > size) return fail(Errc::bad_field, "old size");
    for (const auto& key : keys)
        if (!may_be_a_witness(key.type())) return fail(Errc::mismatch, "witness key");
    return WitnessClient{std::move(checkpoint), std::move(keys), old_size, size};
}

WitnessClient::WitnessClient(Note checkpoint, std::vector<VerifierKey> keys, std::uint64_t old_size,
                             std::uint64_t size)
    : checkpoint_{std::move(checkpoint)}, keys_{std::move(keys)}, old_size_{old_size}, size_{size} {}

Result<WitnessClient::Step> WitnessClient::start() {
    if (!take_turn(Due::start)) return not_due;
    return ask();
}

Result<WitnessClient::Step> WitnessClient::proof(std::vector<TreeHash> hashes) {
    if (!take_turn(Due::proof)) return not_due;
    return post(std::move(hashes));
}

Result<WitnessClient::Step> WitnessClient::answer(const WitnessAnswer& answer) {
    if (!take_turn(Due::answer)) return not_due;
    switch (answer.status) {
        case 200: return cosigned(answer.body);
        case 409: return conflict(answer);
        default: return refused(answer.status);
    }
}

/// Is it the turn of `due`? Whoever takes it says what is due next; nothing, if that fails.
bool WitnessClient::take_turn(Due due) {
    if (due_ != due) return false;
    due_ = Due::nothing;
    return true;
}

WitnessClient::Step WitnessClient::ask() {
    if (old_size_ == 0 || old_size_ == size_) return post({});  // these proofs have no hashes
    due_ = Due::proof;
    return Prove{old_size_, size_};
}

WitnessClient::Step WitnessClient::post(std::vector<TreeHash> hashes) {
    due_ = Due::answer;
    return Post{to_text(AddCheckpoint{old_size_, std::move(hashes), to_text(checkpoint_)})};
}

Result<WitnessClient::Step> WitnessClient::conflict(const WitnessAnswer& answer) {
    const auto size = TRY(size_from(answer));
    if (size > size_) return Step{Ahead{size}};
    if (size == old_size_) return fail(Errc::transport, "witness answer", 0, answer.status);
    if (std::exchange(corrected_, true)) return fail(Errc::not_ready, "old size", 0, answer.status);
    old_size_ = size;
    return ask();
}

Result<WitnessClient::Step> WitnessClient::cosigned(const std::string& body) const {
    const Note answered{checkpoint_.text, TRY(signatures_from_text(body))};
    const auto matches = TRY(verify(answered, keys_));
    Cosigned done;
    for (const auto& match : matches) {
        const auto& line = answered.signatures[match.signature];
        const auto time = TRY(cosignature_time(line.signature));
        if (time.time_since_epoch().count() == 0) return fail(Errc::bad_field, "cosignature time");
        done.lines.push_back(line);
    }
    return Step{std::move(done)};
}

}  // namespace busguard::tlog
