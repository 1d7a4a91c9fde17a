#include "bench/measure.h"
#include "bench/report.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

namespace {

using namespace busguard::bench;

struct Part {
    std::string_view name;
    std::vector<Figure> (*measure)();
};
constexpr std::array parts{Part{"authentication", authentication}, Part{"many", many_devices},
                           Part{"guard", guarded_devices}, Part{"log", transparency_log}};

void print(const Figure& figure) {
    char budget[40] = "";
    if (figure.budget != 0)
        std::snprintf(budget, sizeof budget, "%s %g", figure.at_least ? ">=" : "<=", figure.budget);
    std::printf("%-30s %10.2f %-6s %-8s %-6s %s\n", figure.name.c_str(), figure.value, figure.unit.c_str(),
                budget,
                figure.budget == 0 ? ""
                : figure.kept()    ? "kept"
                                   : "MISSED",
                figure.note.c_str());
    std::fflush(stdout);
}

nlohmann::ordered_json to_json(const Figure& figure) {
    using Json = nlohmann::ordered_json;
    return {{"name", figure.name},   {"value", figure.value},
            {"unit", figure.unit},   {"budget", figure.budget == 0 ? Json{} : Json(figure.budget)},
            {"kept", figure.kept()}, {"note", figure.note}};
}

}  // namespace

/// Prints every figure with its budget; exit status 1 when one is not kept. `-o json` for machines.
int main(int argc, char** argv) {
    std::vector<std::string_view> words(argv + 1, argv + argc);
    const bool json = words.size() >= 2 && words[0] == "-o" && words[1] == "json";
    if (json) words.erase(words.begin(), words.begin() + 2);
    for (const auto word : words)
        if (std::ranges::find(parts, word, &Part::name) == parts.end()) {
            std::fputs("usage: bench [-o json] [authentication|many|guard|log]...\n", stderr);
            return 2;
        }
    count_openssl();

    bool kept = true;
    auto list = nlohmann::ordered_json::array();
    for (const auto& part : parts) {
        if (!words.empty() && std::ranges::find(words, part.name) == words.end()) continue;
        for (const auto& figure : part.measure()) {
            kept = kept && figure.kept();
            list.push_back(to_json(figure));
            if (!json) print(figure);
        }
    }
    if (json)
        std::printf(
            "%s\n",
            nlohmann::ordered_json{{"schema", "busguard.bench/1"}, {"figures", list}}.dump(2).c_str());
    return kept ? 0 : 1;
}
