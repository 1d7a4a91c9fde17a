#include "spdm/dump.h"

#include "crypto/certificate.h"
#include "spdm/algorithms.h"
#include "spdm/codec.h"
#include "spdm/meaning.h"

#include <array>

namespace busguard::spdm {
namespace {

constexpr std::array hash_sizes{std::size_t{48}, std::size_t{32}, std::size_t{64}};
constexpr std::array signature_sizes{std::size_t{96},  std::size_t{64},  std::size_t{132}, std::size_t{256},
                                     std::size_t{384}, std::size_t{512}, std::size_t{114}};

/// What the messages so far have said about the layout of those to come.
struct Context {
    std::optional<std::size_t> hash;
    std::optional<std::size_t> signature;
    std::optional<bool> summary;          ///< by the last CHALLENGE
    std::optional<bool> wants_signature;  ///< by the last GET_MEASUREMENTS
    std::optional<std::uint16_t> offset;  ///< by the last GET_CERTIFICATE

    void learn(const msg::Algorithms& said) {
        if (said.hash.is_single() && every_hash.has(said.hash))
            hash = size(static_cast<BaseHash>(said.hash.bits()));
        if (said.asym.is_single() && every_asym.has(said.asym))
            signature = signature_size(static_cast<BaseAsym>(said.asym.bits()));
    }
    void learn(const msg::Challenge& said) { summary = said.summary != SummaryType::none; }
    void learn(const msg::GetMeasurements& said) { wants_signature = said.wants_signature(); }
    void learn(const msg::GetCertificate& said) { offset = said.offset; }
    void learn(const auto&) {}
};

/// Collects what a Decoder tells. Offsets in the message become offsets in the whole.
class Collector {
public:
    Collector(std::vector<DumpedField>& fields, std::size_t base) : fields_{&fields}, base_{base} {}

    void of(Head head) { head_ = head; }

