#pragma once

#include <string>
#include <vector>

namespace busguard::bench {

/// One line of the result.
struct Figure {
    std::string name;
    double value = 0;
    std::string unit;       ///< "us", "%", "x", "count", "bytes"
    double budget = 0;      ///< in the same unit
    bool at_least = false;  ///< the budget is a lower bound
    std::string note;

    bool kept() const { return budget == 0 || (at_least ? value >= budget : value <= budget); }
};

std::vector<Figure> authentication();
std::vector<Figure> many_devices();
std::vector<Figure> guarded_devices();
std::vector<Figure> transparency_log();

}  // namespace busguard::bench
