#include "examine/visit.h"

#include "appraisal/reason.h"
#include "base/problem.h"
#include "drive/errand.h"
#include "evidence/kernel_log.h"
#include "host/device_lock.h"
#include "host/guarded_channel.h"
#include "host/kernel_cma.h"
#include "host/ownership.h"
#include "host/pci.h"
#include "host/system.h"
#include "host/worker.h"
#include "owner/owner.h"
#include "transport/doe_channel.h"
#include "transport/doe_discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace busguard::examine {
namespace {

/// Gives a chosen nonce the first time that one is asked for; everything else is as unpredictable as before.
class ChosenNonce final : public Entropy {
public:
    ChosenNonce(std::optional<spdm::Nonce> nonce, Entropy& real) : nonce_{nonce}, real_{&real} {}

    Result<void> fill(std::span<std::byte> bytes) override {
        if (!nonce_ || bytes.size() != nonce_->size()) return real_->fill(bytes);
        std::copy(nonce_->begin(), nonce_->end(), bytes.begin());
        nonce_.reset();
        return {};
    }

private:
    std::optional<spdm::Nonce> nonce_;
    Entropy* real_;
};

evidence::Circumstances circumstances(const Surroundings& around, std::string device,
                                      std::string_view transport, std::optional<PciIdentity> pci) {
    return {.device = std::move(device),
            .transport = std::string{transport},
            .pci = pci,
            .when = around.clock->calendar(),
            .recorded_by = around.recorded_by};
}

/// What goes wrong in DOE Discovery is the mailbox's fault, not SPDM's.
Error of_discovery(Error error) {
    switch (error.code) {
        case Errc::truncated:
        case Errc::trailing_bytes:
        case Errc::bad_field:
        case Errc::mismatch:
        case Errc::too_large: error.code = Errc::transport; break;
        default: break;
    }
    return error;
}

/// A kernel that speaks SPDM itself, while it does what it was asked for.
class AskedKernel {
public:
    AskedKernel(host::FileTree& tree, std::string address, const spdm::Nonce& nonce)
        : worker_{host::Worker::begin([this, &tree, address = std::move(address), nonce] {
              answer_ = host::authenticate_by_kernel(tree, address, nonce);
          })} {
        if (!worker_) answer_ = fail(worker_.error());
    }

    /// Becomes readable when there is an answer.
    int descriptor() const { return worker_ ? (*worker_)->descriptor() : -1; }
    bool done() const { return !worker_ || (*worker_)->done(); }
    const Result<evidence::Files>& answer() const { return answer_; }  ///< once it is done

private:
    Result<evidence::Files> answer_{evidence::Files{}};
    Result<std::unique_ptr<host::Worker>> worker_;  // the last: it writes the answer
};

}  // namespace

class Visit::Parts {
public:
    Parts(const Surroundings& around, std::string device, const VisitPlan& plan)
        : around_{&around},
          address_{host::address_of(device)},
          entropy_{plan.nonce, *around.entropy},
          plan_{plan.plan} {
        result_.device = std::move(device);
    }

    std::optional<drive::Wake> resume(Time now) {
        if (errand_) return converse(now);
        if (!config_ && !kernel_ && !open()) return std::nullopt;
        return kernel_ ? wait_for_kernel() : discover(now);
    }

    Visited take() && { return std::move(result_); }

private:
    std::optional<drive::Wake> give_up(std::string_view code, std::string detail) {
        result_.without = appraisal::verdict_of(appraisal::reason(code), std::move(detail));
        return std::nullopt;
    }
    std::optional<drive::Wake> give_up(const Error& error) {
        // The kernel says EPERM for both: which of them it is decides what to do.
        const bool locked = error.code == Errc::permission &&
                            host::system_facts(*around_->tree).lockdown >= host::Lockdown::integrity;
        result_.without =
            verdict_without(locked ? Error{Errc::permission, "lockdown", 0, error.detail} : error);
        return std::nullopt;
    }

    /// False if there is nothing to speak to.
    bool open() {
        auto device = host::pci_device(*around_->tree, address_);
        if (!device) return give_up(device.error()).has_value();
        result_.pci = device->identity;
        result_.driver = device->driver;
        const auto facts = host::ownership_facts(*around_->tree, address_);
        if (!facts) return give_up(facts.error()).has_value();
        using Kind = owner::Owner::Kind;
        const auto owner = owner::owner_by(*facts);
        if (owner.kind == Kind::tsm)
            return give_up("owner.tsm", owner.tsm + " is connected to it").has_value();
        if (owner.kind == Kind::kernel) return ask_kernel();
        const auto& told = device->doe_features;
        if (!told.empty() && std::ranges::find(told, transport::doe_spdm) == told.end())
            return give_up("device.no-cma", {}).has_value();
        if (!lock()) return false;
        auto config = host::open_config(*around_->tree, address_);
        if (!config) return give_up(config.error()).has_value();
        config_ = *std::move(config);
        auto mailboxes = transport::doe_capabilities(*config_);
        if (!mailboxes) return give_up(mailboxes.error()).has_value();
        if (mailboxes->empty()) return give_up("device.no-doe", {}).has_value();
        mailboxes_ = *std::move(mailboxes);
        return true;
    }

