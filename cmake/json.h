#pragma once

#include <nlohmann/json.hpp>

// What every user of JSON makes the compiler instantiate, done once in the precompiled header.
inline std::string busguard_precompiled_json(const nlohmann::ordered_json& given) {
    nlohmann::ordered_json made{{"text", "x"}, {"number", 1}, {"list", nlohmann::ordered_json::array()}};
    made["copy"] = given;
    made["list"].push_back({{"flag", true}, {"nothing", nullptr}});
    return made.dump(2) + given.value("text", std::string{}) + given.at("number").get<std::string>();
}
