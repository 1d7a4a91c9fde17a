#pragma once

#include "wire/flags.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// The numbers of DSP0274, under its own names.
namespace busguard::spdm {

/// SPDMVersion: which edition of DSP0274 gives a message its layout. Major in the high nibble.
enum class Version : std::uint8_t { v1_0 = 0x10, v1_1 = 0x11, v1_2 = 0x12, v1_3 = 0x13 };

/// "1.2"; "?" for a version that is none of ours.
constexpr std::string_view name(Version version) {
    switch (version) {
        case Version::v1_0: return "1.0";
        case Version::v1_1: return "1.1";
        case Version::v1_2: return "1.2";
        case Version::v1_3: return "1.3";
    }
    return "?";
}

/// RequestResponseCode, DSP0274 tables 4 and 5. Bit 7 says request.
enum class Code : std::uint8_t {
    digests = 0x01,
    certificate = 0x02,
    challenge_auth = 0x03,
    version = 0x04,
    measurements = 0x60,
    capabilities = 0x61,
    algorithms = 0x63,
    vendor_defined_response = 0x7e,
    error = 0x7f,
    get_digests = 0x81,
    get_certificate = 0x82,
    challenge = 0x83,
    get_version = 0x84,
    get_measurements = 0xe0,
    get_capabilities = 0xe1,
    negotiate_algorithms = 0xe3,
    vendor_defined_request = 0xfe,
    respond_if_ready = 0xff,
};

/// The specification's name, "GET_VERSION"; empty for a code that is not in the list above.
std::string_view name(Code code);

/// ErrorCode, Param1 of ERROR.
enum class ErrorCode : std::uint8_t {
    invalid_request = 0x01,
    busy = 0x03,
    unexpected_request = 0x04,
    unspecified = 0x05,
    decrypt_error = 0x06,
    unsupported_request = 0x07,
    request_in_flight = 0x08,
    invalid_response_code = 0x09,
    session_limit_exceeded = 0x0a,
    session_required = 0x0b,
    reset_required = 0x0c,
    response_too_large = 0x0d,
    request_too_large = 0x0e,
    large_response = 0x0f,
    message_lost = 0x10,
    invalid_policy = 0x11,
    version_mismatch = 0x41,
    response_not_ready = 0x42,
    request_resynch = 0x43,
    operation_failed = 0x44,
    no_pending_requests = 0x45,
    request_session_terminated = 0x46,
    invalid_state = 0x47,
    vendor_defined = 0xff,
};

/// "InvalidRequest"; empty for a code that is not in the list above.
std::string_view name(ErrorCode code);

/// Flags of GET_CAPABILITIES and CAPABILITIES. Two-bit fields stand as their values.
enum class Cap : std::uint32_t {
    cache = 1U << 0,
    cert = 1U << 1,
    chal = 1U << 2,
    meas_no_sig = 1U << 3,
    meas_sig = 1U << 4,
    meas_fresh = 1U << 5,
    encrypt = 1U << 6,
    mac = 1U << 7,
    mut_auth = 1U << 8,
    key_ex = 1U << 9,
    psk = 1U << 10,
    psk_context = 1U << 11,
    encap = 1U << 12,
    hbeat = 1U << 13,
    key_upd = 1U << 14,
    handshake_in_the_clear = 1U << 15,
    pub_key_id = 1U << 16,
    chunk = 1U << 17,
    alias_cert = 1U << 18,
    set_cert = 1U << 19,
    csr = 1U << 20,
    cert_install_reset = 1U << 21,
    ep_info_no_sig = 1U << 22,
    ep_info_sig = 1U << 23,
    mel = 1U << 24,
    event = 1U << 25,
    multi_key_only = 1U << 26,
    multi_key_neg = 1U << 27,
    get_key_pair_info = 1U << 28,
    set_key_pair_info = 1U << 29,
};
constexpr auto operator|(Cap a, Cap b) { return Flags{a} | Flags{b}; }

/// BaseAsymAlgo, one bit each.
enum class BaseAsym : std::uint32_t {
    rsassa_2048 = 1U << 0,
    rsapss_2048 = 1U << 1,
    rsassa_3072 = 1U << 2,
    rsapss_3072 = 1U << 3,
    ecdsa_p256 = 1U << 4,
    rsassa_4096 = 1U << 5,
    rsapss_4096 = 1U << 6,
    ecdsa_p384 = 1U << 7,
    ecdsa_p521 = 1U << 8,
    ed25519 = 1U << 10,  ///< since 1.2
    ed448 = 1U << 11,    ///< since 1.2
};
constexpr auto operator|(BaseAsym a, BaseAsym b) { return Flags{a} | Flags{b}; }

/// BaseHashAlgo, one bit each.
enum class BaseHash : std::uint32_t {
    sha_256 = 1U << 0,
    sha_384 = 1U << 1,
    sha_512 = 1U << 2,
    sha3_256 = 1U << 3,
    sha3_384 = 1U << 4,
    sha3_512 = 1U << 5,
};
constexpr auto operator|(BaseHash a, BaseHash b) { return Flags{a} | Flags{b}; }

/// MeasurementHashAlgo, one bit each.
enum class MeasurementHash : std::uint32_t {
    raw_only = 1U << 0,
    sha_256 = 1U << 1,
    sha_384 = 1U << 2,
    sha_512 = 1U << 3,
    sha3_256 = 1U << 4,
    sha3_384 = 1U << 5,
    sha3_512 = 1U << 6,
};

/// Param2 of CHALLENGE.
enum class SummaryType : std::uint8_t { none = 0, tcb = 1, all = 0xff };

constexpr std::size_t nonce_size = 32;
using Nonce = std::array<std::byte, nonce_size>;
using RequesterContext = std::array<std::byte, 8>;  ///< since 1.3: echoed by the responder

constexpr std::size_t slot_count = 8;
/// Certificate slot 0 to 7.
using SlotId = std::uint8_t;
/// Where a byte holds a slot and something else.
constexpr std::uint8_t slot_bits = 0x0f;
/// MeasurementSpecification: DMTF's, the only one.
constexpr std::uint8_t dmtf_measurements = 1;
/// OtherParamsSelection, OpaqueDataFmt: format 1.
constexpr std::uint8_t opaque_format_1 = 2;
/// Bytes of CERTIFICATE before the portion.
constexpr std::size_t certificate_header = 8;

/// DSP0274: opaque data is 1024 bytes at most.
constexpr std::size_t largest_opaque = 1024;
/// DSP0274 1.2, margin number of MinDataTransferSize.
constexpr std::uint32_t smallest_transfer = 42;

}  // namespace busguard::spdm
