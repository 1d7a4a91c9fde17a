#pragma once

#include "emulate/endpoint.h"
#include "emulate/machine_description.h"

#include <array>
#include <vector>

namespace busguard::emulate {

/// Stands between the requester and an honest responder, and meddles with what passes as Lies says. What a
/// device shows wrongly of itself (certificates, measurements) is in its profile, not here.
class LyingEndpoint final : public Endpoint {
public:
    /// `honest` outlives this.
    LyingEndpoint(Endpoint& honest, const Lies& lies) : honest_{&honest}, lies_{lies} {}

    Bytes answer(ByteView request) override;

private:
    /// What was once said to another nonce, by the request's first four bytes (version, code, slot, summary).
    struct Recording {
        std::array<std::byte, 4> head{};
        Bytes answer;
    };

    Bytes answer_patiently(ByteView request);
    Bytes answer_now(ByteView request);
    Bytes replayed(ByteView request);
    void meddle(ByteView request, Bytes& answer) const;

    Endpoint* honest_;
    Lies lies_;
    std::uint32_t busy_left_ = 0;
    std::uint32_t not_ready_left_ = 0;
    std::uint8_t token_ = 0;
    Bytes held_back_;  // the answer that RESPOND_IF_READY will get
    std::byte held_code_{};
    std::vector<Recording> recordings_;
};

}  // namespace busguard::emulate
