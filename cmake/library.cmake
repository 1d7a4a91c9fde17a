# libbusguard.a: the floors that do no input and output, for programs of others (examples/), with their headers and a pkg-config
# file. It changes with every version, which is why there is no shared library of it.
set(floors base wire crypto spdm transport tlog trust evidence appraisal)

list(TRANSFORM floors REPLACE "(.+)" "$<TARGET_OBJECTS:busguard_\\1>" OUTPUT_VARIABLE objects)
add_library(busguard_library STATIC ${objects})
set_target_properties(busguard_library PROPERTIES OUTPUT_NAME busguard LINKER_LANGUAGE CXX UNITY_BUILD OFF)

install(TARGETS busguard_library ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
foreach(floor ${floors})
    # Those two show libraries that are our own affair.
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/${floor} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/busguard COMPONENT library
        FILES_MATCHING PATTERN "*.h" PATTERN crypto/openssl.h EXCLUDE PATTERN evidence/json.h EXCLUDE)
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/cmake/busguard.pc.in ${PROJECT_BINARY_DIR}/busguard.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/busguard.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
