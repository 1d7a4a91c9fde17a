#pragma once

#include "spdm/codec.h"

namespace busguard::spdm {

/// What both sides have said, in the order of the wire and in DSP0274's sections: A (GET_VERSION to
/// ALGORITHMS), B (digests and certificates), C (the challenge) and L (measurements).
///
/// A request enters together with its own answer, once that answer is accepted: an exchange that fails or is
/// repeated leaves no trace. The section follows from the message's type, and so does what the exchange ends:
/// the specification's rules on when M1/M2 and L1/L2 begin anew stand here and nowhere else.
class Transcript {
public:
    /// The requester's side.
    template <class Request>
    void record(const OnWire<Request>& request, const Received<typename Request::Answer>& answer) {
        enter(request, answer);
    }
    /// The responder's side.
    template <class Request>
    void record(const Received<Request>& request, const OnWire<typename Request::Answer>& answer) {
        enter(request, answer);
    }

    /// A: the version, capabilities and algorithms exchanges.
    ByteView vca() const { return a_; }

    /// M1/M2: A ‖ B ‖ C, after CHALLENGE was recorded.
    Bytes challenged() const {
        Bytes all;
        all.reserve(a_.size() + b_.size() + c_.size());
        append(all, a_);
        append(all, b_);
        append(all, c_);
        return all;
    }

    /// L1/L2: since 1.2 with A before the measurement exchanges.
    Bytes measured(Version version) const {
        Bytes all;
        if (version >= Version::v1_2) append(all, a_);
        append(all, l_);
        return all;
    }

    /// An ERROR was said: all but ResponseNotReady end a run of GET_MEASUREMENTS (libspdm#2114), and nothing
    /// else.
    void error() { leave_measurements(); }

private:
    static constexpr std::size_t usual_vca = 256;  ///< bytes

    void enter(const auto& request, const auto& answer) {
        begin(request.value());
        if constexpr (requires { section_of(request.value()); }) {
            auto& section = section_of(request.value());
            append(section, request.bytes());
            append(section, answer.unsigned_bytes());
        }
        end(request.value());
    }

    // What a request ends before it enters.
    void begin(const msg::GetVersion&) {
        a_.clear();
        a_.reserve(usual_vca);
        b_.clear();
        c_.clear();
        leave_measurements();
    }
    void begin(const msg::GetCapabilities&) {}
    void begin(const msg::NegotiateAlgorithms&) {}
    void begin(const msg::GetDigests&) {
        leave_measurements();
        b_.clear();
        c_.clear();
    }
    void begin(const msg::GetCertificate&) {
        leave_measurements();
        if (!c_.empty()) b_.clear();  // the challenge before has closed M1/M2
        c_.clear();
    }
    void begin(const msg::Challenge&) {
        leave_measurements();
        if (!c_.empty()) b_.clear();
        c_.clear();
    }
    void begin(const msg::GetMeasurements&) {
        b_.clear();
        c_.clear();
        if (measured_) leave_measurements();
    }
    void begin(const msg::VendorRequest&) { leave_measurements(); }

    void end(const auto&) {}
    void end(const msg::GetMeasurements& request) { measured_ = request.wants_signature(); }

    void leave_measurements() {
        l_.clear();
        measured_ = false;
    }

    Bytes& section_of(const msg::GetVersion&) { return a_; }
    Bytes& section_of(const msg::GetCapabilities&) { return a_; }
    Bytes& section_of(const msg::NegotiateAlgorithms&) { return a_; }
    Bytes& section_of(const msg::GetDigests&) { return b_; }
    Bytes& section_of(const msg::GetCertificate&) { return b_; }
    Bytes& section_of(const msg::Challenge&) { return c_; }
    Bytes& section_of(const msg::GetMeasurements&) { return l_; }

    Bytes a_;
    Bytes b_;
    Bytes c_;
    Bytes l_;
    bool measured_ = false;  // the last L1/L2 was signed: the next GET_MEASUREMENTS begins another
};

}  // namespace busguard::spdm
