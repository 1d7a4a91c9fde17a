# Headers that many files include, compiled once for all. A file still includes what it uses: the preset `clang` builds
# without these, and clang-tidy reads that build.
#
#   busguard_precompiled(common HEADERS <vector> <string> LIBRARIES fmt::fmt)   makes busguard_common_headers
#   target_precompile_headers(TARGET REUSE_FROM busguard_common_headers)
function(busguard_precompiled NAME)
    cmake_parse_arguments(ARG "" "" "HEADERS;LIBRARIES" ${ARGN})
    set(source ${CMAKE_BINARY_DIR}/${NAME}_headers.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "")
    add_library(busguard_${NAME}_headers OBJECT ${source})
    target_link_libraries(busguard_${NAME}_headers PRIVATE ${ARG_LIBRARIES})
    target_precompile_headers(busguard_${NAME}_headers PRIVATE ${ARG_HEADERS})
endfunction()

find_package(fmt REQUIRED)
set(common <algorithm> <array> <chrono> <cstdint> <filesystem> <functional> <map> <memory> <optional> <span> <string>
    <string_view> <variant> <vector>)
busguard_precompiled(common HEADERS ${common})
busguard_precompiled(text HEADERS ${common} <fmt/format.h> LIBRARIES fmt::fmt)
if(BUSGUARD_TESTS)
    find_package(GTest REQUIRED)
    busguard_precompiled(test HEADERS ${common} <gmock/gmock.h> <gtest/gtest.h> LIBRARIES GTest::gmock)
    # Whatever builds with these headers needs the same: what is tested is optimized (-O2), the tests themselves little.
    set(test_options $<$<CONFIG:RelWithDebInfo>:-O1>)
    target_compile_options(busguard_test_headers PRIVATE ${test_options})
endif()
