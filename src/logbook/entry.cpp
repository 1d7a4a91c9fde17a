#include "logbook/entry.h"

#include "base/calendar.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "evidence/bundle_file.h"
#include "evidence/bundle_value.h"
#include "tlog/entry_bundle.h"

#include <algorithm>
#include <cstdint>

namespace busguard::logbook {
namespace {

using evidence::json::Node;
using evidence::json::Value;
using Sorted = nlohmann::json;  // its objects are std::map

constexpr std::size_t most_failed = 256;
constexpr std::size_t longest_detail = 16384;

// Writing.

std::string print(const Sorted& value) {
    return value.dump(-1, ' ', false, Sorted::error_handler_t::replace);
}

class Blobs {
public:
    Value put(ByteView bytes) {
        const auto known = std::ranges::find_if(blobs_, [&](const Bytes& blob) { return same(blob, bytes); });
        const auto at = static_cast<std::size_t>(known - blobs_.begin());
        if (known == blobs_.end()) {
            blobs_.push_back(to_bytes(bytes));
            auto& name = names_.emplace_back();
            std::ranges::copy(crypto::digest(crypto::Hash::sha_256, bytes).view(), name.begin());
        }
        return Value::object({{"blob", to_hex(names_[at])}});
    }
    Encoded with(std::string text) && { return {std::move(text), std::move(blobs_), std::move(names_)}; }

private:
    std::vector<Bytes> blobs_;
    std::vector<tlog::TreeHash> names_;
};

Value digest_value(const tlog::TreeHash& digest) {
    return digest == tlog::TreeHash{} ? Value(nullptr) : Value(to_hex(digest));
}

struct Named {
    std::string_view kind;
    Value body;
};

Named body_of(const Evidence& its, Blobs& blobs) {
    const auto chain = [&](ByteView bytes) {
        return bytes.empty() ? Value(std::string{}) : blobs.put(bytes);
    };
    const auto transcript = [&](ByteView bytes) {
        return bytes.size() <= largest_inline_transcript ? Value(to_base64(bytes)) : blobs.put(bytes);
    };
    return {"evidence", evidence::bundle_value(its.bundle, chain, transcript)};
}

Named body_of(const Verdict& its, Blobs& /*blobs*/) {
    return {"verdict",
            {{"device", its.device},
             {"evidence", its.evidence ? Value(*its.evidence) : Value(nullptr)},
             {"cause", its.cause},
             {"state", its.state},
             {"reason", its.reason},
             {"failed", its.failed},
             {"owner", its.owner},
             {"ruling", its.ruling},
             {"rule", its.rule},
             {"enforcing", its.enforcing}}};
}

Named body_of(const Change& its, Blobs& /*blobs*/) {
    return {"change",
            {{"what", its.what}, {"device", its.device}, {"reason", its.reason}, {"detail", its.detail}}};
}

Named body_of(const NewKey& its, Blobs& /*blobs*/) {
    return {"new-key", Value::object({{"vkey", its.vkey}})};
}

// Reading.

Result<tlog::TreeHash> digest_from(const std::string& text) {
    tlog::TreeHash digest{};
    const auto bytes = TRY(from_hex(text));
    if (bytes.size() != digest.size() || to_hex(bytes) != text) return fail(Errc::bad_field, "digest");
    std::ranges::copy(bytes, digest.begin());
    return digest;
}

tlog::TreeHash digest_in(const Node& node) {
    if (node.is_null()) return {};
    const auto digest = digest_from(node.text());
    if (!digest || *digest == tlog::TreeHash{})
        node.blame("has to be a SHA-256 digest in lower-case hexadecimal digits, or null");
    return digest ? *digest : tlog::TreeHash{};
}

/// Puts back what an entry refers to.
class Filling {
public:
    Filling(const BlobSource& source, evidence::json::Fault& fault) : source_{&source}, fault_{&fault} {}

