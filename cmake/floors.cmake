# A library for each folder of src/, which names the folders below it: so the linker refuses a call that climbs, and
# tests/floors.py an include that does.
#
#   busguard_floor(wire SOURCES hex.cpp USES base LIBRARIES OpenSSL::Crypto)
function(busguard_floor NAME)
    cmake_parse_arguments(FLOOR "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
    set(target busguard_${NAME})
    list(TRANSFORM FLOOR_USES PREPEND busguard_)
    if(FLOOR_SOURCES)
        add_library(${target} STATIC ${FLOOR_SOURCES})
        target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
        target_link_libraries(${target} PUBLIC ${FLOOR_USES} PRIVATE ${FLOOR_LIBRARIES})
    else()
        add_library(${target} INTERFACE)
        target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR}/src)
        target_link_libraries(${target} INTERFACE ${FLOOR_USES} ${FLOOR_LIBRARIES})
    endif()
endfunction()

# A test program for a folder: busguard_test(wire SOURCES reader_test.cpp USES wire) makes tests/wire's `wire_tests`.
function(busguard_test NAME)
    cmake_parse_arguments(TEST "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
    list(TRANSFORM TEST_USES PREPEND busguard_)
    add_executable(${NAME}_tests ${TEST_SOURCES})
    target_include_directories(${NAME}_tests PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${NAME}_tests PRIVATE ${TEST_USES} ${TEST_LIBRARIES} GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${NAME}_tests TEST_PREFIX ${NAME}. DISCOVERY_TIMEOUT 60)
endfunction()
