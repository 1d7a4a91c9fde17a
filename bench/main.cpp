#include "bench/measure.h"
#include "bench/report.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstring>

/// Prints every figure with its budget; exit status 1 when one is not kept. `-o json` for machines.
int main(int argc, char** argv) {
    using namespace busguard::bench;
    const bool json = argc == 3 && std::strcmp(argv[1], "-o") == 0 && std::strcmp(argv[2], "json") == 0;
    if (argc != 1 && !json) {
        std::fputs("usage: bench [-o json]\n", stderr);
        return 2;
    }
    count_openssl();
    auto figures = authentication();
    for (auto& figure : many_devices()) figures.push_back(std::move(figure));
    for (auto& figure : guarded_devices()) figures.push_back(std::move(figure));

    bool kept = true;
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const auto& figure : figures) {
        kept = kept && figure.kept();
        list.push_back({{"name", figure.name},
                        {"value", figure.value},
                        {"unit", figure.unit},
                        {"budget", figure.budget == 0 ? nlohmann::ordered_json{}
                                                      : nlohmann::ordered_json(figure.budget)},
                        {"kept", figure.kept()},
                        {"note", figure.note}});
        if (json) continue;
        char budget[40] = "";
        if (figure.budget != 0)
            std::snprintf(budget, sizeof budget, "%s %g", figure.at_least ? ">=" : "<=", figure.budget);
        std::printf("%-30s %10.2f %-6s %-8s %-6s %s\n", figure.name.c_str(), figure.value,
                    figure.unit.c_str(), budget,
                    figure.budget == 0 ? ""
                    : figure.kept()    ? "kept"
                                       : "MISSED",
                    figure.note.c_str());
        std::fflush(stdout);
    }
    if (json)
        std::printf(
            "%s\n",
            nlohmann::ordered_json{{"schema", "busguard.bench/1"}, {"figures", list}}.dump(2).c_str());
    return kept ? 0 : 1;
}
