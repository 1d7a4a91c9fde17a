#include "crypto/ocsp_response.h"

#include "fuzz/target.h"

// An issuer's certificate, one that it issued, and an answer about that: three frames.
void busguard::fuzz::try_input(ByteView input) {
    const auto parts = frames(input);
    if (parts.size() != 3) return;
    const auto response = crypto::OcspResponse::parse(parts[2]);
    if (!response) return;
    expect(response->fingerprint(crypto::Hash::sha_256).view().size() == 32, "fingerprint");
    const auto issuer = crypto::Certificate::parse(parts[0]);
    const auto certificate = crypto::Certificate::parse(parts[1]);
    if (!issuer || !certificate) return;
    (void)response->about(*certificate, *issuer);
    (void)response->is_signed_by(*issuer, std::chrono::sys_days{std::chrono::year{2026} / 11 / 22});
    (void)response->is_signed_by(*certificate, std::nullopt);
}
