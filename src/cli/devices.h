#pragma once

#include "cli/judging.h"
#include "cli/place.h"
#include "examine/visit.h"

namespace busguard::cli {

/// Which devices, and where they are.
struct DeviceOptions {
    PlaceOptions place;
    std::vector<std::string> names;
    bool all = false;
    std::string socket;  ///< HOST:PORT
    std::string transport = "mctp";
};
void add_device_options(Command command, DeviceOptions& options);

/// How the dialogue goes, as far as people choose.
struct PlanOptions {
    int slot = -1;  ///< -1: the lowest whose root is trusted, else the lowest
};
void add_plan_options(Command command, PlanOptions& options);
examine::VisitPlan plan_of(const PlanOptions& options, const examine::Judge& judge);

/// The devices that were asked for.
class Target {
public:
    static Tried<Target> open(Session& session, const DeviceOptions& options);

    Tried<std::vector<examine::Visited>> visit(Session& session, const examine::VisitPlan& plan) const;
    /// Were they named one by one?
    bool by_name() const { return by_name_; }
    std::vector<crypto::Certificate> anchors() const;
    /// Where they are; only for devices that have a place, not for one behind a socket.
    const host::FileTree& tree() const { return place_->tree(); }

private:
    std::optional<Place> place_;
    std::vector<std::string> devices_;
    std::string socket_;
    std::string transport_;
    bool by_name_ = true;
};

}  // namespace busguard::cli
