#include "drive/errand.h"

namespace busguard::drive {

std::optional<Wake> Errand::resume(Time now) {
    switch (phase_) {
        case Phase::start: return enter(dialogue_->start(), now);
        case Phase::pause: return now < not_before_ ? Wake{not_before_, -1} : send(now);
        case Phase::exchange: break;
        case Phase::finished: return std::nullopt;
    }
    auto progress = channel_->poll(now);
    if (!progress) return finish(fail(progress.error()));
    if (const auto* waiting = std::get_if<transport::Channel::Waiting>(&*progress))
        return Wake{waiting->until, waiting->readable};
    ++exchanges_;
    return enter(dialogue_->answer(*std::get_if<Bytes>(&*progress)), now);
}

std::optional<Wake> Errand::enter(Result<spdm::Step> step, Time now) {
    if (!step) return finish(fail(step.error()));
    if (std::holds_alternative<spdm::Done>(*step)) return finish({});
    due_ = std::get<spdm::Send>(*std::move(step));
    if (due_.after > Time{0}) {
        phase_ = Phase::pause;
        not_before_ = now + due_.after;
        return Wake{not_before_, -1};
    }
    return send(now);
}

std::optional<Wake> Errand::send(Time now) {
    if (due_.message.size() > channel_->largest()) return finish(fail(Errc::too_large, "message"));
    if (auto sent = channel_->send(due_.message, now, due_.patience); !sent) return finish(sent);
    phase_ = Phase::exchange;
    return Wake{now, -1};  // others first: sending may have taken its time
}

std::optional<Wake> Errand::finish(Result<void> outcome) {
    phase_ = Phase::finished;
    outcome_ = outcome;
    return std::nullopt;
}

Result<void> carry(spdm::Dialogue& dialogue, transport::Channel& channel, Clock& clock) {
    Errand errand{dialogue, channel};
    Loop loop{clock};
    loop.add(errand);
    loop.run();
    return errand.outcome();
}

}  // namespace busguard::drive
