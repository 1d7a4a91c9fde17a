#include "spdm/signing.h"

namespace busguard::spdm {

std::string_view text(SigningContext context) {
    switch (context) {
        case SigningContext::responder_challenge_auth: return "responder-challenge_auth signing";
        case SigningContext::responder_measurements: return "responder-measurements signing";
    }
    return {};
}

std::array<std::byte, 100> combined_prefix(Version version, SigningContext context) {
    std::array<std::byte, 100> prefix{};
    auto* out = prefix.begin();
    for (int i = 0; i < 4; ++i) {
        for (auto part : {std::string_view{"dmtf-spdm-v"}, name(version), std::string_view{".*"}})
            out = std::ranges::copy(as_bytes(part), out).out;
    }
    const auto words = as_bytes(text(context));
    std::ranges::copy(words, prefix.end() - static_cast<std::ptrdiff_t>(words.size()));
    return prefix;
}

Bytes message_to_sign(Version version, SigningContext context, crypto::Hash hash, ByteView transcript) {
    if (version < Version::v1_2) return to_bytes(transcript);
    const auto prefix = combined_prefix(version, context);
    const auto digest = crypto::digest(hash, transcript);
    Bytes message;
    message.reserve(prefix.size() + digest.view().size());
    append(message, prefix);
    append(message, digest.view());
    return message;
}

ByteView eddsa_context(SigningContext context) { return as_bytes(text(context)); }

}  // namespace busguard::spdm
