#include "cli/key_file.h"

#include "crypto/entropy.h"
#include "host/files.h"
#include "journal/note_checkpoints.h"

#include <algorithm>
#include <array>

namespace busguard::cli {
namespace {

constexpr std::size_t largest_secret = 4096;  // bytes

/// Does it have a line of a policy, rather than keys alone?
bool is_policy(std::string_view text) {
    constexpr std::array<std::string_view, 5> words{"log ", "log\t", "witness ", "group ", "quorum "};
    return std::ranges::any_of(words, [&](std::string_view word) {
        return text.starts_with(word) || text.find("\n" + std::string{word}) != std::string_view::npos;
    });
}

}  // namespace

Tried<tlog::Cosigner> cosigner_from(const std::string& path) {
    auto bytes = TRY(or_trouble("file", host::read_file(path, largest_secret)));
    const auto text = as_text(bytes);
    auto cosigner = tlog::Cosigner::from_skey(text.substr(0, text.find('\n')));
    crypto::wipe(bytes);
    return or_trouble(path, std::move(cosigner));
}

Tried<std::vector<tlog::VerifierKey>> log_keys_from(const std::string& path) {
    const auto bytes = TRY(or_trouble("file", host::read_file(path, tlog::WitnessPolicy::largest)));
    const auto text = as_text(bytes);
    if (!is_policy(text)) return or_trouble("file", journal::vkeys_from_text(text, path));
    return TRY(or_trouble("file", tlog::WitnessPolicy::from_text(text, path))).log_keys();
}

Tried<tlog::WitnessPolicy> policy_from(const std::string& path) {
    const auto bytes = TRY(or_trouble("file", host::read_file(path, tlog::WitnessPolicy::largest)));
    return or_trouble("file", tlog::WitnessPolicy::from_text(as_text(bytes), path));
}

}  // namespace busguard::cli
