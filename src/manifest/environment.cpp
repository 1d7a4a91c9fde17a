#include "manifest/environment.h"

#include "base/hex.h"
#include "manifest/text.h"

namespace busguard::manifest {
namespace {

using cbor::Item;

// Keys of environment-map and class-map.
namespace key {
constexpr std::int64_t class_map = 0, instance = 1, group = 2;
constexpr std::int64_t class_id = 0, vendor = 1, model = 2, layer = 3, index = 4;
}  // namespace key

constexpr std::size_t longest_name = 256;

Result<std::string> read_name(const Item& item, std::string_view what) {
    const auto text = TRY(item.as_text(what));
    if (text.empty() || text.size() > longest_name || !printable(text)) return item.wrong(what);
    return std::string{text};
}

Result<void> read_class(const Item& item, Environment& to) {
    TRY(item.as_map("class"));
    const auto* const vendor = item.find(key::vendor);
    const auto* const model = item.find(key::model);
    const auto* const index = item.find(key::index);
    if (index != nullptr) to.index = TRY(index->as_number("index"));
    to.narrower = item.find(key::class_id) != nullptr || item.find(key::layer) != nullptr || index != nullptr;
    if (vendor == nullptr || model == nullptr) {
        to.applies_to["class"] = shown(as_text(item.encoded));
        return {};
    }
    const auto vendor_name = TRY(read_name(*vendor, "vendor"));
    to.rule = &index_rule(Form::comid, vendor_name);
    to.applies_to["product"] = vendor_name + ":" + TRY(read_name(*model, "model"));
    return {};
}

}  // namespace

Result<Environment> read_environment(const Item& item) {
    TRY(item.as_map("environment-map"));
    Environment environment;
    if (const auto* found = item.find(key::class_map); found != nullptr) TRY(read_class(*found, environment));
    if (const auto* found = item.find(key::instance); found != nullptr)
        environment.applies_to["instance"] = shown(as_text(found->encoded));
    if (const auto* found = item.find(key::group); found != nullptr)
        environment.applies_to["group"] = shown(as_text(found->encoded));
    if (environment.applies_to.empty()) return item.wrong("environment-map");
    return environment;
}

}  // namespace busguard::manifest
