#include "daemon/view_folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string>

namespace busguard::daemon {
namespace {

using host::constant_attribute;
using Item = host::NodeTree::Item;
using Key = host::NodeTree::Folder::Key;
using Kind = host::NodeTree::Kind;

constexpr std::uint64_t largest_chain = 65535;  // DSP0274 1.0 table 18; what the series shows of each slot

enum MeasurementFile : std::size_t { value_file, type_file, hash_file };
constexpr std::array<std::string_view, 3> measurement_files{"_value", "_type", "_hash_algorithm"};
constexpr std::string_view signed_name = "signed";
constexpr Key signed_key = 0;
constexpr Key key_of(std::uint8_t index, std::size_t file) {
    return 1 + (index * measurement_files.size()) + file;
}

std::string name_of(spdm::MeasurementType type) {
    const auto known = spdm::name(type);
    return known.empty() ? fmt::format("{:#04x}", static_cast<unsigned>(type)) : std::string{known};
}

std::optional<std::uint8_t> number_of(std::string_view digits) {
    std::uint8_t number = 0;
    const auto* const end = std::to_address(digits.end());
    const auto [stop, error] = std::from_chars(std::to_address(digits.begin()), end, number);
    if (error != std::errc{} || stop != end || digits != std::to_string(number)) return std::nullopt;
    return number;
}

/// The key, if the folder has it.
std::optional<Key> if_there(const host::NodeTree::Folder& folder, Key key) {
    return folder.first_from(key) == key ? std::optional{key} : std::nullopt;
}

}  // namespace

std::optional<Key> CertificateFolder::find(std::string_view name) const {
    constexpr std::string_view stem = "slot";
    if (!name.starts_with(stem)) return std::nullopt;
    const auto slot = number_of(name.substr(stem.size()));
    return slot ? if_there(*this, *slot) : std::nullopt;
}

std::optional<Key> CertificateFolder::first_from(Key least) const {
    for (Key slot = least; slot < spdm::slot_count; ++slot)
        if ((view_->supported_slots >> slot & 1U) != 0) return slot;
    return std::nullopt;
}

std::optional<Item> CertificateFolder::item(Key key) const {
    if (!if_there(*this, key)) return std::nullopt;
    host::NodeTree::Content content{.size = largest_chain, .changed = registered_};
    content.read_at = [view = view_, key](std::uint64_t offset, std::size_t length) -> Result<Bytes> {
        const auto found = view->slots.find(static_cast<spdm::SlotId>(key));
        if (found == view->slots.end()) return Bytes{};
        return host::part_of(found->second, offset, length);
    };
    return Item{.kind = Kind::file, .name = fmt::format("slot{}", key), .content = std::move(content)};
}

std::optional<Key> MeasurementFolder::find(std::string_view name) const {
    if (name == signed_name) return signed_key;
    const auto stem = name.substr(0, name.find('_'));
    const auto* const file = std::ranges::find(measurement_files, name.substr(stem.size()));
    const auto index = number_of(stem);
    if (!index || file == measurement_files.end()) return std::nullopt;
    return if_there(*this, key_of(*index, static_cast<std::size_t>(file - measurement_files.begin())));
}

std::optional<Key> MeasurementFolder::first_from(Key least) const {
    if (least <= signed_key) return signed_key;
    std::optional<Key> first;
    for (const auto& one : view_->measurements)
        for (auto file : {value_file, type_file, hash_file}) {
            const auto key = key_of(one.index, file);
            const bool is_there = file != hash_file || (!one.raw && view_->measurement_hash);
            if (is_there && key >= least) first = std::min(key, first.value_or(key));
        }
    return first;
}

const spdm::MeasurementBlock* MeasurementFolder::block(Key key) const {
    const auto index = (key - 1) / measurement_files.size();
    const auto found = std::ranges::find(view_->measurements, index, &spdm::MeasurementBlock::index);
    return found == view_->measurements.end() ? nullptr : &*found;
}

std::optional<Item> MeasurementFolder::item(Key key) const {
    if (!if_there(*this, key)) return std::nullopt;
    Item item{.kind = Kind::file};
    if (key == signed_key) {
        item.name = signed_name;
        item.content = constant_attribute(view_->measurements_signed ? "1" : "0");
    } else {
        const auto& its = *block(key);
        const auto file = (key - 1) % measurement_files.size();
        item.name = fmt::format("{}{}", its.index, measurement_files.at(file));
        item.content = content(its, file);
    }
    item.content.changed = registered_;
    return item;
}

host::NodeTree::Content MeasurementFolder::content(const spdm::MeasurementBlock& its,
                                                   std::size_t file) const {
    switch (file) {
        case type_file: return constant_attribute(name_of(its.type));
        case hash_file: return constant_attribute(std::string{crypto::name(*view_->measurement_hash)});
        default: break;
    }
    host::NodeTree::Content content{.size = its.value.size()};
    content.read_at = [this, key = key_of(its.index, value_file)](std::uint64_t offset, std::size_t length) {
        const auto* now = block(key);
        return now == nullptr ? Bytes{} : host::part_of(now->value, offset, length);
    };
    return content;
}

}  // namespace busguard::daemon
