#pragma once

namespace busguard::cli {

/// What the program ends with (busguard(1), EXIT STATUS). Of several devices the worst counts; the order of
/// badness is failed, undetermined, no_reference, unsupported, ok. `trouble` stands beside it: nothing was
/// found out at all.
enum class Exit : int {
    ok = 0,            ///< everything that was asked for holds
    trouble = 1,       ///< wrong usage, or the program could not do its work
    failed = 2,        ///< a device, or evidence, was appraised and refused
    undetermined = 3,  ///< a device could not be reached, or nothing could be found out
    unsupported = 4,   ///< a device that was asked for has nothing to authenticate it by
    no_reference = 5,  ///< measured, but there is nothing to compare with
};

/// From best to worst.
constexpr int badness(Exit code) {
    switch (code) {
        case Exit::ok: return 0;
        case Exit::unsupported: return 1;
        case Exit::no_reference: return 2;
        case Exit::undetermined: return 3;
        case Exit::failed: return 4;
        case Exit::trouble: return 5;
    }
    return 5;
}

constexpr Exit worse(Exit a, Exit b) { return badness(a) < badness(b) ? b : a; }

}  // namespace busguard::cli
