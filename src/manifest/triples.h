#pragma once

#include "appraisal/reference.h"
#include "manifest/environment.h"
#include "manifest/measurement.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace busguard::manifest {

/// Reference triples, of one CoMID or one concise evidence, on their way to references.
///
/// Different states of one environment stand in different triples. A Reference has alternatives for each
/// measurement on its own, so states that differ in one measurement become one; states that differ in several
/// at once cannot be said without also allowing mixtures of them, and are left out.
class Triples {
public:
    explicit Triples(std::string name) : name_{std::move(name)} {}

    /// [ environment-map, [ + measurement-map ] ]
    Result<void> add(const cbor::Item& triple);
    /// All of an array of them. `what` names it.
    Result<void> add_all(const cbor::Item& list, std::string_view what);

    /// What they come to: a reference for each device that they are for.
    void finish(std::vector<appraisal::Reference>& references, std::vector<std::string>& remarks) const;

private:
    using AppliesTo = std::map<std::string, std::string>;
    struct Described {
        AppliesTo applies_to;
        std::vector<State> states;
    };

    std::string name_;
    std::map<std::string, Described> environments_;     // by their own encoding
    std::map<std::string_view, std::size_t> left_out_;  // measurements, by reason
    bool narrower_ = false;
    bool more_ = false;
    std::size_t measurements_ = 0;
};

}  // namespace busguard::manifest
