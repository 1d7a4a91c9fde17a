#include "daemon/file_abi.h"

#include "daemon/signature_log.h"
#include "daemon/view_folders.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>

namespace busguard::daemon {
namespace {

using host::NodeTree;
using Support = DeviceView::Support;

constexpr std::string_view limit_name = "max_signatures_size";
constexpr std::uint64_t default_limit = std::uint64_t{16} << 20U;
constexpr std::uint64_t largest_limit = std::numeric_limits<std::int32_t>::max();

Failure<Error> refused(std::string_view what, int error) {
    return fail(Errc::unsupported, what, 0, static_cast<std::uint32_t>(error));
}

/// What was written, as sysfs takes it: up to a NUL, without one line feed at the end.
std::string_view word_of(ByteView bytes) {
    auto text = as_text(bytes);
    text = text.substr(0, text.find('\0'));
    if (text.ends_with('\n')) text.remove_suffix(1);
    return text;
}

/// As a sysctl takes a number: white space around it does not matter.
std::optional<std::uint64_t> number_of(std::string_view text) {
    constexpr std::string_view white = " \t\n\r\v\f";
    const auto first = text.find_first_not_of(white);
    if (first == std::string_view::npos) return std::nullopt;
    text = text.substr(first, text.find_last_not_of(white) + 1 - first);
    std::uint64_t number = 0;
    const auto* const end = std::to_address(text.end());
    const auto [stop, error] = std::from_chars(std::to_address(text.begin()), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

/// An action that nobody gave is one that nobody may do.
/// A copy of the name: the action may take the device away.
/// NOLINTNEXTLINE(performance-unnecessary-value-param)
Result<void> by(const std::function<Result<void>(const std::string&)>& action, std::string device) {
    return action ? action(device) : fail(Errc::permission, "action");
}

bool is_one_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
           name.find('\0') == std::string_view::npos;
}

}  // namespace

struct FileAbi::Shown {
    Shown(DeviceView first, RecordCache& records, NodeTree::Stamp now)
        : view{std::move(first)},
          registered{now},
          certificates{view, now},
          measurements{view, now},
          signatures{records, nonce, now} {}

