#include "config/toml_fields.h"

#include <gtest/gtest.h>

namespace busguard::config {
namespace {

using namespace std::chrono_literals;

/// Reads `text` by `read`, and says what is wrong with it.
template <class Read>
std::string problem(std::string_view text, const Read& read) {
    auto document = TomlDocument::parse(text, "x.toml");
    if (!document) return document.error().text();
    auto in = document->fields();
    read(in);
    return document->problem() ? document->problem()->text() : "none";
}

TEST(TomlFields, TakeATextOrAListOfThem) {
    std::vector<std::string> one;
    std::vector<std::string> several;
    std::vector<std::string> none;
    EXPECT_EQ(problem("a = \"x\"\nb = [\"y\", \"z\"]",
                      [&](TomlFields& in) {
                          one = in.words("a", 2);
                          several = in.words("b", 2);
                          none = in.words("c", 2);
                          in.finish();
                      }),
              "none");
    EXPECT_EQ(one, (std::vector<std::string>{"x"}));
    EXPECT_EQ(several, (std::vector<std::string>{"y", "z"}));
    EXPECT_TRUE(none.empty());
}

TEST(TomlFields, TakeANumberOrAListOfThem) {
    std::vector<std::int64_t> one;
    std::vector<std::int64_t> several;
    EXPECT_EQ(problem("a = 1\nb = [2, 3]",
                      [&](TomlFields& in) {
                          one = in.integers("a", 0, 7, 2);
                          several = in.integers("b", 0, 7, 2);
                      }),
              "none");
    EXPECT_EQ(one, (std::vector<std::int64_t>{1}));
    EXPECT_EQ(several, (std::vector<std::int64_t>{2, 3}));
}

TEST(TomlFields, NameTheLineOfTheEntryThatIsWrong) {
    const auto words = [](TomlFields& in) { in.words("a", 3, 4); };
    EXPECT_EQ(problem("a = [\n\"x\",\n\"12345\"]", words), "x.toml:3: a: is longer than 4 bytes");
    EXPECT_EQ(problem("a = [\n\"x\",\n\"\\u0007\"]", words), "x.toml:3: a: holds a control character");
    EXPECT_EQ(problem("a = [\n\"x\",\n5]", words), "x.toml:3: a: is a whole number, not a text in quotes");
    EXPECT_EQ(problem("\na = [\"x\", \"x\", \"x\", \"x\"]", words), "x.toml:2: a: has more than 3 entries");
    EXPECT_EQ(problem("a = [1,\n2,\n9]", [](TomlFields& in) { in.integers("a", 0, 7, 9); }),
              "x.toml:3: a: 9 is out of range (0 to 7)");
    EXPECT_EQ(problem("\na = \"x\"", [](TomlFields& in) { in.wrong_entry("a", 0, "is odd"); }),
              "x.toml:2: a: is odd");
}

TEST(TomlFields, ShowTheKeysThatAPersonChose) {
    problem("[t]\nb = 1\na = 2\n[u]", [](TomlFields& in) {
        EXPECT_TRUE(in.is_table("t"));
        EXPECT_FALSE(in.is_table("v"));
        const auto table = in.table("t");
        EXPECT_FALSE(table->is_table("a"));
        EXPECT_EQ(table->keys(), (std::vector<std::string>{"a", "b"}));
        EXPECT_EQ(table->line_of("a"), 3U);
        EXPECT_EQ(table->line_of("nothing"), 1U);
    });
}

TEST(TomlFields, HoldADurationToItsBounds) {
    const auto read = [](TomlFields& in) { in.duration("a", 1min, 24h); };
    EXPECT_EQ(problem("a = \"90s\"", read), "none");
    EXPECT_EQ(problem("a = \"90\"", read),
              "x.toml:1: a: \"90\" is no duration (a whole number and s, m, h or d, such as \"12h\")");
    EXPECT_EQ(problem("a = \"59s\"", read), "x.toml:1: a: \"59s\" is out of range (1m to 1d)");
    EXPECT_EQ(problem("a = \"25h\"", read), "x.toml:1: a: \"25h\" is out of range (1m to 1d)");
}

}  // namespace
}  // namespace busguard::config
