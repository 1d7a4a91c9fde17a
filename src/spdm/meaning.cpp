#include "spdm/meaning.h"

#include "spdm/algorithms.h"
#include "spdm/dump.h"
#include "spdm/measurement_record.h"
#include "wire/reader.h"

#include <algorithm>
#include <array>

namespace busguard::spdm {
namespace {

struct Bit {
    std::uint32_t mask;
    std::string_view name;
};

constexpr std::array capability_names{
    Bit{1U << 0, "CACHE"},
    Bit{1U << 1, "CERT"},
    Bit{1U << 2, "CHAL"},
    Bit{1U << 3, "MEAS_NO_SIG"},
    Bit{1U << 4, "MEAS_SIG"},
    Bit{1U << 5, "MEAS_FRESH"},
    Bit{1U << 6, "ENCRYPT"},
    Bit{1U << 7, "MAC"},
    Bit{1U << 8, "MUT_AUTH"},
    Bit{1U << 9, "KEY_EX"},
    Bit{1U << 10, "PSK"},
    Bit{1U << 11, "PSK_WITH_CONTEXT"},
    Bit{1U << 12, "ENCAP"},
    Bit{1U << 13, "HBEAT"},
    Bit{1U << 14, "KEY_UPD"},
    Bit{1U << 15, "HANDSHAKE_IN_THE_CLEAR"},
    Bit{1U << 16, "PUB_KEY_ID"},
    Bit{1U << 17, "CHUNK"},
    Bit{1U << 18, "ALIAS_CERT"},
    Bit{1U << 19, "SET_CERT"},
    Bit{1U << 20, "CSR"},
    Bit{1U << 21, "CERT_INSTALL_RESET"},
    Bit{1U << 22, "EP_INFO_NO_SIG"},
    Bit{1U << 23, "EP_INFO_SIG"},
    Bit{1U << 24, "MEL"},
    Bit{1U << 25, "EVENT"},
    Bit{1U << 26, "MULTI_KEY_ONLY"},
    Bit{1U << 27, "MULTI_KEY_NEG"},
    Bit{1U << 28, "GET_KEY_PAIR_INFO"},
    Bit{1U << 29, "SET_KEY_PAIR_INFO"},
    Bit{1U << 30, "SET_KEY_PAIR_RESET"},
};

constexpr std::array asym_names{
    Bit{1U << 0, "RSASSA-2048"}, Bit{1U << 1, "RSAPSS-2048"}, Bit{1U << 2, "RSASSA-3072"},
    Bit{1U << 3, "RSAPSS-3072"}, Bit{1U << 4, "ECDSA-P256"},  Bit{1U << 5, "RSASSA-4096"},
    Bit{1U << 6, "RSAPSS-4096"}, Bit{1U << 7, "ECDSA-P384"},  Bit{1U << 8, "ECDSA-P521"},
    Bit{1U << 9, "SM2-P256"},    Bit{1U << 10, "Ed25519"},    Bit{1U << 11, "Ed448"},
};

constexpr std::array hash_names{
    Bit{1U << 0, "SHA-256"},  Bit{1U << 1, "SHA-384"},  Bit{1U << 2, "SHA-512"}, Bit{1U << 3, "SHA3-256"},
    Bit{1U << 4, "SHA3-384"}, Bit{1U << 5, "SHA3-512"}, Bit{1U << 6, "SM3-256"},
};

constexpr std::array measurement_hash_names{
    Bit{1U << 0, "raw bit stream"}, Bit{1U << 1, "SHA-256"},  Bit{1U << 2, "SHA-384"},
    Bit{1U << 3, "SHA-512"},        Bit{1U << 4, "SHA3-256"}, Bit{1U << 5, "SHA3-384"},
    Bit{1U << 6, "SHA3-512"},       Bit{1U << 7, "SM3-256"},
};

constexpr std::array dhe_names{
    Bit{1U << 0, "FFDHE2048"}, Bit{1U << 1, "FFDHE3072"}, Bit{1U << 2, "FFDHE4096"},
    Bit{1U << 3, "SECP256R1"}, Bit{1U << 4, "SECP384R1"}, Bit{1U << 5, "SECP521R1"},
    Bit{1U << 6, "SM2-P256"},
};

constexpr std::array aead_names{
    Bit{1U << 0, "AES-128-GCM"},
    Bit{1U << 1, "AES-256-GCM"},
    Bit{1U << 2, "CHACHA20-POLY1305"},
    Bit{1U << 3, "SM4-GCM"},
};

constexpr std::array key_schedule_names{Bit{1U << 0, "SPDM"}};

constexpr std::array digit{'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

std::string hexadecimal(std::uint64_t number) {
    std::string out;
    do {
        out.insert(out.begin(), digit[number & 0xf]);
        number >>= 4;
    } while (number != 0);
    return "0x" + out;
}

void join(std::string& list, std::string_view more) {
    if (!list.empty()) list += " | ";
    list += more;
}

std::string named_bits(std::uint32_t bits, std::span<const Bit> known) {
    if (bits == 0) return "none";
    std::string out;
    for (const auto& bit : known) {
        if ((bits & bit.mask) == 0) continue;
        join(out, bit.name);
        bits &= ~bit.mask;
    }
    if (bits != 0) join(out, "unknown " + hexadecimal(bits));
    return out;
}

std::string slots_in(std::uint64_t mask) {
    std::string out;
    for (unsigned slot = 0; slot < slot_count; ++slot)
        if ((mask >> slot & 1U) != 0) out += (out.empty() ? "slot " : ", ") + std::to_string(slot);
    return out.empty() ? "no slot" : out;
}

/// 2^exponent microseconds in the largest unit that keeps three digits.
std::string duration(std::uint64_t exponent) {
    auto power = "2^" + std::to_string(exponent) + " us";
    if (exponent < 10 || exponent > 40) return power;
    const auto microseconds = 1ULL << exponent;
    if (exponent < 20) return power + " (" + std::to_string(microseconds / 1000) + " ms)";
    return power + " (" + std::to_string(microseconds / 1'000'000) + " s)";
}

std::string or_unknown(std::string_view known) { return known.empty() ? "unknown" : std::string{known}; }

std::string version_entry(std::uint64_t number) {
    auto out = std::to_string(number >> 12 & 0xf) + "." + std::to_string(number >> 8 & 0xf);
    if (const auto update = number >> 4 & 0xf; update != 0) out += " update " + std::to_string(update);
    if (const auto alpha = number & 0xf; alpha != 0) out += " alpha " + std::to_string(alpha);
    return out;
}

std::string algorithm_type(std::uint64_t type) {
    switch (type) {
        case 2: return "DHE";
        case 3: return "AEAD";
        case 4: return "ReqBaseAsymAlg";
        case 5: return "KeySchedule";
        default: break;
    }
    return "unknown";
}

std::string summary_type(std::uint64_t type) {
    switch (type) {
        case 0: return "no summary";
        case 1: return "summary of the trusted computing base";
        case 0xff: return "summary of all measurements";
        default: break;
    }
    return "unknown";
}

std::string measurement_request(std::uint64_t attributes) {
    std::string out;
    if ((attributes & 1U) != 0) join(out, "signature requested");
    if ((attributes & 2U) != 0) join(out, "raw bit streams requested");
    if ((attributes & 4U) != 0) join(out, "new measurement requested");
    return out;
}

std::string operation(std::uint64_t value) {
    if (value == 0) return "how many are there";
    return value == 0xff ? "all" : "index " + std::to_string(value);
}

std::string challenge_attributes(Version version, std::uint64_t attributes) {
    if (version == Version::v1_0) return "slot " + std::to_string(attributes);
    auto out = "slot " + std::to_string(attributes & 0xf);
    if ((attributes & 0x80U) != 0) out += " | basic mutual authentication requested";
    return out;
}

std::string content_change(Version version, std::uint64_t attributes) {
    auto out = "slot " + std::to_string(attributes & 0xf);
    if (version < Version::v1_2) return out;
    switch (attributes >> 4 & 3U) {
        case 1: return out + " | contents changed since the first answer";
        case 2: return out + " | contents did not change";
        default: break;
    }
    return out;
}

std::string certificate_model(std::uint64_t value) {
    switch (value & 7U) {
        case 1: return "device certificate model";
        case 2: return "alias certificate model";
        case 3: return "generic certificate model";
        default: break;
    }
    return {};
}

std::string opaque_format(std::uint64_t value) {
    std::string out;
    if ((value & 1U) != 0) join(out, "OpaqueDataFmt0");
    if ((value & 2U) != 0) join(out, "OpaqueDataFmt1");
    if ((value & 0x10U) != 0) join(out, "multiple keys");
    return out;
}

std::string standard(std::uint64_t id) {
    constexpr std::array<std::string_view, 10> bodies{"DMTF",    "TCG",  "USB", "PCI-SIG", "IANA",
                                                      "HDBaseT", "MIPI", "CXL", "JEDEC",   "VESA"};
    return id < bodies.size() ? std::string{bodies[id]} : "unknown";
}

std::string measurement_type(std::uint64_t value) {
    auto out = or_unknown(name(static_cast<MeasurementType>(value & 0x7f)));
    return out + ((value & 0x80) != 0 ? ", raw" : ", digest");
}

/// What the value of a field says, for fields whose name says enough to know.
struct Reading {
    std::string_view field;
    std::string (*say)(std::uint64_t number, Version version);
};

std::string slot(std::uint64_t number, Version) { return "slot " + std::to_string(number & 0xf); }
std::string code_name(std::uint64_t number, Version) {
    return or_unknown(name_of_any(static_cast<Code>(number)));
}
std::string exponent(std::uint64_t number, Version) { return duration(number); }
std::string specification(std::uint64_t number, Version) {
    if (number == 0) return "none";
    return (number & 1U) != 0 ? "DMTF" : "unknown";
}
std::string slot_mask(std::uint64_t number, Version) { return slots_in(number); }
std::string supported_slots(std::uint64_t number, Version version) {
    return version < Version::v1_3 ? std::string{} : slots_in(number);  // reserved before
}
template <const auto& Known>
std::string bits_of(std::uint64_t number, Version) {
    return named_bits(static_cast<std::uint32_t>(number), Known);
}
template <std::string (*Say)(std::uint64_t)>
std::string plainly(std::uint64_t number, Version) {
    return Say(number);
}

constexpr std::array readings{
    Reading{"SPDMVersion",
            [](std::uint64_t number, Version) { return std::string{name(static_cast<Version>(number))}; }},
    Reading{"RequestResponseCode", code_name},
    Reading{"RequestCode", code_name},
    Reading{"VersionNumberEntry", plainly<version_entry>},
    Reading{"CTExponent", exponent},
    Reading{"RDTExponent", exponent},
    Reading{"Flags", bits_of<capability_names>},
    Reading{"BaseAsymAlgo", bits_of<asym_names>},
    Reading{"BaseAsymSel", bits_of<asym_names>},
    Reading{"BaseHashAlgo", bits_of<hash_names>},
    Reading{"BaseHashSel", bits_of<hash_names>},
    Reading{"MeasurementHashAlgo", bits_of<measurement_hash_names>},
    Reading{"MeasurementSpecification", specification},
    Reading{"MeasurementSpecificationSel", specification},
    Reading{"OtherParamsSupport", plainly<opaque_format>},
    Reading{"OtherParamsSelection", plainly<opaque_format>},
    Reading{"AlgType", plainly<algorithm_type>},
    Reading{"SupportedSlotMask", supported_slots},
    Reading{"ProvisionedSlotMask", slot_mask},
    Reading{"SlotMask", slot_mask},
    Reading{"SlotID", slot},
    Reading{"SlotIDParam", slot},
    Reading{"CertificateInfo", plainly<certificate_model>},
    Reading{"MeasurementSummaryHashType", plainly<summary_type>},
    Reading{"ResponseAttributes",
            [](std::uint64_t number, Version version) { return challenge_attributes(version, number); }},
    Reading{"ErrorCode",
            [](std::uint64_t number, Version) { return or_unknown(name(static_cast<ErrorCode>(number))); }},
    Reading{"StandardID", plainly<standard>},
    Reading{"DMTFSpecMeasurementValueType", plainly<measurement_type>},
    Reading{"MeasurementOperation", plainly<operation>},
};

}  // namespace

std::string names(Flags<Cap> flags) { return named_bits(flags.bits(), capability_names); }
std::string names(Flags<BaseAsym> set) { return named_bits(set.bits(), asym_names); }
std::string names(Flags<BaseHash> set) { return named_bits(set.bits(), hash_names); }
std::string names(Flags<MeasurementHash> set) { return named_bits(set.bits(), measurement_hash_names); }

std::string names_in_table(std::uint8_t type, std::uint16_t supported) {
    switch (type) {
        case 2: return named_bits(supported, dhe_names);
        case 3: return named_bits(supported, aead_names);
        case 4: return named_bits(supported, asym_names);
        case 5: return named_bits(supported, key_schedule_names);
        default: break;
    }
    return {};
}

std::string meaning(Code code, Version version, std::string_view field, ByteView bytes) {
    if (bytes.size() > 8) return {};
    const auto number = wire::Reader{bytes}.take_number(bytes.size());
    if (code == Code::get_measurements && field == "Param1") return measurement_request(number);
    if (code == Code::measurements && field == "Param2") return content_change(version, number);
    const auto* const known = std::ranges::find(readings, field, &Reading::field);
    return known == readings.end() ? std::string{} : known->say(number, version);
}

}  // namespace busguard::spdm
