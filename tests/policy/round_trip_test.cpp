#include "policy/warnings.h"
#include "support.h"

#include <algorithm>
#include <random>

/// Random policies and devices, the same in every run. (RapidCheck is no dependency of the tree.)
namespace busguard::policy {
namespace {

class Random {
public:
    explicit Random(std::uint32_t seed) : engine_{seed} {}

    std::size_t below(std::size_t count) { return engine_() % count; }
    bool maybe() { return below(2) == 0; }
    template <class Container>
    auto one_of(const Container& all) {
        return all[below(all.size())];
    }
    std::string hex(std::size_t length) {
        std::string text;
        while (text.size() < length) text += "0123456789abcdef"[below(16)];
        return text;
    }

    std::string value(Field field) {
        static const std::vector<std::string> buses{"pci", "nvme", "scsi"};
        static const std::vector<std::string> locations{"fixed", "removable", "unknown"};
        static const std::vector<std::string> owners{"none", "native",   "kernel",
                                                     "tsm",  "tsm:tsm0", "tsm:tsm12"};
        static const std::vector<std::string> identities{"1ea5:5001", "1ea5:*", "*:*:1af4:1100"};
        static const std::vector<std::string> paths{"devices/pci0000:00/*", "devices/a\"b\\c/**",
                                                    "devices/#x=[1]"};
        static const std::vector<std::string> vendors{"1ea5", "8086"};
        static const std::vector<std::string> digests{digest, other_digest};
        static const std::vector<std::string> leaves{leaf, other_leaf, root};
        switch (field) {
            case Field::bus: return one_of(buses);
            case Field::class_code: return hex(2 + (2 * below(3)));
            case Field::vendor: return one_of(vendors);
            case Field::identity: return one_of(identities);
            case Field::path: return one_of(paths);
            case Field::location: return one_of(locations);
            case Field::virtual_function:
            case Field::bound_before: return maybe() ? "true" : "false";
            case Field::owner: return one_of(owners);
            case Field::state: return std::string{name(static_cast<appraisal::State>(below(7)))};
            case Field::reason: return std::string{one_of(appraisal::all_reasons()).code};
            case Field::slot: return std::to_string(below(8));
            case Field::certificate:
            case Field::root: return one_of(leaves);
            case Field::measurement: break;
        }
        return one_of(digests);
    }

    std::vector<std::string> values(Field field) {
        if (notation(field) == Notation::flag) return {value(field)};
        std::vector<std::string> all{value(field)};
        for (auto more = below(4) == 0 ? below(40) : below(2); more > 0; --more) all.push_back(value(field));
        return all;
    }

    Condition condition(Field field, Policy& policy) {
        Condition out{.field = field};
        if (field == Field::measurement) out.index = static_cast<std::uint8_t>(1 + below(3));
        if (notation(field) != Notation::flag)
            out.op = all_operators[below(is_plural(field) ? all_operators.size() : 2)];
        out.values = values(field);
        if (notation(field) == Notation::text && below(4) == 0) {
            const auto group = std::string{name(field)} + "-" + std::to_string(below(3));
            if (!policy.groups.contains(group)) policy.groups[group] = {.values = values(field), .line = {}};
            out.values.push_back("@" + group);
        }
        return out;
    }

    Rule rule(Policy& policy) {
        Rule out{.name = hex(8) + one_of(std::vector<std::string>{"", R"( "quoted\")", " # no comment", "]"}),
                 .ruling = one_of(std::vector{Ruling::allow, Ruling::deny, Ruling::quarantine})};
        if (maybe()) out.owners = {"native"};
        if (below(4) == 0) out.owners.emplace_back("tsm:tsm3");
        if (maybe()) out.reauthenticate = std::chrono::seconds{1 + below(std::size_t{365} * 86400)};
        for (auto count = below(6); count > 0; --count) {
            auto asked = condition(one_of(all_fields), policy);
            const auto same = [&](const Condition& one) {
                return one.field == asked.field && one.index == asked.index && one.op == asked.op;
            };
            if (std::ranges::none_of(out.match, same)) out.match.push_back(std::move(asked));
        }
        std::ranges::sort(out.match);
        return out;
    }