    /// Nothing: it refers to no blob, or to one that cannot be had, which is blamed.
    std::optional<Bytes> blob(const Value& value, const std::string& pointer) {
        if (fault_->problem() || !value.is_object() || !value.contains("blob")) return std::nullopt;
        const Node node{value, pointer, *fault_};
        node.members({"blob"});
        const auto name = digest_from(node["blob"].text());
        if (!name) {
            node["blob"].blame("has to be a SHA-256 digest in lower-case hexadecimal digits");
            return std::nullopt;
        }
        auto bytes = (*source_)(*name);
        if (!bytes) {
            node["blob"].blame("cannot be had: " + in_words(bytes.error()));
            return std::nullopt;
        }
        if (bytes->size() > room_) {
            node.blame("makes evidence larger than is taken");
            return std::nullopt;
        }
        room_ -= bytes->size();
        return *std::move(bytes);
    }
    void fill(Value& all, std::string_view list, std::initializer_list<std::string_view> members) {
        const auto found = all.find(std::string{list});
        if (found == all.end() || !found->is_array()) return;
        std::size_t number = 0;
        for (auto& one : *found) {
            const auto pointer = "/body/" + std::string{list} + '/' + std::to_string(number++);
            if (!one.is_object()) continue;
            for (const auto member : members)
                if (const auto its = one.find(std::string{member}); its != one.end())
                    if (const auto bytes = blob(*its, pointer + '/' + std::string{member}))
                        *its = to_base64(*bytes);
        }
    }

private:
    const BlobSource* source_;
    evidence::json::Fault* fault_;
    std::size_t room_ = evidence::largest_bundle;
};

Checked<Evidence> evidence_in(Value body, const BlobSource& blobs, const std::string& where) {
    evidence::json::Fault fault{where};
    Filling filling{blobs, fault};
    if (const auto whole = filling.blob(body, "/body"))
        body = TRY(evidence::json::parse(as_text(*whole), where, evidence::largest_bundle));
    if (body.is_object()) {
        filling.fill(body, "slots", {"chain"});
        filling.fill(body, "records", {"transcript", "chain"});
    }
    Evidence its;
    if (!fault.problem()) its.bundle = evidence::bundle_in(Node{body, "/body", fault});
    if (fault.problem()) return fail(*fault.problem());
    return its;
}

Verdict verdict_in(const Node& node) {
    node.members(
        {"device", "evidence", "cause", "state", "reason", "failed", "owner", "ruling", "rule", "enforcing"});
    Verdict its{.device = node["device"].text(),
                .cause = node["cause"].text(),
                .state = node["state"].text(),
                .reason = node["reason"].text(),
                .owner = node["owner"].text(),
                .ruling = node["ruling"].text(),
                .rule = node["rule"].text(),
                .enforcing = node["enforcing"].boolean()};
    if (const auto index = node["evidence"]; !index.is_null()) its.evidence = index.number(INT64_MAX);
    for (const auto& code : node["failed"].elements(most_failed)) its.failed.push_back(code.text());
    return its;
}

Change change_in(const Node& node) {
    node.members({"what", "device", "reason", "detail"});
    return {.what = node["what"].text(),
            .device = node["device"].text(),
            .reason = node["reason"].text(),
            .detail = node["detail"].text(longest_detail)};
}

NewKey new_key_in(const Node& node) {
    node.members({"vkey"});
    return {.vkey = node["vkey"].text()};
}

}  // namespace

Result<Encoded> encode(const Entry& entry) {
    Blobs blobs;
    const auto named = std::visit([&](const auto& its) { return body_of(its, blobs); }, entry.what);
    Sorted all{{"schema", entry_schema},
               {"origin", entry.origin},
               {"time", to_text(entry.time)},
               {"policy", digest_value(entry.policy)},
               {"anchors", digest_value(entry.anchors)},
               {"kind", named.kind},
               {"body", Sorted(named.body)}};
    auto text = print(all);
    if (text.size() > tlog::largest_entry && std::holds_alternative<Evidence>(entry.what)) {
        const auto body = print(all["body"]);
        if (body.size() > evidence::largest_bundle) return fail(Errc::too_large, "entry");
        all["body"] = Sorted(blobs.put(as_bytes(body)));
        text = print(all);
    }
    if (text.size() > tlog::largest_entry) return fail(Errc::too_large, "entry");
    return std::move(blobs).with(std::move(text));
}

Checked<Entry> decode(std::string_view text, const BlobSource& blobs, const std::string& where) {
    auto document = TRY(evidence::json::parse(text, where, tlog::largest_entry));
    evidence::json::Fault fault{where};
    const Node root{document, {}, fault};
    if (!root["schema"].is_text() || root["schema"].text() != entry_schema)
        root["schema"].blame("is not " + std::string{entry_schema}, "made by another version of busguard?");
    root.members({"schema", "origin", "time", "policy", "anchors", "kind", "body"});
    Entry entry{.origin = root["origin"].text(),
                .policy = digest_in(root["policy"]),
                .anchors = digest_in(root["anchors"])};
    if (const auto time = time_from_text(root["time"].text()))
        entry.time = *time;
    else
        root["time"].blame("has to be a time such as 2026-01-31T12:00:00Z");
    const auto kind = root["kind"].text();
    if (kind == "verdict")
        entry.what = verdict_in(root["body"]);
    else if (kind == "change")
        entry.what = change_in(root["body"]);
    else if (kind == "new-key")
        entry.what = new_key_in(root["body"]);
    else if (kind != "evidence")
        root["kind"].blame("is not known");
    if (fault.problem()) return fail(*fault.problem());
    if (kind == "evidence") entry.what = TRY(evidence_in(std::move(document["body"]), blobs, where));
    return entry;
}

}  // namespace busguard::logbook
