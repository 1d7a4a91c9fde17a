#pragma once

#include <cstddef>

namespace busguard::test {

#if defined(__has_feature)  // clang's, as is the sanitizers' build
inline constexpr bool sanitized = __has_feature(address_sanitizer) != 0;
#else
inline constexpr bool sanitized = false;
#endif

/// Steps through many inputs of one kind: all of them in the release build, every fifth under sanitizers,
/// where each takes ten times as long and what is looked for does not hang on one of them alone.
inline constexpr std::size_t thinned = sanitized ? 5 : 1;

}  // namespace busguard::test
