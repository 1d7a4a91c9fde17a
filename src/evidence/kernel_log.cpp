#include "evidence/kernel_log.h"

#include "crypto/certificate.h"
#include "evidence/transcript_walk.h"
#include "spdm/certificate_chain.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

namespace busguard::evidence {
namespace {

using namespace spdm;

constexpr std::string_view folder = "signatures/";
constexpr std::string_view marker = "_transcript";
constexpr std::size_t most_entries = 65536;
constexpr std::size_t longest_link = 64;

std::string_view without_line_feed(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    return text;
}

std::optional<std::uint32_t> number_of(std::string_view digits) {
    const auto* const end = std::to_address(digits.end());
    std::uint32_t number = 0;
    const auto [stop, error] = std::from_chars(std::to_address(digits.begin()), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

/// "signatures/12_transcript" → 12
std::optional<std::uint32_t> entry_of(std::string_view file) {
    if (!file.starts_with(folder) || !file.ends_with(marker)) return std::nullopt;
    file.remove_prefix(folder.size());
    file.remove_suffix(marker.size());
    return number_of(file);
}

/// "../certificates/slot3" → 3
std::optional<SlotId> slot_of(std::string_view link) {
    link = without_line_feed(link);
    constexpr std::string_view stem = "certificates/slot";
    if (link.starts_with("../")) link.remove_prefix(3);
    if (!link.starts_with(stem)) return std::nullopt;
    const auto number = number_of(link.substr(stem.size()));
    if (!number || *number >= slot_count) return std::nullopt;
    return static_cast<SlotId>(*number);
}

std::optional<SigningContext> kind_of(std::string_view text) {
    for (auto kind : {SigningContext::responder_challenge_auth, SigningContext::responder_measurements})
        if (spdm::text(kind) == without_line_feed(text)) return kind;
    return std::nullopt;
}

/// The version and the algorithm that a transcript negotiates; nothing if it does not.
struct Negotiated {
    Version version{};
    Flags<BaseAsym> asym;
};
std::optional<Negotiated> negotiated_in(ByteView transcript) {
    const Shape first{.version = Version::v1_0};
    const auto request = decode_first<msg::GetVersion>(transcript, first);
    if (!request) return std::nullopt;
    const auto answer = decode_first<msg::Versions>(transcript.subspan(request->bytes().size()), first);
    if (!answer) return std::nullopt;
    const auto after = transcript.subspan(request->bytes().size() + answer->bytes().size());
    const Record probe{.kind = SigningContext::responder_challenge_auth,
                       .version = head_of(after).version,
                       .hash = BaseHash::sha_256,
                       .transcript = to_bytes(transcript)};
    const auto spoken = walk(probe);
    if (!spoken.algorithms) return std::nullopt;
    return Negotiated{probe.version, spoken.algorithms->answer.asym};
}

/// What a kernel signs with this key: its CMA series knows RSASSA and ECDSA, not RSAPSS, not EdDSA.
std::optional<BaseAsym> asym_of(const crypto::Certificate& leaf) {
    const auto key = leaf.public_key();
    if (!key) return std::nullopt;
    for (auto asym : {BaseAsym::rsassa_2048, BaseAsym::rsassa_3072, BaseAsym::rsassa_4096,
                      BaseAsym::ecdsa_p256, BaseAsym::ecdsa_p384, BaseAsym::ecdsa_p521})
        if (key->fits(scheme_of(asym))) return asym;
    return std::nullopt;
}

class Log {
public:
    Log(const Files& files, const std::string& where) : files_{&files}, where_{&where} {}

    Checked<KernelEntry> entry(std::uint32_t number) const {
        const auto stem = std::string{folder} + std::to_string(number);
        Record record;
        const auto type = TRY(file(stem + "_type"));
        const auto kind = kind_of(as_text(type));
        if (!kind) return wrong(stem + "_type", "is no signature that is known");
        record.kind = *kind;

        const auto named = TRY(file(stem + "_hash_algorithm"));
        const auto hash = crypto::hash_named(without_line_feed(as_text(named)));
        if (!hash) return wrong(stem + "_hash_algorithm", "is no hash that is known");
        record.hash = base_hash_of(*hash);

        record.transcript = to_bytes(TRY(file(stem + "_transcript")));
        record.signature = to_bytes(TRY(file(stem + "_signature")));
        record.prefix = to_bytes(TRY(file(stem + "_combined_spdm_prefix")));
        TRY(nonce(stem + "_requester_nonce", record.requester_nonce));
        TRY(nonce(stem + "_responder_nonce", record.responder_nonce));

        const auto certificates = TRY(chain(stem + "_certificate_chain", record.slot));
        // An empty slot, or bytes that are no certificates, are evidence too: the appraisal refuses them.
        if (auto structure = chain_structure(record.hash, certificates)) record.chain = *std::move(structure);
        TRY(algorithms(stem, certificates, record));
        return KernelEntry{number, std::move(record)};
    }

private:
    Failure<Problem> wrong(const std::string& file, std::string message) const {
        return fail(Problem{.where = *where_, .field = file, .message = std::move(message)});
    }

    Checked<ByteView> file(const std::string& name) const {
        const auto found = files_->find(name);
        if (found == files_->end()) return wrong(name, "is missing");
        return ByteView{found->second};
    }

    Checked<void> nonce(const std::string& name, Nonce& to) const {
        const auto bytes = TRY(file(name));
        if (bytes.size() != to.size()) return wrong(name, "has to be 32 bytes");
        std::ranges::copy(bytes, to.begin());
        return {};
    }

    /// The certificates that signed, in DER; and their slot, where the link tells it.
    Checked<ByteView> chain(const std::string& name, SlotId& slot) const {
        const auto content = TRY(file(name));
        if (content.size() <= longest_link) {
            const auto linked = slot_of(as_text(content));
            if (!linked) return wrong(name, "leads to no slot");
            slot = *linked;
            return file("certificates/slot" + std::to_string(slot));
        }
        for (SlotId one = 0; one < slot_count; ++one) {
            const auto held = files_->find("certificates/slot" + std::to_string(one));
            if (held == files_->end() || !same(held->second, content)) continue;
            slot = one;
            return content;
        }
        return content;  // of a slot that was provisioned anew since
    }

    Checked<void> algorithms(const std::string& stem, ByteView certificates, Record& record) const {
        const auto negotiated = negotiated_in(record.transcript);
        if (negotiated) {
            record.version = negotiated->version;
            if (!negotiated->asym.is_single() || !every_asym.has(negotiated->asym))
                return wrong(stem + "_transcript", "BaseAsymSel is not one algorithm");
            record.asym = static_cast<BaseAsym>(negotiated->asym.bits());
        } else {
            record.version = head_of(record.transcript).version;
            const auto split = crypto::split_chain(certificates);
            const auto asym = split && !split->empty() ? asym_of(split->back()) : std::nullopt;
            if (!asym) return wrong(stem + "_transcript", "tells no algorithm, nor does the leaf's key");
            record.asym = *asym;
        }
        if (name(record.version) == "?") return wrong(stem + "_transcript", "is of no version that is known");
        return {};
    }

    const Files* files_;
    const std::string* where_;
};

}  // namespace

bool is_kernel_log(const Files& files) {
    return std::ranges::any_of(files, [](const auto& file) { return entry_of(file.first).has_value(); });
}

Checked<std::vector<KernelEntry>> read_kernel_log(const Files& files, const std::string& where) {
    std::vector<std::uint32_t> numbers;
    for (const auto& [name, content] : files)
        if (const auto number = entry_of(name)) numbers.push_back(*number);
    if (numbers.empty())
        return fail(Problem{.where = where,
                            .field = std::string{folder},
                            .message = "holds no N_transcript",
                            .remedy = "name the directory that has signatures/ and certificates/"});
    if (numbers.size() > most_entries)
        return fail(Problem{.where = where, .message = "has too many entries"});
    std::ranges::sort(numbers);
    numbers.erase(std::ranges::unique(numbers).begin(), numbers.end());
    std::vector<KernelEntry> entries;
    entries.reserve(numbers.size());
    for (auto number : numbers) entries.push_back(TRY((Log{files, where}.entry(number))));
    return entries;
}

}  // namespace busguard::evidence
