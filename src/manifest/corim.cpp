#include "manifest/corim.h"

#include "base/hex.h"
#include "manifest/cose.h"
#include "manifest/signer.h"
#include "manifest/text.h"
#include "manifest/triples.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace busguard::manifest {
namespace {

using cbor::Item;
using cbor::Kind;

namespace tag {
constexpr std::uint64_t cose_sign1 = 18, corim = 501, comid = 506;
constexpr std::uint64_t any_corim = 500, signed_corim = 502;  // of earlier drafts, around the others
}  // namespace tag
// Keys of corim-map, concise-mid-tag and triples-map.
namespace key {
constexpr std::int64_t id = 0, tags = 1, dependent_rims = 2, rim_validity = 4;
constexpr std::int64_t tag_identity = 1, triples = 4;
constexpr std::int64_t reference_triples = 0;
}  // namespace key

constexpr std::size_t most_tags = 256;

/// tag-id-type-choice, corim-id-type-choice: a text, or a UUID.
Result<std::string> read_id(const Item& item, std::string_view what) {
    constexpr std::size_t uuid_size = 16;
    if (item.is(Kind::text)) return shown(as_text(item.bytes));
    const auto bytes = TRY((item.is_tag(37) ? item.tagged() : item).as_bytes(what));
    auto hex = to_hex(bytes.first(std::min(bytes.size(), uuid_size)));
    if (bytes.size() == uuid_size)
        for (const std::size_t dash : {8U, 13U, 18U, 23U}) hex.insert(dash, 1, '-');
    return hex;
}

class Reader {
public:
    explicit Reader(Manifest& into) : into_{&into} {}

    Result<void> read_comid(const Item& comid) {
        TRY(comid.as_map("concise-mid-tag"));
        const auto* const identity = TRY(comid.need(key::tag_identity, "tag-identity"));
        const auto* const id = TRY(identity->need(0, "tag-id"));
        const auto name = TRY(read_id(*id, "tag-id"));
        const auto* const triples = TRY(comid.need(key::triples, "triples"));
        TRY(triples->as_map("triples"));
        Triples collected{name};
        const auto* const references = triples->find(key::reference_triples);
        if (references != nullptr) TRY(collected.add_all(*references, "reference-triples"));
        collected.finish(into_->references, into_->remarks);
        if (references == nullptr) remark(name + ": has no reference triples");
        if (triples->items.size() > (references == nullptr ? 0U : 2U))
            remark(name + ": its triples of other kinds than reference values are not used");
        return {};
    }

    Result<void> read_corim(const Item& corim) {
        TRY(corim.as_map("corim-map"));
        const auto* const id = TRY(corim.need(key::id, "corim-id"));
        const auto name = TRY(read_id(*id, "corim-id"));
        const auto* const tags = TRY(corim.need(key::tags, "tags"));
        const auto list = TRY(tags->as_array("tags"));
        if (list.size() > most_tags) return fail(Errc::too_large, "tags", tags->offset);
        std::size_t others = 0;
        for (const auto& one : list) {
            if (!one.is_tag(tag::comid)) {
                ++others;
                continue;
            }
            const auto comid = TRY(cbor::parse_inside(one.tagged(), "concise-mid-tag"));
            TRY(read_comid(comid));
        }
        if (others != 0) remark(fmt::format("{}: tags that are no CoMID are not used: {}", name, others));
        if (corim.find(key::dependent_rims) != nullptr)
            remark(name + ": the manifests that it depends on are not read");
        return {};
    }

    void remark(std::string text) { into_->remarks.push_back(std::move(text)); }

private:
    Manifest* into_;
};

Checked<void> hold_validity(const Item& corim, const Signers& signers, const std::string& where) {
    const auto* const validity = corim.find(key::rim_validity);
    if (validity == nullptr) return {};
    std::array<std::optional<std::chrono::sys_seconds>, 2> ends;
    for (std::size_t n = 0; n < ends.size(); ++n)
        if (const auto* end = validity->find(static_cast<std::int64_t>(n)); end != nullptr)
            ends.at(n) = TRY(in_file(read_time(*end, "rim-validity"), where));
    return hold_dates(ends[0], ends[1], signers, where);
}

Checked<Manifest> read_unsigned(const Item& item, const Signers& signers, const std::string& where) {
    Manifest manifest;
    Reader reader{manifest};
    const Item* inner = &item;
    while (inner->is_tag(tag::any_corim)) inner = &inner->tagged();
    if (inner->is_tag(tag::corim)) {
        TRY(hold_validity(inner->tagged(), signers, where));
        TRY(in_file(reader.read_corim(inner->tagged()), where));
    } else if (inner->is_tag(tag::comid)) {
        const auto comid = TRY(in_file(cbor::parse_inside(inner->tagged(), "concise-mid-tag"), where));
        TRY(in_file(reader.read_comid(comid), where));
    } else if (inner->is(Kind::map)) {
        TRY(in_file(reader.read_comid(*inner), where));
    } else {
        return refuse(where, "corim", "is no CoRIM: neither tag 501 nor 506");
    }
    return manifest;
}

/// What the wrappings of earlier drafts are around.
const Item& unwrapped(const Item& item) {
    const Item* inner = &item;
    while (inner->is_tag(tag::any_corim) || inner->is_tag(tag::signed_corim)) inner = &inner->tagged();
    return *inner;
}

}  // namespace

bool is_corim(const Item& item) {
    const auto& inner = unwrapped(item);
    return inner.is_tag(tag::cose_sign1) || inner.is_tag(tag::corim) || inner.is_tag(tag::comid) ||
           inner.find(key::triples) != nullptr;
}

Checked<Manifest> corim_references(const Item& item, const Signers& signers, const std::string& where) {
    const auto& inner = unwrapped(item);
    if (!inner.is_tag(tag::cose_sign1)) {
        auto manifest = TRY(read_unsigned(inner, signers, where));
        manifest.remarks.emplace_back("unsigned: taken because it was named");
        return manifest;
    }
    const auto opened = TRY(open_sign1(inner.tagged(), signers, where));
    const auto payload = TRY(in_file(cbor::parse(opened.payload, opened.offset), where));
    auto manifest = TRY(read_unsigned(payload, signers, where));
    manifest.remarks.push_back(opened.standing);
    return manifest;
}

}  // namespace busguard::manifest
