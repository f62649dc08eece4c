# SPDX-License-Identifier: MIT
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/lacuna)

install(DIRECTORY include/lacuna DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(TARGETS lacuna EXPORT lacunaTargets)
install(EXPORT lacunaTargets NAMESPACE lacuna:: DESTINATION ${package_dir})

configure_package_config_file(cmake/lacunaConfig.cmake.in lacunaConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(lacunaConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lacunaConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/lacunaConfigVersion.cmake
              cmake/optional_targets.cmake
        DESTINATION ${package_dir})

# The prefix is where the .pc file is found, so that the tree can be moved.
configure_file(cmake/lacuna.pc.in lacuna.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lacuna.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/lacuna)