    void field(std::string_view name, std::size_t offset, ByteView bytes) {
        if (bytes.empty()) return;
        auto& added = fields_->emplace_back();
        added.name = name;
        added.offset = base_ + offset;
        added.size = bytes.size();
        if (bytes.size() > 8 || name == "Reserved") return;
        const auto number = wire::Reader{bytes}.take_number(bytes.size());
        if (bytes.size() <= 4) added.number = number;
        if (name == "AlgType") table_ = static_cast<std::uint8_t>(number);
        added.meaning = name == "AlgSupported" ? names_in_table(table_, static_cast<std::uint16_t>(number))
                                               : meaning(head_.code, head_.version, name, bytes);
    }

private:
    std::vector<DumpedField>* fields_;
    std::size_t base_;
    Head head_;
    std::uint8_t table_ = 0;
};

using Io = wire::Decoder<Shape, Collector>;

/// Reads one message of the type M. `learned` gets to know it.
template <class M>
std::optional<Error> read(ByteView bytes, const Shape& shape, Head head, Collector collector,
                          Context& learned) {
    Io io{shape, bytes, collector};
    Head again;
    io.field("head", again);
    io.observer().of(head);
    M message;
    M::layout(io, message);
    if (auto taken = io.finish(); !taken) return taken.error();
    learned.learn(message);
    return std::nullopt;
}

std::optional<Error> read_any(ByteView bytes, const Shape& shape, Head head, Collector collector,
                              Context& learned) {
    const auto as = [&]<class M>() { return read<M>(bytes, shape, head, collector, learned); };
    switch (head.code) {
        case Code::digests: return as.operator()<msg::Digests>();
        case Code::certificate: return as.operator()<msg::Certificate>();
        case Code::challenge_auth: return as.operator()<msg::ChallengeAuth>();
        case Code::version: return as.operator()<msg::Versions>();
        case Code::measurements: return as.operator()<msg::Measurements>();
        case Code::capabilities: return as.operator()<msg::Capabilities>();
        case Code::algorithms: return as.operator()<msg::Algorithms>();
        case Code::vendor_defined_response: return as.operator()<msg::VendorResponse>();
        case Code::error: return as.operator()<msg::Error>();
        case Code::get_digests: return as.operator()<msg::GetDigests>();
        case Code::get_certificate: return as.operator()<msg::GetCertificate>();
        case Code::challenge: return as.operator()<msg::Challenge>();
        case Code::get_version: return as.operator()<msg::GetVersion>();
        case Code::get_measurements: return as.operator()<msg::GetMeasurements>();
        case Code::get_capabilities: return as.operator()<msg::GetCapabilities>();
        case Code::negotiate_algorithms: return as.operator()<msg::NegotiateAlgorithms>();
        case Code::vendor_defined_request: return as.operator()<msg::VendorRequest>();
        case Code::respond_if_ready: return as.operator()<msg::RespondIfReady>();
    }
    return Error{Errc::unsupported, "RequestResponseCode", 1};
}

bool plausible(Head head) {
    const auto version = static_cast<unsigned>(head.version);
    return version >> 4 == 1 && (version & 0xf) <= 4 && !name_of_any(head.code).empty();
}

bool is_zero(ByteView bytes) {
    return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

/// The sizes that are known, or else those that may be, the likeliest first.
template <class Sizes>
std::vector<std::size_t> candidates(std::optional<std::size_t> known, const Sizes& all) {
    if (known) return {*known};
    return {all.begin(), all.end()};
}

std::vector<Shape> shapes(Head head, const Context& context) {
    const bool challenge = head.code == Code::challenge_auth;
    const bool measured = head.code == Code::measurements;
    auto hash_lengths = candidates(context.hash, hash_sizes);
    auto signatures = candidates(context.signature, signature_sizes);
    signatures.push_back(0);  // in a transcript it is left out
    if (!challenge && head.code != Code::digests) hash_lengths.resize(1);
    if (!challenge && !measured) signatures = {0};
    if (measured && context.wants_signature == false) signatures = {0};
    std::vector<bool> summaries{context.summary.value_or(false)};
    if (challenge && !context.summary) summaries.push_back(true);

    std::vector<Shape> all;
    for (auto signature : signatures)
        for (auto hash : hash_lengths)
            for (const bool summary : summaries)
                all.push_back(
                    {.version = head.version, .hash = hash, .signature = signature, .summary = summary});
    return all;
}

class Dumper {
public:
    Dumper(ByteView bytes, const Assumed& assumed) : bytes_{bytes}, assumed_{assumed} { forget(); }

    std::vector<DumpedMessage> run() && {
        stretch(0, bytes_.size());
        return std::move(out_);
    }

private:
    void forget() {
        context_ = {};
        context_.hash = assumed_.hash;
        context_.signature = assumed_.signature;
    }

    /// From `at` to `end`: messages, and what is none.
    void stretch(std::size_t at, std::size_t end) {
        while (at < end) {
            const auto left = bytes_.subspan(at, end - at);
            if (left.size() <= dword_padding && is_zero(left)) {
                plain("padding", at, left.size());
                return;
            }
            if (const auto object = doe_object(left)) {
                at = doe(at, *object);
                continue;
            }
            if (left.size() > 2 && left[0] == std::byte{5} && plausible(head_of(left.subspan(1)))) {
                auto& header = plain("MCTP header", at, 1);
                header.fields.front().name = "MessageType";
                header.fields.front().meaning = "SPDM";
                ++at;
                continue;
            }
            at = message(at, end);
        }
    }

    DumpedMessage& plain(std::string_view name, std::size_t at, std::size_t size) {
        auto& added = out_.emplace_back();
        added.name = name;
        added.offset = at;
        added.size = size;
        added.fields.push_back({.name = "Bytes", .offset = at, .size = size, .number = {}, .meaning = {}});
        return added;
    }

    void unread(std::size_t at, std::size_t end, std::optional<Error> why) {
        if (at < end) plain("unread bytes", at, end - at).broken = why;
    }

    /// PCIe r6.1 6.30.1: a DOE data object of CMA/SPDM; how many bytes it has.
    static std::optional<std::size_t> doe_object(ByteView bytes) {
        wire::Reader in{bytes};
        const auto vendor = in.take<std::uint16_t>();
        const auto type = in.take<std::uint8_t>();
        const auto reserved = in.take<std::uint8_t>();
        const std::size_t size = 4 * std::size_t{in.take<std::uint32_t>()};
        if (in.failed() || vendor != 1 || (type != 1 && type != 2) || reserved != 0) return std::nullopt;
        if (size < 8 || size > bytes.size()) return std::nullopt;
        return size;
    }

    std::size_t doe(std::size_t at, std::size_t size) {
        auto& header = out_.emplace_back();
        header.name = "DOE header";
        header.offset = at;
        header.size = 8;
        Collector collector{header.fields, at};
        collector.field("VendorID", 0, bytes_.subspan(at, 2));
        header.fields.back().meaning = "PCI-SIG";
        collector.field("DataObjectType", 2, bytes_.subspan(at + 2, 1));
        const bool secured = bytes_[at + 2] == std::byte{2};
        header.fields.back().meaning = secured ? "secured CMA/SPDM" : "CMA/SPDM";
        collector.field("Reserved", 3, bytes_.subspan(at + 3, 1));
        collector.field("Length", 4, bytes_.subspan(at + 4, 4));
        header.fields.back().meaning = std::to_string(size) + " bytes";
        if (secured)
            unread(at + 8, at + size, Error{Errc::unsupported, "secured message", at + 8});
        else
            stretch(at + 8, at + size);
        return at + size;
    }

    std::size_t message(std::size_t at, std::size_t end) {
        const auto left = bytes_.subspan(at, end - at);
        const auto head = head_of(left);
        if (left.size() < 2 || static_cast<unsigned>(head.version) >> 4 != 1) {
            unread(at, end, Error{left.size() < 2 ? Errc::truncated : Errc::bad_field, "SPDMVersion", at});
            return end;
        }
        if (name(head.code).empty()) return foreign(at, end, head);
        if (head.code == Code::get_version) forget();

        auto best = attempt(at, head.code == Code::error ? error_of(left) : left, head);
        explain_parts(best.message);
        context_ = best.learned;
        const auto next = at + best.message.size;
        const auto broken = best.message.broken;
        out_.push_back(std::move(best.message));
        if (!broken) return next;
        unread(next, end, std::nullopt);
        return end;
    }

    /// An ERROR does not say how long it is: it ends where another message begins.
    static ByteView error_of(ByteView left) {
        for (const std::size_t size : {4U, 8U})
            if (left.size() > size + 1 && plausible(head_of(left.subspan(size)))) return left.first(size);
        return left;
    }

    struct Attempt {
        DumpedMessage message;
        Context learned;
    };

    /// The reading that ends where a message may end, if there is one.
    Attempt attempt(std::size_t at, ByteView left, Head head) const {
        std::optional<Attempt> readable;
        std::optional<Attempt> broken;
        const auto all = shapes(head, context_);
        for (const auto& shape : all) {
            auto tried = attempt(at, left, head, shape);
            if (all.size() > 1) tried.message.note = note(head, shape);
            if (tried.message.broken) {
                if (!broken) broken = std::move(tried);
            } else if (ends_well(left.subspan(tried.message.size))) {
                return tried;
            } else if (!readable) {
                readable = std::move(tried);
            }
        }
        return readable ? *std::move(readable) : *std::move(broken);
    }

    Attempt attempt(std::size_t at, ByteView left, Head head, const Shape& shape) const {
        Attempt tried{.message = {}, .learned = context_};
        auto& message = tried.message;
        message.name = name(head.code);
        message.code = head.code;
        message.version = head.version;
        message.offset = at;
        auto error = read_any(left, shape, head, Collector{message.fields, at}, tried.learned);
        if (error) error->offset += at;
        message.broken = error;
        for (const auto& field : message.fields) message.size = field.offset + field.size - at;
        return tried;
    }

    std::string note(Head head, const Shape& shape) const {
        std::string out;
        const auto add = [&out](const std::string& more) { out += (out.empty() ? "" : ", ") + more; };
        const bool is_signed = head.code == Code::challenge_auth || head.code == Code::measurements;
        if (head.code != Code::measurements && !context_.hash)
            add("digests of " + std::to_string(shape.hash) + " bytes assumed");
        if (is_signed && shape.signature == 0) {
            if (head.code == Code::challenge_auth || context_.wants_signature == true)
                add("without the signature");
        } else if (is_signed && !context_.signature) {
            add("a signature of " + std::to_string(shape.signature) + " bytes assumed");
        }
        return out;
    }

    static bool ends_well(ByteView rest) {
        if (rest.size() <= dword_padding && is_zero(rest)) return true;
        return plausible(head_of(rest)) || doe_object(rest).has_value();
    }

    /// A message whose layout this code does not know: where it ends, it does not say.
    std::size_t foreign(std::size_t at, std::size_t end, Head head) {
        auto& added = out_.emplace_back();
        const auto known = name_of_any(head.code);
        added.name = known.empty() ? "unknown message" : std::string{known};
        added.code = head.code;
        added.version = head.version;
        added.offset = at;
        added.size = end - at;
        added.broken = Error{Errc::unsupported, "RequestResponseCode", at + 1};
        Collector collector{added.fields, at};
        collector.of(head);
        collector.field("SPDMVersion", 0, bytes_.subspan(at, 1));
        collector.field("RequestResponseCode", 1, bytes_.subspan(at + 1, 1));
        if (end - at > 2)
            added.fields.push_back(
                {.name = "Bytes", .offset = at + 2, .size = end - at - 2, .number = {}, .meaning = {}});
        return end;
    }

    /// Fields that have fields of their own.
    void explain_parts(DumpedMessage& message) const {
        std::vector<DumpedField> fields;
        for (auto& field : message.fields) {
            if (field.name == "MeasurementRecordData")
                blocks(field, fields);
            else if (field.name == "CertChain" && context_.offset.value_or(0) == 0)
                chain(field, fields);
            else if (field.name == "ExtendedErrorData")
                error_data(message, field, fields);
            else
                fields.push_back(std::move(field));
        }
        message.fields = std::move(fields);
    }

    /// DSP0274 "Measurement block format".
    void blocks(const DumpedField& record, std::vector<DumpedField>& fields) const {
        Parts parts{*this, record, fields};
        while (parts.left() >= 7) {
            parts.take("Index", 1);
            parts.take("MeasurementSpecification", 1);
            const auto size = parts.take("MeasurementSize", 2);
            const auto type = parts.take("DMTFSpecMeasurementValueType", 1);
            const auto value_size = parts.take("DMTFSpecMeasurementValueSize", 2);
            if (value_size + 3 != size || value_size > parts.left()) {
                parts.rest("MeasurementRecordData",
                           "the sizes do not agree with each other or with the record");
                return;
            }
            const auto value = parts.take("DMTFSpecMeasurementValue", value_size);
            if ((type & 0x7f) == 7 && value_size == 8)
                parts.last().meaning = "security version " + std::to_string(value);
        }
        parts.rest("MeasurementRecordData", "less than a block");
    }

    /// DSP0274 "Certificate chain format", as far as it is in this portion.
    void chain(const DumpedField& portion, std::vector<DumpedField>& fields) const {
        Parts parts{*this, portion, fields};
        const auto hash = context_.hash.value_or(48);
        if (parts.left() < 4 + hash) {
            parts.rest("CertChain", {});
            return;
        }
        parts.take("Length", 2);
        parts.take("Reserved", 2);
        parts.take("RootHash", hash);
        while (parts.left() > 0) {
            const auto size = crypto::der_length(parts.ahead());
            if (!size) break;
            const auto certificate = crypto::Certificate::parse(parts.ahead().first(*size));
            parts.take("Certificate", *size);
            parts.last().meaning = certificate ? certificate->subject() : "not a certificate";
        }
        parts.rest("CertChain", {});
    }

    void error_data(const DumpedMessage& message, const DumpedField& data,
                    std::vector<DumpedField>& fields) const {
        Parts parts{*this, data, fields};
        const bool not_ready =
            static_cast<ErrorCode>(bytes_[message.offset + 2]) == ErrorCode::response_not_ready;
        if (not_ready && parts.left() >= 4)
            for (const auto* name : {"RDTExponent", "RequestCode", "Token", "RDTM"}) parts.take(name, 1);
        parts.rest("ExtendedErrorData", {});
    }

    /// Cuts a field into parts.
    class Parts {
    public:
        Parts(const Dumper& dumper, const DumpedField& whole, std::vector<DumpedField>& fields)
            : bytes_{dumper.bytes_}, at_{whole.offset}, end_{whole.offset + whole.size}, fields_{&fields} {}

        std::size_t left() const { return end_ - at_; }
        ByteView ahead() const { return bytes_.subspan(at_, left()); }
        DumpedField& last() { return fields_->back(); }

        /// `size` bytes, which must be left; their number if it is one.
        std::uint64_t take(std::string_view name, std::size_t size) {
            const auto bytes = bytes_.subspan(at_, size);
            Collector{*fields_, at_}.field(name, 0, bytes);
            at_ += size;
            return size <= 8 ? wire::Reader{bytes}.take_number(size) : 0;
        }
        void rest(std::string_view name, std::string_view why) {
            if (left() == 0) return;
            take(name, left());
            last().meaning = why;
        }

    private:
        ByteView bytes_;
        std::size_t at_;
        std::size_t end_;
        std::vector<DumpedField>* fields_;
    };

    ByteView bytes_;
    Assumed assumed_;
    Context context_;
    std::vector<DumpedMessage> out_;
};

}  // namespace

std::vector<DumpedMessage> dump(ByteView bytes, const Assumed& assumed) {
    return Dumper{bytes, assumed}.run();
}

std::string_view name_of_any(Code code) {
    if (const auto known = name(code); !known.empty()) return known;
    switch (static_cast<unsigned>(code)) {  // DSP0274 1.3 tables 4 and 5
        case 0x05: return "CHUNK_SEND_ACK";
        case 0x06: return "CHUNK_RESPONSE";
        case 0x07: return "ENDPOINT_INFO";
        case 0x62: return "SUPPORTED_EVENT_TYPES";
        case 0x64: return "KEY_EXCHANGE_RSP";
        case 0x65: return "FINISH_RSP";
        case 0x66: return "PSK_EXCHANGE_RSP";
        case 0x67: return "PSK_FINISH_RSP";
        case 0x68: return "HEARTBEAT_ACK";
        case 0x69: return "KEY_UPDATE_ACK";
        case 0x6a: return "ENCAPSULATED_REQUEST";
        case 0x6b: return "ENCAPSULATED_RESPONSE_ACK";
        case 0x6c: return "END_SESSION_ACK";
        case 0x6d: return "CSR";
        case 0x6e: return "SET_CERTIFICATE_RSP";
        case 0x6f: return "MEASUREMENT_EXTENSION_LOG";
        case 0x70: return "SUBSCRIBE_EVENT_TYPES_ACK";
        case 0x71: return "EVENT_ACK";
        case 0x7c: return "KEY_PAIR_INFO";
        case 0x7d: return "SET_KEY_PAIR_INFO_ACK";
        case 0x85: return "CHUNK_SEND";
        case 0x86: return "CHUNK_GET";
        case 0x87: return "GET_ENDPOINT_INFO";
        case 0xe2: return "GET_SUPPORTED_EVENT_TYPES";
        case 0xe4: return "KEY_EXCHANGE";
        case 0xe5: return "FINISH";
        case 0xe6: return "PSK_EXCHANGE";
        case 0xe7: return "PSK_FINISH";
        case 0xe8: return "HEARTBEAT";
        case 0xe9: return "KEY_UPDATE";
        case 0xea: return "GET_ENCAPSULATED_REQUEST";
        case 0xeb: return "DELIVER_ENCAPSULATED_RESPONSE";
        case 0xec: return "END_SESSION";
        case 0xed: return "GET_CSR";
        case 0xee: return "SET_CERTIFICATE";
        case 0xef: return "GET_MEASUREMENT_EXTENSION_LOG";
        case 0xf0: return "SUBSCRIBE_EVENT_TYPES";
        case 0xf1: return "SEND_EVENT";
        case 0xfc: return "GET_KEY_PAIR_INFO";
        case 0xfd: return "SET_KEY_PAIR_INFO";
        default: return {};
    }
}

}  // namespace busguard::spdm
