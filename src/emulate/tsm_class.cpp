#include "emulate/tsm_class.h"

#include "emulate/pci_function.h"

#include <algorithm>
#include <cerrno>

namespace busguard::emulate {
namespace {

constexpr std::string_view prefix = "tsm";
constexpr std::size_t longest_name = 16;

}  // namespace

bool is_tsm_name(std::string_view name) {
    if (!name.starts_with(prefix) || name.size() == prefix.size() || name.size() > longest_name) return false;
    return std::ranges::all_of(name.substr(prefix.size()), [](char c) { return c >= '0' && c <= '9'; });
}

Result<void> TsmClass::add(const std::string& tsm) {
    if (!is_tsm_name(tsm)) return refused(EINVAL, "tsm");
    if (has(tsm)) return refused(EEXIST, "tsm");
    auto below = [this](host::NodeTree::Id parent, const char* name) {
        return tree_->add_directory(parent, name);
    };
    const auto root = host::NodeTree::root;
    const auto virtual_tsms = below(below(below(root, "devices"), "virtual"), "tsm");
    tsms_[tsm] = tree_->add_directory(virtual_tsms, tsm);
    tree_->add_link(below(below(root, "class"), "tsm"), tsm, "../../devices/virtual/tsm/" + tsm);
    say("add", tsm);
    return {};
}

void TsmClass::open(const std::string& tsm) { say("change", tsm); }

Result<void> TsmClass::remove(const std::string& tsm) {
    const auto found = tsms_.find(tsm);
    if (found == tsms_.end()) return refused(ENXIO, "tsm");
    if (const auto link = tree_->find("class/tsm/" + tsm, false)) tree_->remove(*link);
    tree_->remove(found->second);
    tsms_.erase(found);
    say("remove", tsm);
    return {};
}

void TsmClass::say(const char* action, const std::string& tsm) {
    if (uevents_ != nullptr)
        uevents_->say({.action = action, .path = "devices/virtual/tsm/" + tsm, .subsystem = "tsm"});
}

void TsmClass::show(host::NodeTree::Id function, const PciAddress& address, std::string& connected) {
    if (tsms_.empty()) return;
    const auto directory = tree_->add_directory(function, "tsm");
    auto connect = host::command_attribute(
        [this, &connected](std::string_view word) -> Result<void> {
            if (!word.starts_with(prefix)) return refused(EINVAL, "tsm/connect");
            if (!connected.empty()) return refused(EBUSY, "tsm/connect");
            if (!has(word)) return refused(ENXIO, "tsm/connect");
            connected = word;
            return {};
        },
        0644);
    connect.text = host::text_attribute([&connected] { return connected; }).text;
    tree_->add_file(directory, "connect", std::move(connect));
    tree_->add_file(directory, "disconnect",
                    host::command_attribute([&connected](std::string_view word) -> Result<void> {
                        if (connected.empty()) return refused(ENXIO, "tsm/disconnect");
                        if (word != connected) return refused(EINVAL, "tsm/disconnect");
                        connected.clear();
                        return {};
                    }));
    tree_->add_file(directory, "dsm", host::text_attribute([&connected, name = address.text()] {
                        return connected.empty() ? std::string{} : name;
                    }));
    // Mainline's: the connected TSM's name, not the 0 or 1 of the CMA series (kernel-abi.md 6). After a reset
    // it stays, although the TSM's session is gone: so it is in Linux 7.2.
    tree_->add_file(function, "authenticated", host::text_attribute([&connected] { return connected; }));
}

void TsmClass::hide(host::NodeTree::Id function) {
    for (const auto* name : {"tsm", "authenticated"})
        if (const auto node = tree_->child(function, name)) tree_->remove(*node);
}

}  // namespace busguard::emulate
