#include "daemon/publisher.h"

#include "daemon/verdict_text.h"

#include <algorithm>
#include <array>

namespace busguard::daemon {
namespace {

/// In quotes, with what is not printable escaped: a line stays one line whoever chose the text.
std::string in_quotes(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte > 0x7e) {
            out += "\\x";
            out += digits[byte >> 4U];
            out += digits[byte & 0xfU];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

}  // namespace

Priority priority_of(const Event& event) {
    constexpr std::array errors{"store.failed", "device.cannot-keep-out"};
    constexpr std::array warnings{"device.quarantined", "device.swapped",  "device.window",
                                  "events.lost",        "events.failed",   "owner.refused",
                                  "device.cannot-bind", "log.unpublished", "log.untidy"};
    if (std::ranges::find(errors, event.name) != errors.end()) return Priority::error;
    if (std::ranges::find(warnings, event.name) != warnings.end()) return Priority::warning;
    return event.name == "device.appeared" || event.name == "device.gone" ? Priority::info : Priority::notice;
}

std::string line_of(const Event& event) {
    std::string line{event.name};
    if (const auto* device = event.device; device != nullptr) {
        line += " " + device->name;
        if (device->decision) line += " rule=" + in_quotes(device->decision->rule);
        if (device->verdict) line += " state=" + std::string{name(device->verdict->state)};
        if (!device->driver.empty()) line += " driver=" + in_quotes(device->driver);
    }
    if (!event.reason.empty()) line += " reason=" + std::string{event.reason};
    if (!event.detail.empty()) line += " detail=" + in_quotes(event.detail);
    return line;
}

std::vector<std::string> fields_of(const Event& event) {
    std::vector<std::string> fields{"MESSAGE=" + line_of(event),
                                    "PRIORITY=" + std::to_string(static_cast<int>(priority_of(event))),
                                    "BUSGUARD_EVENT=" + std::string{event.name}};
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) fields.push_back("BUSGUARD_" + std::string{name} + "=" + std::string{value});
    };
    if (const auto* device = event.device; device != nullptr) {
        add("DEVICE", device->name);
        add("STANDING", name(device->standing));
        if (device->decision) add("RULE", device->decision->rule);
        if (device->verdict) add("STATE", name(device->verdict->state));
        add("OWNER", device->owner.text());
        add("DRIVER", device->driver);
    }
    add("REASON", event.reason);
    add("DETAIL", event.detail);
    return fields;
}

DeviceView Publisher::view_of(const Device& device) const {
    const auto* shown = files_->view(device.name);
    auto view = shown != nullptr ? *shown : DeviceView{.device = device.name};
    view.standing = name(device.standing);
    view.owner = device.owner.text();
    auto text = verdict_json(device, enforcing_);
    text.shrink_to_fit();  // the writer doubles it as it goes
    view.verdict_json = std::make_shared<const std::string>(std::move(text));
    return view;
}

void Publisher::examined(const Device& device, const examine::Visited& visited, EvidenceIndex evidence) {
    auto view = view_of(device);
    take_in(view, visited, *device.verdict);
    (void)files_->show(std::move(view));  // the name is of the right form
    if (visited.bundle && evidence) files_->record(device.name, *evidence, *visited.bundle);
}

void Publisher::changed(const Device& device) { (void)files_->show(view_of(device)); }

void Publisher::gone(const Device& device) { files_->hide(device.name); }

void Publisher::happened(const Event& event) {
    tell_(event);
    if (event.device != nullptr && event.name == "device.appeared") changed(*event.device);
}

}  // namespace busguard::daemon
