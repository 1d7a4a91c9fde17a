#pragma once

#include "evidence/transcript_review.h"
#include "spdm/codec.h"

#include <map>

/// The reading half of transcript_review.h: bytes to messages, without judging what they say.
namespace busguard::evidence {

template <class Request>
struct Said {
    Request request;
    typename Request::Answer answer;
};

/// A certificate chain as the CERTIFICATE messages of a transcript carry it.
struct Carried {
    Bytes so_far;
    std::size_t total = 0;     ///< as the first portion told it
    bool contradicts = false;  ///< a portion that does not fit to those before it
    std::uint8_t model = 0;    ///< since 1.3: certificate model
    bool whole() const { return !contradicts && total != 0 && so_far.size() == total; }
};

/// What stands in a transcript.
struct Spoken {
    std::vector<Exchange> exchanges;
    std::optional<Error> broken;  ///< why the walk stopped; `offset` in the transcript
    std::optional<Said<spdm::msg::GetVersion>> version;
    std::optional<Said<spdm::msg::GetCapabilities>> capabilities;
    std::optional<Said<spdm::msg::NegotiateAlgorithms>> algorithms;
    std::vector<spdm::msg::Digests> digests;
    std::map<spdm::SlotId, Carried> carried;
    std::optional<Said<spdm::msg::Challenge>> challenge;
    std::vector<Said<spdm::msg::GetMeasurements>> measurements;
};

/// Reads M1 (A ‖ B ‖ C) or L1 (since 1.2: A, then measurement exchanges), as the record's kind, version and
/// hash give the messages their shape.
Spoken walk(const Record& record);

}  // namespace busguard::evidence
