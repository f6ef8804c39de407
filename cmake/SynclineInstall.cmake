# Installs the runtime, the generator and what find_package(syncline) needs.
include(CMakePackageConfigHelpers)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/syncline)
get_property(modules GLOBAL PROPERTY SYNCLINE_MODULES)

list(REMOVE_ITEM modules syncline_server)

install(TARGETS ${modules} EXPORT synclineTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT synclineTargets NAMESPACE syncline:: DESTINATION ${config_dir})
install(DIRECTORY runtime/include/syncline DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# Needs more than the runtime does, so it is a component: find_package(syncline COMPONENTS server).
if(TARGET syncline_server)
  install(TARGETS syncline_server EXPORT synclineServerTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT synclineServerTargets NAMESPACE syncline:: DESTINATION ${config_dir})
  install(DIRECTORY server/include/syncline DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(TARGETS syncline-server RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# Built with the tests.
if(TARGET syncline-sim)
  install(TARGETS syncline-sim RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# The command finds its modules in ../share/syncline, so that the tree can be moved.
install(PROGRAMS generator/syncline-gen DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY generator/syncline_gen DESTINATION share/syncline/generator
  FILES_MATCHING PATTERN "*.py" PATTERN "*.j2" PATTERN "__pycache__" EXCLUDE)
install(FILES schema/syncline.fbs DESTINATION share/syncline/schema)

set(SYNCLINE_INSTALLED_GENERATOR ${CMAKE_INSTALL_BINDIR}/syncline-gen)
configure_package_config_file(cmake/synclineConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/synclineConfig.cmake
  INSTALL_DESTINATION ${config_dir}
  PATH_VARS SYNCLINE_INSTALLED_GENERATOR)
# Before 1.0 a new minor version may break what is built on it.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/synclineConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/synclineConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/synclineConfigVersion.cmake
  cmake/SynclineSchema.cmake
  DESTINATION ${config_dir})
