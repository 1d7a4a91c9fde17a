# What `cmake --install` puts where; packaging/ makes Debian packages of it. Made for the prefix /usr: initramfs-tools, dracut
# and systemd look nowhere else, and their files name programs by their path there.
include(GNUInstallDirs)
include(cmake/library.cmake)

set(BUSGUARD_ZSH_DIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "Where zsh looks for completions")
set(BUSGUARD_UNIT_DIR lib/systemd/system CACHE STRING "Where systemd looks for units")

install(TARGETS busguard RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS busguardd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})

foreach(section 1 5 7 8)
    file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/*.${section})
    install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

set(share ${PROJECT_SOURCE_DIR}/share)
install(FILES ${share}/busguardd.toml DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/busguard)
install(DIRECTORY DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/busguard/anchors)
install(DIRECTORY ${share}/machines ${share}/policies DESTINATION ${CMAKE_INSTALL_DATADIR}/busguard)

install(FILES ${share}/completions/busguard.bash
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME busguard)
install(FILES ${share}/completions/_busguard DESTINATION ${BUSGUARD_ZSH_DIR})
install(FILES ${share}/completions/busguard.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

install(FILES ${share}/systemd/busguardd.service ${share}/systemd/busguard-cosign.service ${share}/systemd/busguard-cosign.timer
    DESTINATION ${BUSGUARD_UNIT_DIR})
install(FILES ${share}/systemd/busguard.conf DESTINATION lib/tmpfiles.d)
install(FILES ${share}/dbus/org.busguard1.conf DESTINATION ${CMAKE_INSTALL_DATADIR}/dbus-1/system.d)
install(FILES ${share}/dbus/org.busguard1.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/dbus-1/interfaces)
install(FILES ${share}/polkit/org.busguard1.policy DESTINATION ${CMAKE_INSTALL_DATADIR}/polkit-1/actions)

# The gate in the initramfs, and what puts it there.
install(PROGRAMS ${share}/early-boot/gate ${share}/early-boot/boot-devices DESTINATION lib/busguard)
install(DIRECTORY ${share}/initramfs-tools DESTINATION ${CMAKE_INSTALL_DATADIR} USE_SOURCE_PERMISSIONS)
install(DIRECTORY ${share}/dracut/90busguard DESTINATION lib/dracut/modules.d USE_SOURCE_PERMISSIONS)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/lab DESTINATION ${CMAKE_INSTALL_DATADIR}/busguard USE_SOURCE_PERMISSIONS
    PATTERN __pycache__ EXCLUDE)
