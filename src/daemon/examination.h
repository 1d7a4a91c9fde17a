#pragma once

#include "daemon/guard.h"

namespace busguard::daemon {

/// A visit that the guard makes, and who waits for its end.
class Guard::Examination final : public drive::Task {
public:
    Examination(Guard& guard, const examine::Surroundings& around, const Device& device, const Plan& plan)
        : device_{device.name},
          generation_{plan.generation},
          cause_{plan.cause},
          guard_{&guard},
          visit_{around, device.name, plan_for(guard, device)} {}

    std::optional<drive::Wake> resume(Time now) override {
        auto wake = visit_.resume(now);
        if (!wake) guard_->finished(*this);
        return wake;
    }

    const std::string& device() const { return device_; }
    std::uint64_t generation() const { return generation_; }  ///< of the device when it began
    Cause cause() const { return cause_; }
    examine::Visited take() { return std::move(visit_).take(); }

    std::vector<Answer> answers;

private:
    static examine::VisitPlan plan_for(const Guard& guard, const Device& device) {
        auto plan = guard.judge_->plan();
        if (guard.parts_.chosen_nonce) plan.nonce = guard.parts_.chosen_nonce(device.name);
        return plan;
    }

    std::string device_;
    std::uint64_t generation_;
    Cause cause_;
    Guard* guard_;
    examine::Visit visit_;
};

}  // namespace busguard::daemon
