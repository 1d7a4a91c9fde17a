#include "manifest/concise_evidence.h"

#include "manifest/signer.h"
#include "manifest/triples.h"

#include <span>

namespace busguard::manifest {
namespace {

using cbor::Item;
using cbor::Kind;

namespace tag {
constexpr std::uint64_t spdm_toc = 570, concise_evidence = 571;
}  // namespace tag
// Keys of concise-evidence-map, ev-triples-map and spdm-toc-map.
namespace key {
constexpr std::int64_t ev_triples = 0, evidence_triples = 0;
constexpr std::int64_t tagged_evidence = 0, rim_locators = 1;
}  // namespace key

constexpr std::size_t most_evidence = 256;

Result<void> read_evidence(const Item& evidence, Triples& to, bool& others) {
    const auto* const triples = TRY(evidence.need(key::ev_triples, "ev-triples"));
    TRY(triples->as_map("ev-triples"));
    const auto* const found = triples->find(key::evidence_triples);
    others = others || triples->items.size() > (found == nullptr ? 0U : 2U);
    if (found == nullptr) return {};
    return to.add_all(*found, "evidence-triples");
}

Result<void> read_toc(const Item& toc, Triples& to, bool& others) {
    const auto* const evidence = TRY(toc.need(key::tagged_evidence, "tagged-evidence"));
    const auto list = TRY(evidence->as_array("tagged-evidence"));
    if (list.size() > most_evidence) return fail(Errc::too_large, "tagged-evidence", evidence->offset);
    for (const auto& one : list) {
        if (!one.is_tag(tag::concise_evidence)) return one.wrong("tagged-evidence");
        TRY(read_evidence(one.tagged(), to, others));
    }
    return {};
}

}  // namespace

bool is_concise_evidence(const Item& item) {
    if (item.is_tag(tag::spdm_toc) || item.is_tag(tag::concise_evidence)) return true;
    const auto* const first = item.find(key::ev_triples);  // untagged: a CoMID has its triples elsewhere
    return first != nullptr && first->is(Kind::map);
}

Checked<Manifest> evidence_references(const Item& item, const std::string& where) {
    Manifest manifest;
    Triples triples{"concise evidence"};
    bool others = false;
    const bool toc = item.is_tag(tag::spdm_toc);
    if (toc)
        TRY(in_file(read_toc(item.tagged(), triples, others), where));
    else
        TRY(in_file(read_evidence(item.is(Kind::tag) ? item.tagged() : item, triples, others), where));
    triples.finish(manifest.references, manifest.remarks);
    if (others) manifest.remarks.emplace_back("concise evidence: triples of other kinds are not used");
    if (toc && item.tagged().find(key::rim_locators) != nullptr)
        manifest.remarks.emplace_back("concise evidence: the manifests that it points to are not read");
    manifest.remarks.emplace_back("unsigned: taken because it was named");
    return manifest;
}

}  // namespace busguard::manifest
