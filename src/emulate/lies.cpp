#include "emulate/lies.h"

#include "spdm/codec.h"

#include <algorithm>

namespace busguard::emulate {
namespace {

using spdm::Code;
using spdm::ErrorCode;

constexpr std::size_t header = 4;  // SPDMVersion, RequestResponseCode, Param1, Param2
constexpr std::size_t most_recordings = 64;
constexpr std::uint8_t retry_exponent = 10;  // RDTExponent: 2^10 microseconds
constexpr std::uint8_t retry_multiple = 4;   // RDTM

Code code_of(ByteView message) { return spdm::head_of(message).code; }

Bytes error(ByteView request, ErrorCode code) {
    return {request.empty() ? std::byte{0x10} : request[0], static_cast<std::byte>(Code::error),
            static_cast<std::byte>(code), std::byte{0}};
}

bool is_signed(ByteView request) {
    if (code_of(request) == Code::challenge) return true;
    return code_of(request) == Code::get_measurements && request.size() >= header &&
           (request[2] & std::byte{1}) != std::byte{0};
}

/// A man in the middle who leaves no trace of the higher versions: count and entries (DSP0274 table
/// "VERSION").
void forget_versions_above(spdm::Version highest, Bytes& answer) {
    constexpr std::size_t entries = 6;
    if (answer.size() < entries) return;
    Bytes kept{answer.begin(), answer.begin() + entries};
    for (auto at = entries; at + 1 < answer.size(); at += 2)
        if (std::to_integer<std::uint8_t>(answer[at + 1]) <= static_cast<std::uint8_t>(highest))
            append(kept, ByteView{answer}.subspan(at, 2));
    kept[entries - 1] = static_cast<std::byte>((kept.size() - entries) / 2);
    answer = std::move(kept);
}

}  // namespace

Bytes LyingEndpoint::answer(ByteView request) {
    if (busy_left_ > 0) {
        --busy_left_;
        return error(request, ErrorCode::busy);
    }
    auto answer = answer_patiently(request);
    if (code_of(answer) == Code::version) busy_left_ = lies_.busy;
    return answer;
}

Bytes LyingEndpoint::answer_patiently(ByteView request) {
    // DSP0274 "ResponseNotReady": RDTExponent, RequestCode, Token, RDTM follow.
    auto not_ready = [this](ByteView asked) {
        auto message = error(asked, ErrorCode::response_not_ready);
        for (auto byte :
             {std::byte{retry_exponent}, held_code_, std::byte{token_}, std::byte{retry_multiple}})
            message.push_back(byte);
        return message;
    };
    if (code_of(request) == Code::respond_if_ready && !held_back_.empty()) {
        if (request.size() < header || request[2] != held_code_ || request[3] != std::byte{token_})
            return error(request, ErrorCode::invalid_request);
        if (not_ready_left_ > 0) {
            --not_ready_left_;
            return not_ready(request);
        }
        return std::exchange(held_back_, {});
    }
    held_back_.clear();
    auto answer = answer_now(request);
    if (lies_.not_ready == 0 || !is_signed(request) || code_of(answer) == Code::error) return answer;
    held_back_ = std::move(answer);
    held_code_ = request[1];
    ++token_;
    not_ready_left_ = lies_.not_ready - 1;
    return not_ready(request);
}

Bytes LyingEndpoint::answer_now(ByteView request) {
    auto answer =
        lies_.replay && code_of(request) == Code::challenge ? replayed(request) : honest_->answer(request);
    meddle(request, answer);
    return answer;
}

/// An answer that is sound in everything but what it answers: it was made for another nonce, and from 1.3 on
/// for another RequesterContext.
Bytes LyingEndpoint::replayed(ByteView request) {
    if (request.size() < header + spdm::nonce_size) return honest_->answer(request);
    Recording recording;
    std::ranges::copy(request.first(header), recording.head.begin());
    const auto known = std::ranges::find(recordings_, recording.head, &Recording::head);
    if (known != recordings_.end()) return known->answer;
    auto earlier = to_bytes(request);
    for (auto& byte : std::span{earlier}.subspan(header)) byte ^= std::byte{0x5a};
    recording.answer = honest_->answer(earlier);
    if (code_of(recording.answer) == Code::challenge_auth && recordings_.size() < most_recordings)
        recordings_.push_back(recording);
    return recording.answer;
}

void LyingEndpoint::meddle(ByteView request, Bytes& answer) const {
    const auto code = code_of(answer);
    if (answer.size() < header || code == Code::error) return;
    if (code == Code::version && lies_.highest_told) forget_versions_above(*lies_.highest_told, answer);
    if (code == Code::challenge_auth && lies_.slot_told)
        answer[2] = (answer[2] & std::byte{0xf0}) | std::byte{*lies_.slot_told};
    if (lies_.bad_signature && is_signed(request)) answer.back() ^= std::byte{0x01};
    const bool early = code == Code::version || code == Code::capabilities || code == Code::algorithms;
    if (!early) answer.resize(answer.size() - std::min<std::size_t>(lies_.truncated, answer.size()));
}

}  // namespace busguard::emulate
