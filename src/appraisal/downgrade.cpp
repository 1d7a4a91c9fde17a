#include "appraisal/downgrade.h"

#include "spdm/codec.h"
#include "spdm/signing.h"

#include <fmt/format.h>

namespace busguard::appraisal {
namespace {

// VERSION has 1.4 too, although we do not speak it.
constexpr unsigned oldest = 0x10;
constexpr unsigned newest = 0x14;

bool verifies(const evidence::Record& record, const crypto::PublicKey& key, ByteView transcript) {
    const auto hash = spdm::hash_of(record.hash);
    const auto message = spdm::message_to_sign(record.version, record.kind, hash, transcript);
    return static_cast<bool>(key.verify(spdm::scheme_of(record.asym), hash, message, record.signature,
                                        spdm::eddsa_context(record.kind)));
}

}  // namespace

std::optional<std::string> changed_versions(const evidence::Record& record, const crypto::PublicKey& key) {
    const spdm::Shape shape{.version = spdm::Version::v1_0};
    const auto asked = spdm::decode_first<spdm::msg::GetVersion>(record.transcript, shape);
    if (!asked) return std::nullopt;
    const auto rest = ByteView{record.transcript}.subspan(asked->bytes().size());
    const auto told = spdm::decode_first<spdm::msg::Versions>(rest, shape);
    if (!told) return std::nullopt;

    for (auto first = oldest; first <= newest; ++first) {
        spdm::msg::Versions list;
        for (auto last = first; last <= newest; ++last) {
            list.entries.push_back(spdm::msg::VersionEntry::of(static_cast<spdm::Version>(last)));
            const auto sent = spdm::encode(list, shape);
            if (!sent || same(sent->bytes(), told->bytes())) continue;
            Bytes transcript = to_bytes(asked->bytes());
            append(transcript, sent->bytes());
            append(transcript, rest.subspan(told->bytes().size()));
            if (verifies(record, key, transcript))
                return fmt::format("1.{} to 1.{}", first - oldest, last - oldest);
        }
    }
    return std::nullopt;
}

}  // namespace busguard::appraisal
