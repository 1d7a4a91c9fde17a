#include "tlog/text.h"
#include "tlog/witness_policy.h"

#include <algorithm>
#include <set>
#include <utility>

namespace busguard::tlog {
namespace {

constexpr std::string_view white = " \t";
constexpr std::string_view no_quorum = "none";

using Words = std::vector<std::string_view>;

/// Enough for every line that is right; what is beyond is not kept, but counted.
constexpr std::size_t most_words = 3 + (2 * WitnessPolicy::most) + 1;

Words words_of(std::string_view line) {
    Words words;
    for (auto from = line.find_first_not_of(white);
         from != std::string_view::npos && words.size() < most_words;) {
        const auto to = std::min(line.find_first_of(white, from), line.size());
        words.push_back(line.substr(from, to - from));
        from = line.find_first_not_of(white, to);
    }
    return words;
}

/// Tab, LF, 0x20-0x7e, 0x80-0xff ("Character set").
bool is_allowed(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet == '\t' || octet == '\n' || (octet >= 0x20 && octet != 0x7f);
}

/// Of a person's file, for a terminal: ASCII, and not all of it if it is long.
std::string quoted(std::string_view word) {
    constexpr std::size_t longest = 80;
    std::string out = "\"";
    for (const char c : word.substr(0, longest)) out += static_cast<unsigned char>(c) < 0x7f ? c : '?';
    return out.append(word.size() > longest ? "...\"" : "\"");
}

}  // namespace

/// Reads a policy line by line. Everything it says is about the line it is at.
class PolicyReader {
public:
    explicit PolicyReader(std::string file) : file_{std::move(file)} {}

    Checked<WitnessPolicy> read(std::string_view text) {
        if (text.size() > WitnessPolicy::largest) return wrong("", "is too large for a policy");
        Lines lines{text};
        while (const auto line = lines.next()) {
            ++line_;
            TRY(read_line(*line));
        }
        ++line_;
        if (!lines.rest().empty())
            return wrong("", "the last line has no newline", "end it; or was the file cut off?");
        line_ = 0;
        if (!has_quorum_) return wrong("quorum", "is missing", "for no witnesses say: quorum none");
        return std::move(policy_);
    }

private:
    Checked<void> read_line(std::string_view line) {
        if (!std::ranges::all_of(line, is_allowed)) return wrong("", "has a control character");
        const auto words = words_of(line);
        if (words.empty() || words.front().starts_with('#')) return {};
        if (words.front() == "log") return log(words);
        if (words.front() == "witness") return witness(words);
        if (words.front() == "group") return group(words);
        if (words.front() == "quorum") return quorum(words);
        return wrong("", "begins with a word that is not known", "log, witness, group, quorum or #");
    }

    Checked<void> log(const Words& words) {
        if (words.size() < 2 || words.size() > 3) return wrong("log", "has to be: log VKEY [URL]");
        if (policy_.logs_.size() == WitnessPolicy::most)
            return wrong("log", "is one more than the 32 allowed");
        auto key = TRY(key_from("log", words[1]));
        for (const auto& other : policy_.logs_)
            if (other.key.key() == key.key()) return wrong("log", "has a key that another log has");
        for (const auto& witness : policy_.witnesses_)
            if (witness.key == key) return wrong("log", "has the key of a witness");
        policy_.logs_.push_back({std::move(key), url_of(words, 2)});
        return {};
    }

    Checked<void> witness(const Words& words) {
        if (words.size() < 3 || words.size() > 4)
            return wrong("witness", "has to be: witness NAME VKEY [URL]");
        if (policy_.witnesses_.size() == WitnessPolicy::most)
            return wrong("witness", "is one more than the 32 allowed");
        TRY(check_new("witness", words[1]));
        auto key = TRY(key_from("witness", words[2]));
        if (!may_be_a_witness(key.type()))
            return wrong("witness", "has a key that is not for cosignatures (type 0x04 or 0x06)");
        // What ML-DSA-44 signs as a log and as a witness is the same.
        for (const auto& log : policy_.logs_)
            if (log.key == key) return wrong("witness", "has the key of a log");
        for (const auto& other : policy_.witnesses_)
            if (other.key.key() == key.key()) return wrong("witness", "has a key that another witness has");
        policy_.witnesses_.push_back({std::string{words[1]}, std::move(key), url_of(words, 3)});
        return {};
    }

