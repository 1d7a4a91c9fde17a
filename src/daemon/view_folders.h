#pragma once

#include "daemon/device_view.h"
#include "host/node_tree.h"

namespace busguard::daemon {

/// A device's `certificates/`: a file for each slot that it has. `view` outlives it, here and below.
class CertificateFolder final : public host::NodeTree::Folder {
public:
    CertificateFolder(const DeviceView& view, host::NodeTree::Stamp registered)
        : view_{&view}, registered_{registered} {}

    std::optional<Key> find(std::string_view name) const override;
    std::optional<Key> first_from(Key least) const override;
    std::optional<host::NodeTree::Item> item(Key key) const override;

private:
    const DeviceView* view_;
    host::NodeTree::Stamp registered_;
};

/// A device's `measurements/`: `signed`, and for each block N_value, N_type and, of a digest,
/// N_hash_algorithm.
class MeasurementFolder final : public host::NodeTree::Folder {
public:
    MeasurementFolder(const DeviceView& view, host::NodeTree::Stamp registered)
        : view_{&view}, registered_{registered} {}

    std::optional<Key> find(std::string_view name) const override;
    std::optional<Key> first_from(Key least) const override;
    std::optional<host::NodeTree::Item> item(Key key) const override;

private:
    const spdm::MeasurementBlock* block(Key key) const;
    host::NodeTree::Content content(const spdm::MeasurementBlock& its, std::size_t file) const;

    const DeviceView* view_;
    host::NodeTree::Stamp registered_;
};

}  // namespace busguard::daemon
