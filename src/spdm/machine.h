#pragma once

#include "spdm/dialogue.h"
#include "spdm/transcript.h"

#include <algorithm>
#include <optional>
#include <variant>

namespace busguard::spdm {

using namespace std::chrono_literals;

/// How long a requester waits, and for how often. DSP0274 "Timing requirements"; the peer's exponents are
/// capped here, so that no peer decides how long we wait (CVE-2023-32690).
struct Patience {
    static constexpr Time st1 = 100ms;           ///< for an answer that needs no cryptography
    static constexpr Time round_trip = 1s;       ///< PCIe r6.2 6.30.2: a mailbox answers within a second
    static constexpr Time busy_pause = 100ms;    ///< before a request is repeated
    static constexpr Time longest = 20s;         ///< of anything the peer asks for
    static constexpr unsigned busy_answers = 8;  ///< Busy and ResponseNotReady in one dialogue

    /// 2^exponent microseconds, `longest` at most.
    static constexpr Time of_exponent(std::uint8_t exponent) {
        return exponent > 24 ? longest : std::min<Time>(longest, std::chrono::microseconds{1ULL << exponent});
    }
};

/// Runs the requester's side of a dialogue by its Rules.
///
/// Rules say what is particular to the dialogue:
///
///     using State = std::variant<...>;   // each holds what is due next
///     Result<State> begin();
///     Result<State> on(const SomeState&, const SomeAnswer&, const Transcript&);
///     Result<State> on(const SomeState&, const msg::Error&, const Transcript&);   // where an ERROR is an
///     answer too
///
/// A state with a member `sent` waits for the answer to that request in its `shape`; the one without is the
/// end. The exchange is in the transcript when `on` is called. What the Rules have found stays with them,
/// whatever comes after.
template <class Rules>
class Machine final : public Dialogue {
public:
    using State = typename Rules::State;

    explicit Machine(Rules rules) : rules_{std::move(rules)} {}

    Result<Step> start() override {
        patience_ = Patience::busy_answers;
        pending_.reset();
        return enter(rules_.begin());
    }

    Result<Step> answer(ByteView message) override {
        if (!state_) return fail(Errc::unexpected, "message");
        if (head_of(message).code == Code::error) return on_error(message);
        pending_.reset();
        return enter(std::visit([&](auto& now) { return advance(now, message); }, *state_));
    }

    const Rules& rules() const { return rules_; }
    Rules& rules() { return rules_; }
    const Transcript& transcript() const { return transcript_; }

private:
    template <class Now>
    Result<State> advance(Now& now, ByteView message) {
        if constexpr (requires { now.sent; }) {
            using Request = std::remove_cvref_t<decltype(now.sent.value())>;
            const auto accepted = TRY(decode<typename Request::Answer>(message, now.shape));
            transcript_.record(now.sent, accepted);
            return rules_.on(now, accepted.value(), transcript_);
        } else {
            return fail(Errc::unexpected, "message");
        }
    }

    // An ERROR is looked at before its version: one about an unsupported version carries another
    // (libspdm#3022).
    Result<Step> on_error(ByteView message) {
        auto error = decode<msg::Error>(message, Shape{.version = head_of(message).version});
        if (!error) return leave(error.error());
        const auto& said = error->value();
        if (said.error_code == ErrorCode::busy) {
            if (patience_-- == 0) return leave({Errc::not_ready, "Busy"});
            pending_.reset();
            return step(Patience::busy_pause);
        }
        if (said.error_code == ErrorCode::response_not_ready) return wait_for_it(said);
        pending_.reset();
        transcript_.error();
        return enter(std::visit([&](auto& now) { return refused(now, said); }, *state_));
    }

    Result<State> refused(auto& now, const msg::Error& said) {
        if constexpr (requires { rules_.on(now, said, transcript_); })
            return rules_.on(now, said, transcript_);
        else
            return fail(Errc::peer_error, name_of_request(), 0, static_cast<std::uint32_t>(said.error_code));
    }

    Result<Step> wait_for_it(const msg::Error& said) {
        wire::Decoder<wire::Plain> io{{}, said.extended};
        msg::NotReady when;
        msg::NotReady::layout(io, when);
        if (auto taken = io.finish(dword_padding); !taken) return leave(taken.error());
        const auto code = request_code();
        if (when.request_code != static_cast<std::uint8_t>(code))
            return leave({Errc::mismatch, "RequestCode"});
        if (when.rdtm <= 1) return leave({Errc::bad_field, "RDTM"});
        if (patience_-- == 0) return leave({Errc::not_ready, "ResponseNotReady"});
        auto again = encode(msg::RespondIfReady{when.request_code, when.token}, Shape{.version = version()});
        if (!again) return leave(again.error());
        pending_ = std::move(*again).take();
        return step(Patience::of_exponent(when.rdt_exponent));
    }

    Result<Step> enter(Result<State> next) {
        if (!next) return leave(next.error());
        state_.emplace(*std::move(next));
        return step(Time{0});
    }

    Result<Step> leave(Error error) {
        state_.reset();
        return fail(error);
    }

    Result<Step> step(Time after) const {
        return std::visit(
            [&](const auto& now) -> Step {
                if constexpr (requires { now.sent; })
                    return Send{pending_ ? *pending_ : to_bytes(now.sent.bytes()), after,
                                rules_.patience(now)};
                else
                    return Done{};
            },
            *state_);
    }

    Version version() const {
        return std::visit(
            [](const auto& now) {
                if constexpr (requires { now.sent; })
                    return now.shape.version;
                else
                    return Version::v1_0;
            },
            *state_);
    }

    Code request_code() const {
        return std::visit(
            [](const auto& now) {
                if constexpr (requires { now.sent; })
                    return std::remove_cvref_t<decltype(now.sent.value())>::code;
                else
                    return Code{};
            },
            *state_);
    }

    std::string_view name_of_request() const { return name(request_code()); }

    Rules rules_;
    Transcript transcript_;
    std::optional<State> state_;
    std::optional<Bytes> pending_;  // RESPOND_IF_READY, while it stands for the request
    unsigned patience_ = Patience::busy_answers;
};

}  // namespace busguard::spdm
