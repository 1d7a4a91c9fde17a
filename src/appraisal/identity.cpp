#include "appraisal/identity.h"

#include "appraisal/reference.h"
#include "evidence/nvidia.h"
#include "spdm/certificate_chain.h"
#include "trust/profile.h"

#include <fmt/format.h>

#include <algorithm>

namespace busguard::appraisal {
namespace {

using evidence::nvidia::parse_opaque;
using evidence::nvidia::reference_id;

std::string pci_text(const PciIdentity& its) {
    auto text = fmt::format("{:04x}:{:04x}", its.vendor, its.device);
    if (its.header_type == 0) text += fmt::format(":{:04x}:{:04x}", its.subsystem_vendor, its.subsystem);
    return text;
}

std::optional<crypto::Certificate> leaf_of(const evidence::Record& record) {
    const auto chain = spdm::read_chain_structure(record.chain, spdm::size(record.hash));
    if (!chain) return std::nullopt;
    auto split = crypto::split_chain(chain->certificates);
    if (!split || split->empty()) return std::nullopt;
    return split->back();
}

}  // namespace

std::string product_of(const crypto::Certificate& leaf) {
    const auto info = trust::device_info(leaf).value_or("");
    const auto last = info.rfind(':');
    return last == std::string::npos ? std::string{} : info.substr(0, last);
}

std::map<std::string, std::string> identity_of(const std::optional<PciIdentity>& pci,
                                               const crypto::Certificate* leaf, ByteView opaque) {
    std::map<std::string, std::string> identity;
    if (pci) identity["pci"] = pci_text(*pci);
    if (leaf == nullptr) return identity;
    const auto product = product_of(*leaf);
    if (!product.empty()) identity["product"] = product;
    if (!product.starts_with("NVIDIA:")) return identity;
    if (const auto fields = parse_opaque(opaque))
        if (auto id = reference_id(*fields); !id.empty()) identity["nvidia"] = std::move(id);
    return identity;
}

std::map<std::string, std::string> identity_of(const evidence::Bundle& bundle) {
    const auto measured = signed_measurements(bundle);
    const auto leaf = bundle.records.empty() ? std::nullopt : leaf_of(bundle.records.back());
    return identity_of(bundle.circumstances.pci, leaf ? &*leaf : nullptr, measured.opaque);
}

void add(SignedMeasurements& to, const evidence::Review& review, const std::optional<spdm::Agreed>& agreed) {
    for (const auto& block : review.measurements)
        if (std::ranges::find(to.blocks, block) == to.blocks.end()) to.blocks.push_back(block);
    const auto& negotiated = review.agreed ? review.agreed : agreed;
    if (negotiated && negotiated->measurement_hash)
        if (const auto hash = spdm::hash_of(*negotiated->measurement_hash)) to.hash = crypto::name(*hash);
    to.opaque = review.opaque;
}

SignedMeasurements signed_measurements(const evidence::Bundle& bundle) {
    SignedMeasurements all;
    for (const auto& record : bundle.records)
        if (record.kind == spdm::SigningContext::responder_measurements)
            add(all, evidence::review(record), bundle.agreed);
    return all;
}

}  // namespace busguard::appraisal
