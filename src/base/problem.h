#pragma once

#include "base/result.h"

#include <string>

namespace busguard {

/// What is wrong with something that a person wrote or named: a file, an option, a machine description.
/// Unlike Error it carries text, because its reader is the one who can mend it.
struct Problem {
    std::string where;     ///< file, or option
    std::size_t line = 0;  ///< from 1; 0 = no particular line
    std::string field;     ///< the key or field, e.g. "device.slot"; may be empty
    std::string message;   ///< what is wrong, a clause without a full stop
    std::string remedy;    ///< what to do; may be empty

    /// "FILE:LINE: FIELD: MESSAGE (REMEDY)", without what is empty.
    std::string text() const {
        std::string out = where;
        if (line != 0) out += ":" + std::to_string(line);
        if (!out.empty()) out += ": ";
        if (!field.empty()) out += field + ": ";
        out += message;
        if (!remedy.empty()) out += " (" + remedy + ")";
        return out;
    }
};

/// A value, or what a person has to mend.
template <class T>
using Checked = Result<T, Problem>;

/// What happened, for people: a clause without a full stop.
std::string in_words(const Error& error);

inline Failure<Problem> fail(Problem problem) { return {std::move(problem)}; }

}  // namespace busguard
