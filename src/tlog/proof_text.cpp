#include "tlog/proof_text.h"

#include "base/hex.h"
#include "tlog/hash_lines.h"
#include "tlog/text.h"

namespace busguard::tlog {
namespace {

constexpr std::string_view heading = "c2sp.org/tlog-proof@v1";
constexpr std::string_view extra_start = "extra ";
constexpr std::string_view index_start = "index ";

}  // namespace

Result<Proof> proof_from_text(std::string_view text) {
    const Failure<Error> cut = fail(Errc::truncated, "proof");
    if (text.size() > largest_proof) return fail(Errc::too_large, "proof");
    Lines lines{text};
    if (lines.next() != heading) return fail(Errc::bad_field, "proof heading");
    auto line = lines.next();
    Proof proof;
    if (line && line->starts_with(extra_start)) {
        auto extra = from_base64(line->substr(extra_start.size()));
        if (!extra) return fail(Errc::bad_field, "extra");
        proof.extra = std::move(*extra);
        line = lines.next();
    }
    if (!line) return cut;
    if (!line->starts_with(index_start)) return fail(Errc::bad_field, "index");
    proof.index = TRY(number_from_text(line->substr(index_start.size()), "index"));
    proof.hashes = TRY(hashes_from_lines(lines, "inclusion proof"));
    proof.checkpoint = lines.rest();
    if (proof.checkpoint.empty()) return cut;
    return proof;
}

std::string to_text(const Proof& proof) {
    std::string text{heading};
    text.append("\n");
    if (proof.extra) text.append(extra_start).append(to_base64(*proof.extra)).append("\n");
    text.append(index_start).append(std::to_string(proof.index)).append("\n");
    append_hashes(text, proof.hashes);
    return text.append(proof.checkpoint);
}

Result<LoggedEntry> verify(const Proof& proof, const TreeHash& leaf, std::span<const VerifierKey> logs,
                           const WitnessPolicy& policy) {
    auto trusted = TRY(trust_checkpoint(proof.checkpoint, logs, policy));
    const auto& head = trusted.checkpoint().head;
    TRY(verify_inclusion(leaf, proof.index, head.size, proof.hashes, head.root));
    return LoggedEntry{proof.index, std::move(trusted)};
}

}  // namespace busguard::tlog