    bool lock() {
        if (around_->locks.empty()) return true;
        auto lock = host::DeviceLock::take(around_->locks, result_.device);
        if (!lock) return give_up(lock.error()).has_value();
        lock_.emplace(*std::move(lock));
        return true;
    }

    /// It owns the mailbox: it is asked to challenge the device with our nonce, and what the device signs is
    /// judged here as if we had asked.
    bool ask_kernel() {
        if (!lock()) return false;
        spdm::Nonce nonce{};
        if (const auto filled = entropy_.fill(nonce); !filled) return give_up(filled.error()).has_value();
        kernel_.emplace(*around_->tree, address_, nonce);
        return true;
    }

    std::optional<drive::Wake> wait_for_kernel() {
        if (!kernel_->done()) return drive::Wake{Time::max(), kernel_->descriptor()};
        const auto& files = kernel_->answer();
        if (!files) return give_up(files.error());
        auto entries = evidence::read_kernel_log(*files, result_.device);
        if (!entries) return give_up("protocol.malformed", entries.error().text());
        if (entries->size() != 1) return give_up("protocol.malformed", "no entry in the kernel's log");
        result_.bundle = evidence::bundle_of(std::move(entries->front().record),
                                             circumstances(*around_, result_.device, "kernel", result_.pci));
        return std::nullopt;
    }

    /// Asks one mailbox after the other whether it carries SPDM.
    std::optional<drive::Wake> discover(Time now) {
        for (; next_ < mailboxes_.size(); ++next_, discovery_.reset()) {
            if (!discovery_) discovery_.emplace(*config_, mailboxes_[next_]);
            auto progress = discovery_->poll(now);
            if (!progress) {
                unanswered_ = of_discovery(progress.error());
                continue;
            }
            if (const auto* waiting = std::get_if<transport::Discovery::Waiting>(&*progress))
                return drive::Wake{waiting->until, waiting->readable};
            const auto& carries = *std::get_if<std::vector<transport::DoeProtocol>>(&*progress);
            if (std::ranges::find(carries, transport::doe_spdm) != carries.end()) {
                begin(mailboxes_[next_]);
                return converse(now);
            }
        }
        if (unanswered_) return give_up(*unanswered_);
        return give_up("device.no-cma", {});
    }

    void begin(transport::DoeCapability where) {
        discovery_.reset();
        channel_.emplace(std::make_unique<transport::DoeChannel>(*config_, where), *around_->tree, address_);
        dialogue_.emplace(spdm::Authentication{plan_, entropy_});
        errand_.emplace(*dialogue_, *channel_);
    }

    std::optional<drive::Wake> converse(Time now) {
        if (auto wake = errand_->resume(now)) return wake;
        const auto& outcome = errand_->outcome();
        result_.bundle =
            evidence::bundle_of(dialogue_->rules().found(),
                                circumstances(*around_, result_.device, channel_->name(), result_.pci),
                                outcome ? nullptr : &outcome.error());
        return std::nullopt;
    }

    const Surroundings* around_;
    std::string address_;
    ChosenNonce entropy_;
    spdm::Plan plan_;
    Visited result_;

    std::optional<host::DeviceLock> lock_;
    std::optional<AskedKernel> kernel_;
    std::unique_ptr<host::ConfigFile> config_;
    std::vector<transport::DoeCapability> mailboxes_;
    std::size_t next_ = 0;
    std::optional<transport::Discovery> discovery_;
    std::optional<Error> unanswered_;
    std::optional<host::GuardedChannel> channel_;
    std::optional<spdm::Visit> dialogue_;
    std::optional<drive::Errand> errand_;
};

Visit::Visit(const Surroundings& around, std::string device, const VisitPlan& plan)
    : parts_{std::make_unique<Parts>(around, std::move(device), plan)} {}

Visit::~Visit() = default;

std::optional<drive::Wake> Visit::resume(Time now) { return parts_->resume(now); }

Visited Visit::take() && { return std::move(*parts_).take(); }

std::vector<Visited> visit_all(const Surroundings& around, const std::vector<std::string>& devices,
                               const VisitPlan& plan) {
    std::vector<std::unique_ptr<Visit>> visits;
    drive::Loop loop{*around.clock};
    for (const auto& device : devices) {
        visits.push_back(std::make_unique<Visit>(around, device, plan));
        loop.add(*visits.back());
    }
    loop.run();
    std::vector<Visited> results;
    results.reserve(visits.size());
    for (auto& one : visits) results.push_back(std::move(*one).take());
    return results;
}

Visited visit_channel(const Surroundings& around, std::string device, transport::Channel& channel,
                      const VisitPlan& plan) {
    ChosenNonce entropy{plan.nonce, *around.entropy};
    spdm::Visit dialogue{spdm::Authentication{plan.plan, entropy}};
    const auto outcome = drive::carry(dialogue, channel, *around.clock);
    Visited visited{.device = std::move(device), .pci = {}, .driver = {}, .bundle = {}, .without = {}};
    visited.bundle = evidence::bundle_of(dialogue.rules().found(),
                                         circumstances(around, visited.device, channel.name(), {}),
                                         outcome ? nullptr : &outcome.error());
    return visited;
}

appraisal::Verdict verdict_without(const Error& error) {
    return appraisal::verdict_of(appraisal::reason_of(error), in_words(error));
}

}  // namespace busguard::examine
