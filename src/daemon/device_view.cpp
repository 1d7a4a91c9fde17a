#include "daemon/device_view.h"

#include "daemon/attempt_errno.h"
#include "spdm/certificate_chain.h"

namespace busguard::daemon {
namespace {

using Support = DeviceView::Support;

Support support_without_dialogue(const appraisal::Verdict& verdict) {
    const auto code = verdict.primary == nullptr ? std::string_view{} : verdict.primary->code;
    return code == "device.no-doe" || code == "device.no-cma" ? Support::none : Support::unknown;
}

void take_in_slots(DeviceView& view, const evidence::Bundle& bundle) {
    if (!bundle.agreed || bundle.provisioned_slots == 0) return;  // it did not come to DIGESTS
    // Before 1.3 nobody says which slots there are: all of them are shown.
    view.supported_slots = bundle.agreed->version < spdm::Version::v1_3 ? 0xff : bundle.supported_slots;
    std::erase_if(view.slots,
                  [&](const auto& one) { return (bundle.provisioned_slots >> one.first & 1U) == 0; });
    for (const auto& [slot, chain] : bundle.chains) {
        if (chain.structure.empty()) continue;  // the attempt ended before it was read
        const auto structure = spdm::read_chain_structure(chain.structure, spdm::size(bundle.agreed->hash));
        if (structure)
            view.slots[slot] = to_bytes(structure->certificates);
        else
            view.slots.erase(slot);
    }
}

void take_in_measurements(DeviceView& view, const evidence::Bundle& bundle) {
    view.measurements = bundle.measurements;
    view.measurements_signed = bundle.measurements_signed;
    if (bundle.agreed && bundle.agreed->measurement_hash)
        view.measurement_hash = spdm::hash_of(*bundle.agreed->measurement_hash);
}

}  // namespace

void take_in(DeviceView& view, const examine::Visited& visited, const appraisal::Verdict& verdict) {
    view.authenticated = errno_of(visited, verdict) == 0;
    view.measurements.clear();
    view.measurements_signed = false;
    view.measurement_hash.reset();
    if (!visited.bundle) {
        if (view.support != Support::present) view.support = support_without_dialogue(verdict);
        return;
    }
    view.support = Support::present;
    take_in_slots(view, *visited.bundle);
    take_in_measurements(view, *visited.bundle);
}

}  // namespace busguard::daemon
