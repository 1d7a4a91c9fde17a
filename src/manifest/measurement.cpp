#include "manifest/measurement.h"

#include <algorithm>

namespace busguard::manifest {
namespace {

using cbor::Item;
using cbor::Kind;

// Keys of measurement-map and measurement-values-map (draft-ietf-rats-corim); 12 is TCG's.
namespace key {
constexpr std::int64_t mkey = 0, mval = 1, authorized_by = 2;
constexpr std::int64_t svn = 1, digests = 2, raw_value = 4, raw_value_mask = 5, spdm_indirect = 12;
}  // namespace key
namespace tag {
constexpr std::uint64_t svn = 552, min_svn = 553, bytes = 560, masked_raw_value = 563;
}  // namespace tag

constexpr std::size_t largest_value = 0xffff;  // of a block (DSP0274)

constexpr std::string_view no_index = "do not say which SPDM measurement they are";
constexpr std::string_view several = "stand for several SPDM measurements together";
constexpr std::string_view no_value = "have no digest, raw value or security version that SPDM could tell";
constexpr std::string_view masked = "hold for some bits of a raw value only";
constexpr std::string_view at_least = "are a smallest security version";
constexpr std::string_view profile = "have values that only a profile can explain";

/// Which measurement: by key, by TCG's spdm-indirect, by the environment's index.
Result<std::uint8_t> index_of(const Item& item, const Item& values, const IndexRule& rule,
                              std::optional<std::uint64_t> class_index, std::string_view& left_out) {
    std::optional<std::uint64_t> number;
    if (const auto* mkey = item.find(key::mkey); mkey != nullptr) {
        if (mkey->is(Kind::number)) number = mkey->number;
    } else if (const auto* indirect = values.find(key::spdm_indirect); indirect != nullptr) {
        const auto* const list = TRY(indirect->need(0, "spdm-indirect"));
        const auto indices = TRY(list->as_array("spdm-indirect"));
        if (indices.size() > 1) left_out = several;
        number = TRY(indices[0].as_number("spdm-indirect"));
    } else if (rule.class_index) {
        number = class_index;
    }
    const auto index = number ? spdm_index(rule, *number) : std::nullopt;
    if (!index && left_out.empty()) left_out = no_index;
    return index.value_or(0);
}

/// The mask is of ones alone, or there is none.
bool whole(ByteView mask) {
    return std::ranges::all_of(mask, [](std::byte one) { return one == std::byte{0xff}; });
}

Result<void> read_raw(const Item& values, const Item& item, Measured& to) {
    constexpr std::string_view what = "raw-value";
    const Item* value = &item;
    const Item* mask = values.find(key::raw_value_mask);
    if (item.is_tag(tag::masked_raw_value)) {
        const auto parts = TRY(item.tagged().as_array(what));
        if (parts.size() != 2) return item.wrong(what);
        value = parts.data();
        mask = &parts[1];
    } else if (item.is_tag(tag::bytes)) {
        value = &item.tagged();
    }
    const auto bytes = TRY(value->as_bytes(what));
    if (bytes.size() > largest_value) return item.wrong(what);
    if (mask != nullptr) {
        const auto bits = TRY(mask->as_bytes(what));
        if (bits.size() != bytes.size()) return mask->wrong(what);
        if (!whole(bits)) to.left_out = masked;
    }
    to.wanted.raw = true;
    to.wanted.raw_values = {to_bytes(bytes)};
    return {};
}

/// DSP0274: a security version number is 8 bytes, little endian.
Result<void> read_svn(const Item& item, Measured& to) {
    constexpr std::string_view what = "svn";
    const bool least = item.is_tag(tag::min_svn);
    const auto number = TRY((least || item.is_tag(tag::svn) ? item.tagged() : item).as_number(what));
    if (least) to.left_out = at_least;
    Bytes value;
    for (unsigned byte = 0; byte < 8; ++byte)
        value.push_back(static_cast<std::byte>(number >> 8U * byte & 0xffU));
    to.wanted.type = spdm::MeasurementType::security_version;
    to.wanted.raw = true;
    to.wanted.raw_values = {std::move(value)};
    return {};
}

/// One block tells one value: a digest where there is one, else the raw value, else the version.
Result<void> read_values(const Item& values, Measured& to) {
    if (const auto* digests = values.find(key::digests); digests != nullptr) {
        for (auto& [hash, digest] : TRY(read_digests(*digests)))
            to.wanted.digests[hash] = {std::move(digest)};
        if (!to.wanted.digests.empty()) return {};
    }
    if (const auto* raw = values.find(key::raw_value); raw != nullptr) return read_raw(values, *raw, to);
    if (const auto* svn = values.find(key::svn); svn != nullptr) return read_svn(*svn, to);
    to.left_out = no_value;
    return {};
}

/// "If the processor is unable to determine the applicable comparison algorithm …" it does not match: such
/// values have negative keys, or texts.
bool explained(const Item& values) {
    for (std::size_t n = 0; n + 1 < values.items.size(); n += 2)
        if (!values.items[n].is(Kind::number)) return false;
    return true;
}

bool says_more(const Item& item, const Item& values) {
    std::size_t compared = values.find(key::spdm_indirect) != nullptr ? 1 : 0;
    if (values.find(key::raw_value_mask) != nullptr) ++compared;
    return item.find(key::authorized_by) != nullptr || values.items.size() / 2 > compared + 1;
}

}  // namespace

bool add_values(Wanted& to, const Wanted& more) {
    if (to.type != more.type || to.raw != more.raw) return false;
    const auto add = [](std::vector<Bytes>& all, const std::vector<Bytes>& others) {
        for (const auto& one : others)
            if (std::ranges::find(all, one) == all.end()) all.push_back(one);
    };
    add(to.raw_values, more.raw_values);
    for (const auto& [hash, digests] : more.digests) add(to.digests[hash], digests);
    return true;
}

Result<Measured> read_measurement(const Item& item, const IndexRule& rule,
                                  std::optional<std::uint64_t> class_index) {
    const auto* const mval = TRY(item.need(key::mval, "mval"));
    const auto* const values = TRY(mval->as_map("mval"));
    Measured measured;
    measured.wanted.type = rule.type;
    TRY(read_values(*values, measured));
    std::string_view left_out;
    measured.index = TRY(index_of(item, *values, rule, class_index, left_out));
    if (!explained(*values)) left_out = profile;
    if (!left_out.empty()) measured.left_out = left_out;
    measured.more = says_more(item, *values);
    return measured;
}

}  // namespace busguard::manifest
