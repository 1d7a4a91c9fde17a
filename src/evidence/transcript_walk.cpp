#include "evidence/transcript_walk.h"

namespace busguard::evidence {
namespace {

using namespace spdm;

constexpr std::uint8_t slot_size_requested = 1;  // GET_CERTIFICATE's Param2, since 1.3
constexpr std::uint8_t model_bits = 7;

class Walker {
public:
    Walker(const Record& record, Spoken& spoken) : record_{&record}, spoken_{&spoken} {}

    Result<void> whole() {
        // The last signature of 1.0 and 1.1 over measurements does not cover the negotiation.
        const bool challenged = record_->kind == SigningContext::responder_challenge_auth;
        if (challenged || record_->version >= Version::v1_2) TRY(negotiation());
        if (challenged) return identity();
        return measurements();
    }

private:
    Shape shape() const { return {.version = record_->version, .hash = size(record_->hash)}; }
    ByteView rest() const { return ByteView{record_->transcript}.subspan(at_); }

    template <class M>
    Result<M> take(const Shape& shape) {
        auto message = decode_first<M>(rest(), shape);
        if (!message) {
            auto error = message.error();
            error.offset += at_;
            return fail(error);
        }
        at_ += message->bytes().size();
        return message->value();
    }

    template <class Request>
    Result<Said<Request>> exchange(const Shape& shape, bool summary = false) {
        Exchange seen{.request = Request::code, .answer = Request::Answer::code, .request_at = at_};
        auto request = TRY(take<Request>(shape));
        seen.answer_at = at_;
        seen.request_size = at_ - seen.request_at;
        auto of_answer = shape;
        of_answer.summary = summary;
        auto answer = TRY(take<typename Request::Answer>(of_answer));
        seen.answer_size = at_ - seen.answer_at;
        spoken_->exchanges.push_back(seen);
        return Said<Request>{std::move(request), std::move(answer)};
    }

    Result<void> negotiation() {
        spoken_->version = TRY(exchange<msg::GetVersion>({.version = Version::v1_0}));
        spoken_->capabilities = TRY(exchange<msg::GetCapabilities>(shape()));
        spoken_->algorithms = TRY(exchange<msg::NegotiateAlgorithms>(shape()));
        return {};
    }

    // B, of which everything may be missing, and C.
    Result<void> identity() {
        for (;;) {
            switch (head_of(rest()).code) {
                case Code::get_digests:
                    spoken_->digests.push_back(TRY(exchange<msg::GetDigests>(shape())).answer);
                    break;
                case Code::get_certificate: {
                    const auto said = TRY(exchange<msg::GetCertificate>(shape()));
                    carry(said);
                    break;
                }
                default: return challenge();
            }
        }
    }

    Result<void> challenge() {
        // Whether the answer holds a summary stands in the request, behind its head and SlotID.
        constexpr std::size_t summary_at = 3;
        const bool summary = rest().size() > summary_at && rest()[summary_at] != std::byte{0};
        spoken_->challenge = TRY(exchange<msg::Challenge>(shape(), summary));
        return ended();
    }

    Result<void> measurements() {
        do {
            spoken_->measurements.push_back(TRY(exchange<msg::GetMeasurements>(shape())));
        } while (!spoken_->measurements.back().request.wants_signature());
        return ended();
    }

    Result<void> ended() const {
        if (!rest().empty()) return fail(Errc::trailing_bytes, "transcript", at_);
        return {};
    }

    void carry(const Said<msg::GetCertificate>& said) {
        const auto& [request, answer] = said;
        if (record_->version >= Version::v1_3 && (request.attributes & slot_size_requested) != 0) return;
        auto& chain = spoken_->carried[answer.slot & slot_bits];
        if (request.offset == 0) chain = {};
        const auto total = request.offset + answer.portion.size() + answer.remainder;
        if (chain.total == 0) chain.total = total;
        chain.contradicts = chain.contradicts || request.slot != (answer.slot & slot_bits) ||
                            request.offset != chain.so_far.size() || total != chain.total;
        if (record_->version >= Version::v1_3) chain.model = answer.attributes & model_bits;
        append(chain.so_far, answer.portion);
    }

    const Record* record_;
    Spoken* spoken_;
    std::size_t at_ = 0;
};

}  // namespace

Spoken walk(const Record& record) {
    Spoken spoken;
    if (auto done = Walker{record, spoken}.whole(); !done) spoken.broken = done.error();
    return spoken;
}

}  // namespace busguard::evidence
