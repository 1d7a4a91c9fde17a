#pragma once

#include "daemon/device.h"
#include "daemon/gate.h"
#include "daemon/settings.h"
#include "drive/loop.h"
#include "examine/judge.h"
#include "host/uevents.h"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace busguard::daemon {

/// Watches the devices of a machine: examines each before a driver gets it, and whenever it may have become
/// another; keeps what it signed; lets it in or keeps it out as the policy says.
///
/// Four rules, whatever happens and in whatever order. Evidence is kept before it is judged. A verdict is
/// written down before anything follows from it. A driver gets a device only directly after an examination
/// that allows it, never by a verdict from before. A device that was let in has to show the same identity and
/// a fresh signature by the same key each time, else it is quarantined.
class Guard final : public drive::Task {
public:
    /// What it stands on; all of it outlives the guard.
    struct Parts {
        host::FileTree* sys = nullptr;
        host::UeventSource* uevents = nullptr;
        Clock* clock = nullptr;
        Entropy* entropy = nullptr;
        Memory* memory = nullptr;
        Audience* audience = nullptr;
        drive::Loop* loop = nullptr;
        /// A nonce that somebody chose for this device's next examination; may be empty.
        std::function<std::optional<spdm::Nonce>(std::string_view device)> chosen_nonce;
        std::string locks;        ///< directory of device locks; empty: nobody else speaks to these devices
        std::string recorded_by;  ///< program and version
        std::string boot;         ///< an id of this boot of the machine
    };

    /// `in_force`: of policy and judge, for the log.
    Guard(Parts parts, Settings settings, policy::Policy policy, examine::Judge judge,
          const InForce& in_force = {});
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() override;

    /// Recalls what is known, closes the gate if it enforces, takes the inventory and joins the loop. Errors:
    /// those of Memory; of the gate; of listing the devices.
    Result<void> start();
    /// An orderly end: what is under way is dropped, the gate stays as the settings say. Nothing may follow.
    void stop();

    std::optional<drive::Wake> resume(Time now) override;

    using Answer = std::function<void(const examine::Visited&, const Device&)>;
    /// Examines the device now and tells. False: there is no such device.
    bool examine(std::string_view device, Answer answer);
    /// The machine is about to sleep: an examination that is under way lets nobody in.
    void falls_asleep();
    /// The machine slept: each device has to show that it is the same.
    void woke_up();
    /// New rules and demands, without a gap: devices that they might treat otherwise are examined first.
    void adopt(policy::Policy policy, examine::Judge judge, const InForce& in_force = {});
    /// Ends a quarantine: the device is judged as a new one. Errors: not_found; unexpected if it is in none;
    /// those of Memory.
    Result<void> release(std::string_view device);
    /// An operator takes a device back from a TSM that is gone: busguard may speak to it again. Errors:
    /// not_found; owned while a TSM is connected; unexpected if none ever was; those of Memory.
    Result<void> claim(std::string_view device);

    const std::map<std::string, Device, std::less<>>& devices() const { return devices_; }
    const Settings& settings() const { return settings_; }
    /// Nothing is under way or due at once.
    bool is_quiet() const;

private:
    class Examination;
    /// What an examination comes to.
    struct Judged {
        appraisal::Verdict verdict;
        std::optional<appraisal::Signer> signer;
        std::map<std::string, std::string> measurements;
        EvidenceIndex evidence;
    };
    /// An examination that ended and counts: its device is there, and nothing happened to it meanwhile.
    struct Ended {
        Device* device = nullptr;
        examine::Visited visited;
        Judged judged;
        std::uint64_t generation = 0;
        std::vector<Answer> answers;
    };
    /// What is planned for a device, apart from what is known of it.
    struct Plan {
        std::optional<Time> due;          // of the next examination
        std::optional<Time> first_event;  // of those that are waited for to become quiet
        Cause cause = Cause::start;
        std::size_t retry = 0;                 // how many there were
        std::uint64_t generation = 0;          // changes whenever something happens to the device
        const Examination* running = nullptr;  // null: none
        std::string stale_tsm;                 // connected when the device lost its state
        std::vector<Answer> answers;
    };

    // guard.cpp: what happens
    Result<void> take_inventory(Cause cause);
    void fetch_events();
    void take_events(Time now);
    bool has_events(const Device& device);
    void on_event(const host::Uevent& event, Time now);
    void on_tsm_event(Time now);
    void on_new_driver(Time now);
    void on_device_event(const host::Uevent& event, Time now);
    void on_change(Device& device, bool recovers, Time now);
    void appear(const std::string& address, Cause cause, Time now);
    void vanish(const std::string& name);
    void look_again(Device& device, Time now);
    void plan(const Device& device, Cause cause, Time when);
    void plan_quiet(const Device& device, Cause cause, Time now);
    void tell(std::string_view event, const Device* device, std::string_view reason = {},
              std::string detail = {}) const;
    bool write_down(std::span<const Note> notes, const Device* device) const;

    // guard_examine.cpp: who may speak, evidence, judgement
    void begin_what_is_due(Time now);
    std::optional<Ended> begin(Device& device, Time now);
    std::optional<appraisal::Verdict> negotiate(Device& device);
    void finished(Examination& examination);
    void conclude_finished(Time now);
    std::vector<Judged> keep_and_judge(const std::vector<examine::Visited>& visits);
    std::optional<Ended> take_up(Examination& examination, examine::Visited visited, Judged judged, Time now);
    void conclude(std::vector<Ended> ended, Time now);
    void weigh(Ended& ended);
    void write_down(std::span<const Ended> ended);
    bool begins_anew(const Device& device) const;
    void hold_bound_before(const Device& device, appraisal::Verdict& verdict) const;
    static void hold_to_what_was_accepted(const Device& device, appraisal::Verdict& verdict);
    static void answer_gone(const Examination& examination, const examine::Visited& visited);

    // guard_decide.cpp: what follows
    std::vector<owner::Owner> wanted_owners(const Device& device) const;
    bool wants_tsm(const Device& device) const;
    void decide(Device& device) const;
    void act(const Ended& ended, Time now);
    static bool is_another(const Device& device);
    void decide_virtual_function(Device& device, Time now);
    void admit(Device& device, const examine::Visited& visited, std::uint64_t generation, Time now);
    void let_in(Device& device, Time now);
    void refuse(Device& device, std::string_view quarantine);
    void take_away(Device& device);
    bool remember(const Device& device);
    Result<void> start_anew(Device& device, std::string_view event,
                            const std::function<void(Remembered&)>& change);
    void plan_next(Device& device, Time now);

    Parts parts_;
    Settings settings_;
    policy::Policy policy_;
    std::shared_ptr<const examine::Judge> judge_;
    Gate gate_;
    examine::Surroundings around_;
    std::map<std::string, Device, std::less<>> devices_;
    std::map<std::string, Plan, std::less<>> plans_;
    std::map<std::string, Remembered, std::less<>> recalled_;  // of devices that are not there
    std::map<const Examination*, std::unique_ptr<Examination>> running_;
    std::vector<const Examination*> finished_;
    Time conclude_at_{};     // at the latest, if some have finished
    host::Uevents pending_;  // fetched, and not yet looked at
    std::uint64_t generations_ = 0;
    Time next_rescan_{};
    bool deaf_ = false;  // events cannot be had now
    bool stopped_ = false;
};

}  // namespace busguard::daemon
