#include "manifest/swid.h"

#include "base/hex.h"
#include "manifest/index_rule.h"
#include "manifest/signer.h"
#include "manifest/text.h"
#include "manifest/xml.h"
#include "manifest/xml_signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

namespace busguard::manifest {
namespace {

using appraisal::Reference;
using appraisal::ReferenceValue;

constexpr std::string_view swid = "http://standards.iso.org/iso/19770/-2/2015/schema.xsd";
constexpr std::string_view nvidia = "NVIDIA Corporation";
constexpr std::size_t most_rows = 4096;
constexpr std::uint64_t most_alternatives = 256;
constexpr std::size_t longest_name = 256;

/// An attribute by its local name, whatever its namespace: tools differ in those of TCG's attributes.
const xmlAttr* find(const xmlNode& node, std::string_view name) {
    for (const auto* one = node.properties; one != nullptr; one = one->next)
        if (xml::view(one->name) == name) return one;
    return nullptr;
}

/// Without a document type, an attribute's value is one text, or nothing.
std::string_view value_of(const xmlAttr& attribute) {
    return attribute.children == nullptr ? std::string_view{} : xml::view(attribute.children->content);
}

std::string_view text_of(const xmlNode& node, std::string_view name) {
    const auto* const found = find(node, name);
    return found == nullptr ? std::string_view{} : value_of(*found);
}

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t number = 0;
    const auto* const end = std::to_address(text.end());
    const auto read = std::from_chars(std::to_address(text.begin()), end, number);
    if (text.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

std::string upper(std::string_view text) {
    std::string out{text};
    for (auto& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

/// "1010_0200_882_96005E0001" out of "…/NV_GPU_VBIOS_1010_0200_882_96005E0001.swidtag": the version and the
/// three parts before it. Empty if the name has no such parts.
std::string nvidia_id(const std::string& where, std::string_view version) {
    auto digits = upper(version);
    std::erase(digits, '.');
    const auto name = std::filesystem::path{where}.stem().string();
    std::vector<std::string> parts{{}};
    for (const char c : name)
        if (c == '_')
            parts.emplace_back();
        else
            parts.back() += c;
    for (std::size_t n = 3; n < parts.size(); ++n)
        if (!digits.empty() && upper(parts[n]) == digits)
            return fmt::format("{}_{}_{}_{}", parts[n - 3], parts[n - 2], parts[n - 1], digits);
    return {};
}

class Reader {
public:
    explicit Reader(const std::string& where) : where_{&where} {}

    Checked<Reference> read(const xmlNode& root) {
        const auto* const meta = TRY(only(root, "Meta"));
        const auto* const payload = TRY(only(root, "Payload"));
        Reference reference{.name = shown(text_of(root, "tagId"))};
        TRY(read_identity(*meta, reference));
        for (const auto* row : xml::children(*payload, swid, "Resource")) {
            if (text_of(*row, "type") != "Measurement") continue;
            if (rows_.size() == most_rows) return wrong(*row, "Resource", "occurs too often");
            TRY(read_row(*row, reference));
        }
        return reference;
    }
    std::size_t inactive() const { return inactive_; }

private:
    Failure<Problem> wrong(const xmlNode& node, std::string field, std::string message) const {
        return fail(Problem{.where = *where_,
                            .line = static_cast<std::size_t>(std::max(xmlGetLineNo(&node), 0L)),
                            .field = std::move(field),
                            .message = std::move(message)});
    }

    Checked<const xmlNode*> only(const xmlNode& root, std::string_view name) const {
        const auto found = xml::children(root, swid, name);
        if (found.size() != 1) return wrong(root, std::string{name}, "there has to be one");
        return static_cast<const xmlNode*>(found.front());
    }

    /// Whose it is decides how rows are counted, and for which devices they are.
    Checked<void> read_identity(const xmlNode& meta, Reference& to) {
        auto manufacturer = text_of(meta, "PlatformManufacturerStr");
        if (manufacturer.empty()) manufacturer = text_of(meta, "FirmwareManufacturer");
        auto model = text_of(meta, "PlatformModel");
        if (model.empty()) model = text_of(meta, "product");
        for (const auto text : {manufacturer, model})
            if (text.empty() || text.size() > longest_name || !printable(text))
                return wrong(meta, "Meta", "does not name the platform's manufacturer and model");
        rule_ = &index_rule(Form::swid, manufacturer);
        if (manufacturer != nvidia) {
            to.applies_to["product"] = fmt::format("{}:{}", manufacturer, model);
            return {};
        }
        const auto version = text_of(meta, "colloquialVersion");
        const auto id = nvidia_id(*where_, version);
        if (id.empty() || !printable(id))
            return refuse(*where_, "colloquialVersion",
                          fmt::format("the file's name does not say for which board this is (version {})",
                                      shown(version)),
                          "call it as the vendor does, PROJECT_SKU_CHIPSKU_VERSION.swidtag; driver RIMs "
                          "cannot be used");
        to.applies_to["nvidia"] = id;
        return {};
    }

    Checked<void> read_row(const xmlNode& row, Reference& to) {
        const auto number = number_in(text_of(row, "index"));
        const auto index = number ? spdm_index(*rule_, *number) : std::nullopt;
        if (!index) return wrong(row, "index", "is none of SPDM's");
        if (!rows_.insert(*index).second) return wrong(row, "index", "occurs twice");
        const auto active = upper(text_of(row, "active"));
        if (active == "FALSE") {
            ++inactive_;
            to.not_judged.insert(*index);
            return {};
        }
        if (active != "TRUE") return wrong(row, "active", "is neither True nor False");
        const auto count = number_in(text_of(row, "alternatives"));
        if (!count || *count == 0 || *count > most_alternatives)
            return wrong(row, "alternatives", "has to be 1 to 256");
        ReferenceValue value{.index = *index, .type = rule_->type};
        for (std::uint64_t n = 0; n < *count; ++n) value.any_of.push_back(TRY(read_digest(row, n, to)));
        to.values.push_back(std::move(value));
        return {};
    }

    /// Its algorithm is the end of its namespace: "http://www.w3.org/2001/04/xmlenc#sha384".
    Checked<Bytes> read_digest(const xmlNode& row, std::uint64_t n, Reference& to) const {
        const auto name = fmt::format("Hash{}", n);
        const auto* const attribute = find(row, name);
        if (attribute == nullptr || attribute->ns == nullptr) return wrong(row, name, "is missing");
        const auto space = xml::view(attribute->ns->href);
        const auto hash = crypto::hash_named(space.substr(std::min(space.rfind('#') + 1, space.size())));
        if (!hash) return wrong(row, name, "has no hash algorithm for a namespace");
        auto digest = from_hex(value_of(*attribute));
        if (!digest || digest->size() != crypto::size(*hash))
            return wrong(row, name, fmt::format("is no {} digest", crypto::name(*hash)));
        if (to.hash.empty()) to.hash = crypto::name(*hash);
        if (to.hash != crypto::name(*hash))
            return wrong(row, name, "is of another algorithm than those before");
        return *std::move(digest);
    }

    const std::string* where_;
    const IndexRule* rule_ = &common_rule;
    std::set<std::uint8_t> rows_;
    std::size_t inactive_ = 0;
};

}  // namespace

Checked<Manifest> swid_references(ByteView file, const std::string& where, const Signers& signers) {
    const auto document = TRY(in_file(xml::parse(file), where));
    const auto& root = *xmlDocGetRootElement(document.get());
    if (!xml::is(root, swid, "SoftwareIdentity")) return refuse(where, "SoftwareIdentity", "is no SWID tag");
    const auto standing = TRY(check_signature(*document, signers, where));
    Reader reader{where};
    Manifest manifest;
    manifest.references.push_back(TRY(reader.read(root)));
    const auto& name = manifest.references.front().name;
    if (reader.inactive() != 0)
        manifest.remarks.push_back(
            fmt::format("{}: rows that are not active are not judged: {}", name, reader.inactive()));
    manifest.remarks.push_back(standing.value_or("unsigned: taken because it was named"));
    return manifest;
}

}  // namespace busguard::manifest