    Checked<void> group(const Words& words) {
        if (words.size() < 4) return wrong("group", "has to be: group NAME all|any|K MEMBER...");
        if (policy_.groups_.size() == WitnessPolicy::most)
            return wrong("group", "is one more than the 32 allowed");
        TRY(check_new("group", words[1]));
        WitnessPolicy::Group made{.name = std::string{words[1]}};
        const auto count = words.size() - 3;
        made.threshold = TRY(threshold_from(words[2], count));
        for (std::size_t n = 3; n < words.size(); ++n) {
            if (!members_.emplace(words[n]).second)
                return wrong("group", quoted(words[n]) + " is a member of a group already");
            made.members.push_back(TRY(defined("group", words[n])));
        }
        policy_.groups_.push_back(std::move(made));
        return {};
    }

    Checked<void> quorum(const Words& words) {
        if (words.size() != 2) return wrong("quorum", "has to be: quorum NAME|none");
        if (has_quorum_) return wrong("quorum", "is there twice");
        if (words[1] != no_quorum) policy_.quorum_ = TRY(defined("quorum", words[1]));
        has_quorum_ = true;
        return {};
    }

    Checked<std::size_t> threshold_from(std::string_view word, std::size_t count) {
        if (word == "any") return std::size_t{1};
        if (word == "all") return count;
        const auto number = number_from_text(word, "threshold");
        if (!number || *number < 1 || *number > count)
            return wrong("group", "has a threshold that is not all, any or 1 to the number of its members");
        return static_cast<std::size_t>(*number);
    }

    Checked<VerifierKey> key_from(std::string_view field, std::string_view vkey) {
        auto key = VerifierKey::from_text(vkey);
        if (!key) return wrong(field, "has a vkey that cannot be taken: " + in_words(key.error()));
        return std::move(*key);
    }

    /// Witnesses and groups share their names.
    std::optional<WitnessPolicy::Member> find(std::string_view name) const {
        const auto named = [&](const auto& each) { return each.name == name; };
        const auto place = [&](const auto& all) {
            return static_cast<std::size_t>(std::ranges::find_if(all, named) - all.begin());
        };
        if (const auto n = place(policy_.witnesses_); n < policy_.witnesses_.size())
            return WitnessPolicy::Member{false, n};
        if (const auto n = place(policy_.groups_); n < policy_.groups_.size())
            return WitnessPolicy::Member{true, n};
        return std::nullopt;
    }

    Checked<WitnessPolicy::Member> defined(std::string_view field, std::string_view name) {
        const auto member = find(name);
        if (!member) return wrong(field, quoted(name) + " is defined by no line before");
        return *member;
    }

    Checked<void> check_new(std::string_view field, std::string_view name) {
        if (name == no_quorum) return wrong(field, "is called none, which has a meaning of its own");
        if (find(name)) return wrong(field, quoted(name) + " is taken");
        return {};
    }

    static std::string url_of(const Words& words, std::size_t at) {
        return at < words.size() ? std::string{words[at]} : std::string{};
    }

    Failure<Problem> wrong(std::string_view field, std::string message, std::string remedy = {}) const {
        return fail(Problem{file_, line_, std::string{field}, std::move(message), std::move(remedy)});
    }

    std::string file_;
    std::size_t line_ = 0;
    WitnessPolicy policy_;
    std::set<std::string, std::less<>> members_;  ///< each name is a member once at most
    bool has_quorum_ = false;
};

Checked<WitnessPolicy> WitnessPolicy::from_text(std::string_view text, std::string file) {
    return PolicyReader{std::move(file)}.read(text);
}

}  // namespace busguard::tlog