    DeviceView view;
    NodeTree::Stamp registered;
    NextNonce nonce;
    CertificateFolder certificates;
    MeasurementFolder measurements;
    SignatureLog signatures;
    NodeTree::Id bus = 0;
    NodeTree::Id directory = 0;
};

FileAbi::FileAbi(NodeTree& tree, Clock& clock, Actions actions)
    : tree_{&tree},
      clock_{&clock},
      actions_{std::move(actions)},
      records_{actions_.load},
      most_signatures_{default_limit} {
    tree_->add_file(NodeTree::root, std::string{limit_name}, size_limit());
}

FileAbi::~FileAbi() {
    while (!devices_.empty()) hide(devices_.begin()->first);
    if (const auto limit = tree_->child(NodeTree::root, limit_name)) tree_->remove(*limit);
}

Result<void> FileAbi::show(DeviceView view) {
    auto* shown = find(view.device);
    if (shown == nullptr) {
        const auto slash = view.device.find('/');
        const auto bus = view.device.substr(0, slash);
        const auto address = slash == std::string::npos ? std::string{} : view.device.substr(slash + 1);
        if (!is_one_name(bus) || !is_one_name(address) || bus == limit_name)
            return fail(Errc::bad_field, "device");
        auto made = std::make_unique<Shown>(std::move(view), records_, clock_->calendar());
        shown = made.get();
        shown->bus = tree_->add_directory(NodeTree::root, bus, shown->registered);
        shown->directory = tree_->add_directory(shown->bus, address, shown->registered);
        devices_.emplace(shown->view.device, std::move(made));
    } else {
        shown->view = std::move(view);
    }
    arrange_files(*shown);
    return {};
}

/// Those that are to be seen by now. One that was shown goes only if the device turns out not to do this at
/// all.
void FileAbi::arrange_files(Shown& shown) {
    const auto& view = shown.view;
    const auto visible = [&](std::string_view name, bool is, const auto& add) {
        const auto there = tree_->child(shown.directory, name);
        if (is && !there) add(std::string{name});
        if (!is && there) tree_->remove(*there);
    };
    const auto file = [&](NodeTree::Content content) {
        content.changed = shown.registered;
        return [this, &shown, content = std::move(content)](std::string name) {
            tree_->add_file(shown.directory, std::move(name), content);
        };
    };
    const auto folder = [&](const NodeTree::Folder& its) {
        return [this, &shown, &its](std::string name) {
            tree_->add_folder(shown.directory, std::move(name), its, shown.registered);
        };
    };
    const bool present = view.support == Support::present;
    visible("authenticated", view.support != Support::none, file(authenticated(shown)));
    visible("certificates", present && view.supported_slots != 0, folder(shown.certificates));
    visible("signatures", present, folder(shown.signatures));
    visible("measurements", present, folder(shown.measurements));
    visible(
        "standing", true,
        file(ordered(view.standing, "release", [this, &view] { return by(actions_.release, view.device); })));
    visible("owner", true,
            file(ordered(view.owner, "native", [this, &view] { return by(actions_.claim, view.device); })));
    visible("verdict.json", true, file({.text = [&view] { return view.verdict_json; }}));
    tree_->set_size(*tree_->child(shown.directory, "verdict.json"), view.verdict_json->size());
}

NodeTree::Content FileAbi::authenticated(const Shown& shown) const {
    NodeTree::Content content{.mode = 0644};
    content.text = [&view = shown.view]() -> Result<NodeTree::Text> {
        if (view.support == Support::unknown) return refused("authenticated", ENOTTY);
        return std::make_shared<const std::string>(view.authenticated ? "1\n" : "0\n");
    };
    content.write_later = [this, &view = shown.view](std::uint64_t, ByteView bytes, NodeTree::Written done) {
        if (view.support == Support::unknown || word_of(bytes) != "re") {
            done(refused("authenticated", view.support == Support::unknown ? ENOTTY : EINVAL));
            return;
        }
        const auto device = view.device;  // the device may go while the attempt lasts
        actions_.reauthenticate(device, [done = std::move(done), all = bytes.size()](int failure) {
            if (failure == 0)
                done(all);
            else
                done(refused("re", failure));
        });
    };
    return content;
}

/// A word that is shown, and the one order that root may write in its place.
NodeTree::Content FileAbi::ordered(const std::string& shown, std::string_view order,
                                   std::function<Result<void>()> action) {
    auto content = host::text_attribute([&shown] { return shown; }, 0644);
    content.write_at = [order, action = std::move(action)](std::uint64_t,
                                                           ByteView bytes) -> Result<std::size_t> {
        if (word_of(bytes) != order) return refused(order, EINVAL);
        const auto done = action();
        if (done) return bytes.size();
        return done.error().code == Errc::unexpected ? refused(order, EINVAL) : fail(done.error());
    };
    return content;
}

NodeTree::Content FileAbi::size_limit() {
    auto content = host::text_attribute([this] { return std::to_string(most_signatures_); }, 0644);
    content.size = 0;  // as below /proc
    content.changed = clock_->calendar();
    content.write_at = [this](std::uint64_t offset, ByteView bytes) -> Result<std::size_t> {
        if (offset != 0) return bytes.size();  // a sysctl looks at what comes first
        const auto number = number_of(as_text(bytes));
        if (!number || *number > largest_limit) return refused("max_signatures_size", EINVAL);
        most_signatures_ = *number;
        for (const auto& [name, shown] : devices_) shown->signatures.shrink(most_signatures_);
        return bytes.size();
    };
    return content;
}

void FileAbi::hide(std::string_view device) {
    const auto found = devices_.find(device);
    if (found == devices_.end()) return;
    const auto bus = found->second->bus;
    tree_->remove(found->second->directory);
    devices_.erase(found);
    if (const auto rest = tree_->entries(bus, 0, 1); rest && rest->empty()) tree_->remove(bus);
}

const DeviceView* FileAbi::view(std::string_view device) const {
    const auto* shown = find(device);
    return shown == nullptr ? nullptr : &shown->view;
}

void FileAbi::record(std::string_view device, std::uint64_t evidence, const evidence::Bundle& bundle) {
    if (auto* shown = find(device))
        shown->signatures.add(evidence, bundle, clock_->calendar(), most_signatures_);
}

std::optional<spdm::Nonce> FileAbi::take_nonce(std::string_view device) {
    auto* shown = find(device);
    return shown == nullptr ? std::nullopt : shown->nonce.take();
}

FileAbi::Shown* FileAbi::find(std::string_view device) const {
    const auto found = devices_.find(device);
    return found == devices_.end() ? nullptr : found->second.get();
}

}  // namespace busguard::daemon
