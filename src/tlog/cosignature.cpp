#include "tlog/cosignature.h"

#include "tlog/big_endian.h"
#include "tlog/checkpoint.h"
#include "tlog/note_signer.h"
#include "tlog/text.h"

#include <cstdint>
#include <utility>

namespace busguard::tlog {
namespace {

constexpr auto scheme = crypto::Scheme::ed25519;
constexpr auto no_hash = crypto::Hash::sha_512;  // Ed25519 hashes on its own
constexpr std::size_t time_size = sizeof(std::uint64_t);
constexpr std::size_t cosignature_size = time_size + crypto::signature_size(scheme);

std::string cosigned_message(std::string_view text, std::chrono::sys_seconds time) {
    std::string message = "cosignature/v1\ntime ";
    return message.append(std::to_string(time.time_since_epoch().count())).append("\n").append(text);
}

}  // namespace

Result<std::chrono::sys_seconds> cosignature_time(ByteView signature) {
    if (signature.size() != cosignature_size) return fail(Errc::bad_field, "cosignature");
    const auto seconds = load_big<std::uint64_t>(signature);
    if (seconds > largest_number) return fail(Errc::bad_field, "cosignature time");
    return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

Result<void> verify_cosignature(const crypto::PublicKey& key, std::string_view text, ByteView signature) {
    const auto time = TRY(cosignature_time(signature));
    TRY(checkpoint_from_text(text));
    const auto message = cosigned_message(text, time);
    return key.verify(scheme, no_hash, as_bytes(message), signature.subspan(time_size));
}

Cosigner::Cosigner(crypto::PrivateKey key, VerifierKey verifier)
    : key_{std::move(key)}, verifier_{std::move(verifier)} {}

Result<Cosigner> Cosigner::make(std::string name, crypto::PrivateKey key) {
    auto verifier =
        TRY(VerifierKey::make(std::move(name), SignatureType::ed25519_cosignature, key.public_key()));
    return Cosigner{std::move(key), std::move(verifier)};
}

Result<Cosigner> Cosigner::from_skey(std::string_view skey) {
    const auto signer = TRY(NoteSigner::from_skey(skey));
    return make(signer.verifier().name(), signer.key());
}

Result<SignatureLine> Cosigner::cosign(std::string_view text, std::chrono::sys_seconds time) const {
    TRY(checkpoint_from_text(text));
    const auto seconds = time.time_since_epoch().count();
    if (seconds <= 0) return fail(Errc::bad_field, "cosignature time");
    const auto signature = TRY(key_.sign(scheme, no_hash, as_bytes(cosigned_message(text, time))));
    SignatureLine line{verifier_.name(), verifier_.id(), {}};
    append_big(line.signature, static_cast<std::uint64_t>(seconds));
    append(line.signature, signature);
    return line;
}

}  // namespace busguard::tlog