    Policy policy() {
        Policy out{.otherwise = one_of(std::vector{Ruling::allow, Ruling::deny, Ruling::quarantine})};
        for (auto count = below(8); count > 0; --count) out.rules.push_back(rule(out));
        return out;
    }

    Subject subject() {
        Subject out{.device = value(Field::bus) + "/x"};
        if (maybe())
            out.pci = PciIdentity{.vendor = static_cast<std::uint16_t>(maybe() ? 0x1ea5 : 0x8086),
                                  .device = 0x5001,
                                  .class_code = static_cast<std::uint32_t>(below(0x1000000)),
                                  .subsystem_vendor = 0x1af4,
                                  .subsystem = 0x1100};
        out.place = maybe() ? "devices/pci0000:00/x" : "devices/a\"b\\c/y/z";
        out.location = value(Field::location);
        out.virtual_function = maybe();
        out.bound_before = maybe();
        out.owner = maybe() ? "native" : "tsm:tsm12";
        out.state = static_cast<appraisal::State>(below(7));
        for (auto count = below(3); count > 0; --count) out.reasons.push_back(value(Field::reason));
        if (maybe()) out.slot = static_cast<unsigned>(below(8));
        if (maybe()) out.certificate = value(Field::certificate);
        if (maybe()) out.root = value(Field::root);
        for (const auto* index : {"1", "2"})
            if (maybe()) out.measurements[index] = value(Field::measurement);
        return out;
    }

private:
    std::mt19937 engine_;
};

TEST(RoundTrip, ReadsWhatItWrote) {
    std::size_t rules = 0;
    for (std::uint32_t seed = 0; seed < 500; ++seed) {
        const auto policy = Random{seed}.policy();
        const auto text = to_toml(policy);
        const auto again = policy_from_toml(text, "p.toml");
        ASSERT_TRUE(again) << "seed " << seed << ": " << again.error().text() << "\n" << text;
        ASSERT_EQ(*again, policy) << "seed " << seed << "\n" << text;
        ASSERT_EQ(to_toml(*again), text);
        rules += policy.rules.size();
    }
    EXPECT_GT(rules, 1200U);
}

TEST(RoundTrip, DecidesAsBefore) {
    std::size_t matched = 0;
    for (std::uint32_t seed = 0; seed < 150; ++seed) {
        Random random{seed};
        const auto policy = random.policy();
        const auto again = policy_from_toml(to_toml(policy), "p.toml");
        ASSERT_TRUE(again);
        for (int i = 0; i < 20; ++i) {
            const auto subject = random.subject();
            const auto decision = decide(policy, subject);
            ASSERT_EQ(decide(*again, subject), decision);
            if (decision.rule == implicit) {
                ASSERT_EQ(decision.passed_over, policy.rules.size());
                ASSERT_EQ(decision.ruling, policy.otherwise);
            } else if (decision.rule == implicit_bridge) {
                ASSERT_EQ(decision.passed_over, policy.rules.size());
                ASSERT_EQ(decision.ruling, Ruling::allow);
            } else {
                ++matched;
                ASSERT_EQ(policy.rules[decision.passed_over].name, decision.rule);
            }
        }
    }
    EXPECT_GT(matched, 300U);
}

TEST(RoundTrip, LeavesOutOnlyWhatNeverDecides) {
    std::size_t never = 0;
    for (std::uint32_t seed = 0; seed < 150; ++seed) {
        Random random{seed};
        const auto policy = random.policy();
        auto without = policy;
        for (const auto& warning : warnings(policy, "p.toml"))
            if (warning.message.starts_with("never decides")) {
                ++never;
                std::erase_if(without.rules, [&](const Rule& rule) {
                    return "rule \"" + rule.name + "\"" == warning.field;
                });
            }
        for (int i = 0; i < 20; ++i) {
            const auto subject = random.subject();
            ASSERT_EQ(decide(without, subject).rule, decide(policy, subject).rule);
        }
    }
    EXPECT_GT(never, 5U);
}

}  // namespace
}  // namespace busguard::policy
