#include "manifest/triples.h"

#include "manifest/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace busguard::manifest {
namespace {

using appraisal::Reference;
using cbor::Item;
using AppliesTo = std::map<std::string, std::string>;

constexpr std::size_t most_measurements = 4096;  // of one file's tag; a device has 254

/// Everything in `one` is allowed by `all`.
bool covers(const Wanted& all, const Wanted& one) {
    const auto among = [](const std::vector<Bytes>& some, const std::vector<Bytes>& known) {
        return std::ranges::all_of(
            some, [&](const Bytes& value) { return std::ranges::find(known, value) != known.end(); });
    };
    return all.type == one.type && all.raw == one.raw && among(one.raw_values, all.raw_values) &&
           std::ranges::all_of(one.digests, [&](const auto& its) {
               const auto known = all.digests.find(its.first);
               return known != all.digests.end() && among(its.second, known->second);
           });
}

/// States as one, with alternatives for each measurement; nothing if that would allow mixtures of them.
std::optional<State> joined(const std::vector<State>& states) {
    State all;
    std::optional<std::uint8_t> varies;  // between states of several measurements
    for (const auto& state : states) {
        for (const auto& [index, wanted] : state) {
            const auto [known, is_new] = all.emplace(index, wanted);
            if (is_new || covers(known->second, wanted)) continue;
            if (state.size() > 1 && varies && *varies != index) return std::nullopt;
            if (state.size() > 1) varies = index;
            if (!add_values(known->second, wanted)) return std::nullopt;
        }
    }
    return all;
}

/// Puts what stands in `more` beside `to`: they are parts of one device. False if both say something of one
/// index.
bool put_beside(State& to, const State& more) {
    return std::ranges::all_of(more, [&](const auto& one) { return to.insert(one).second; });
}

/// The algorithms in which every digest is known: a device measures with one. Nothing if there is none.
std::optional<std::set<crypto::Hash>> common_hashes(const State& state) {
    std::optional<std::set<crypto::Hash>> common;
    for (const auto& [index, wanted] : state) {
        if (wanted.raw) continue;
        std::set<crypto::Hash> its;
        for (const auto& [hash, digests] : wanted.digests)
            if (!common || common->contains(hash)) its.insert(hash);
        common = std::move(its);
        if (common->empty()) return std::nullopt;
    }
    return common.value_or(std::set<crypto::Hash>{});
}

Reference reference_of(const std::string& name, const AppliesTo& applies_to, const State& state,
                       const std::set<crypto::Hash>& hashes) {
    Reference reference{.name = name, .applies_to = applies_to};
    if (hashes.size() == 1) reference.hash = crypto::name(*hashes.begin());
    for (const auto& [index, wanted] : state) {
        appraisal::ReferenceValue value{
            .index = index, .type = wanted.type, .raw = wanted.raw, .any_of = wanted.raw_values};
        for (const auto& [hash, digests] : wanted.digests)
            if (hashes.contains(hash))
                value.any_of.insert(value.any_of.end(), digests.begin(), digests.end());
        reference.values.push_back(std::move(value));
    }
    return reference;
}

std::string in_text(const AppliesTo& applies_to) {
    std::string text;
    for (const auto& [key, value] : applies_to)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, value);
    return text;
}

}  // namespace

Result<void> Triples::add(const Item& triple) {
    constexpr std::string_view what = "triple-record";
    const auto parts = TRY(triple.as_array(what));
    if (parts.size() != 2) return triple.wrong(what);
    const auto environment = TRY(read_environment(parts[0]));
    narrower_ = narrower_ || environment.narrower;
    State state;
    for (const auto& item : TRY(parts[1].as_array("measurement-map"))) {
        if (++measurements_ > most_measurements) return fail(Errc::too_large, "measurement-map", item.offset);
        auto measured = TRY(read_measurement(item, *environment.rule, environment.index));
        more_ = more_ || measured.more;
        if (!measured.left_out.empty())
            ++left_out_[measured.left_out];
        else if (!state.emplace(measured.index, std::move(measured.wanted)).second)
            return item.wrong("mkey");  // one state has one value for each
    }
    if (state.empty()) return {};
    auto& described = environments_[std::string{as_text(parts[0].encoded)}];
    described.applies_to = environment.applies_to;
    described.states.push_back(std::move(state));
    return {};
}

Result<void> Triples::add_all(const Item& list, std::string_view what) {
    for (const auto& triple : TRY(list.as_array(what))) TRY(add(triple));
    return {};
}

void Triples::finish(std::vector<Reference>& references, std::vector<std::string>& remarks) const {
    std::map<AppliesTo, std::optional<State>> devices;
    std::map<AppliesTo, std::string_view> unsaid;
    for (const auto& [encoding, described] : environments_) {
        const auto state = joined(described.states);
        if (!state) unsaid[described.applies_to] = "states that differ in several measurements at once";
        auto [device, is_new] = devices.emplace(described.applies_to, state);
        if (is_new || !state || !device->second) continue;
        if (!put_beside(*device->second, *state))
            unsaid[described.applies_to] = "two environments with values for the same measurement";
    }
    for (const auto& [applies_to, state] : devices) {
        const auto found = unsaid.find(applies_to);
        const auto hashes = state ? common_hashes(*state) : std::nullopt;
        if (found == unsaid.end() && hashes)
            references.push_back(reference_of(name_, applies_to, *state, *hashes));
        else
            remarks.push_back(fmt::format(
                "{}: nothing is used for {}: {}", name_, in_text(applies_to),
                found != unsaid.end() ? found->second : "no algorithm in which every digest is known"));
    }
    for (const auto& [reason, count] : left_out_)
        remarks.push_back(
            fmt::format("{}: measurements left out, because they {}: {}", name_, reason, count));
    if (narrower_)
        remarks.push_back(
            fmt::format("{}: class-id, layer and index of environments are not compared", name_));
    if (more_)
        remarks.push_back(fmt::format(
            "{}: versions, flags and other values that SPDM does not tell are not compared", name_));
}

}  // namespace busguard::manifest
