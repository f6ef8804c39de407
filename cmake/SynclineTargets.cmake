# syncline_module(NAME SOURCES ... [PUBLIC ...] [PRIVATE ...]): a runtime module, syncline::NAME.
# syncline_executable(NAME SOURCES ... [LIBRARIES ...]): an executable in <build>/bin.
# syncline_test(SUITE_FILE [LIBRARIES ...] [LABELS ...]): one Boost.Test suite, one ctest entry.

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# Warnings and sanitizers are for our own targets; nobody who links syncline sees them.
add_library(syncline_warnings INTERFACE)
target_compile_options(syncline_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Woverloaded-virtual
  $<$<BOOL:${SYNCLINE_WARNINGS_AS_ERRORS}>:-Werror>
  # GCC 12 reports these inside its own headers when it inlines std::string and std::variant.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-maybe-uninitialized>)
if(SYNCLINE_SANITIZE)
  add_compile_options(-fsanitize=${SYNCLINE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SYNCLINE_SANITIZE})
endif()

function(syncline_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(syncline_${name} STATIC ${arg_SOURCES})
  add_library(syncline::${name} ALIAS syncline_${name})
  set_target_properties(syncline_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_features(syncline_${name} PUBLIC cxx_std_20)
  target_include_directories(syncline_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/runtime/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(syncline_${name}
    PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:syncline_warnings>)
  set_property(GLOBAL APPEND PROPERTY SYNCLINE_MODULES syncline_${name})
endfunction()

function(syncline_executable name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} syncline_warnings)
endfunction()

function(syncline_test file)
  cmake_parse_arguments(arg "" "" "LIBRARIES;LABELS" ${ARGN})
  get_filename_component(suite ${file} NAME_WE)
  if(TARGET ${suite})
    # Two modules may have a suite of one name; the later one bears its folder's name as well.
    get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
    set(suite ${folder}_${suite})
  endif()
  add_executable(${suite} ${file})
  target_compile_definitions(${suite} PRIVATE BOOST_TEST_DYN_LINK BOOST_TEST_MODULE=${suite})
  target_link_libraries(${suite} PRIVATE ${arg_LIBRARIES} Boost::unit_test_framework syncline_warnings)
  add_test(NAME ${suite} COMMAND ${suite} --log_level=test_suite)
  set_tests_properties(${suite} PROPERTIES TIMEOUT 300)
  if(arg_LABELS)
    set_tests_properties(${suite} PROPERTIES LABELS "${arg_LABELS}")
  endif()
endfunction()
