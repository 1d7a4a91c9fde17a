#pragma once

#include "drive/loop.h"
#include "spdm/dialogue.h"
#include "transport/channel.h"

namespace busguard::drive {

/// Carries one dialogue over one channel to its end.
class Errand final : public Task {
public:
    /// Both stay the caller's and must outlive the Errand.
    Errand(spdm::Dialogue& dialogue, transport::Channel& channel)
        : dialogue_{&dialogue}, channel_{&channel} {}

    std::optional<Wake> resume(Time now) override;

    bool finished() const { return phase_ == Phase::finished; }
    /// Of the dialogue or of the channel, whichever failed. Meaningful once finished.
    const Result<void>& outcome() const { return outcome_; }
    /// How often a message went there and an answer came back.
    unsigned exchanges() const { return exchanges_; }

private:
    enum class Phase : std::uint8_t { start, pause, exchange, finished };

    std::optional<Wake> enter(Result<spdm::Step> step, Time now);
    std::optional<Wake> send(Time now);
    std::optional<Wake> finish(Result<void> outcome);

    spdm::Dialogue* dialogue_;
    transport::Channel* channel_;
    Phase phase_ = Phase::start;
    spdm::Send due_;
    Time not_before_{};
    Result<void> outcome_;
    unsigned exchanges_ = 0;
};

/// Runs one dialogue to its end, waiting on `clock`.
Result<void> carry(spdm::Dialogue& dialogue, transport::Channel& channel, Clock& clock);

}  // namespace busguard::drive
