# syncline_module(NAME SOURCES ... [PUBLIC ...] [PRIVATE ...]): a runtime module, syncline::NAME.
# syncline_executable(NAME SOURCES ... [LIBRARIES ...]): an executable in <build>/bin.
# syncline_test(SUITE_FILE [THREADS] [LIBRARIES ...] [LABELS ...]): one Boost.Test suite, one ctest entry. A suite
# that starts threads says THREADS: any other is left out of a ThreadSanitizer build, and ends when it starts one.

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

# In a sanitizer build libraries are optimised, and what calls them is not: a test would take twice as long to compile.
add_library(syncline_caller INTERFACE)
if(SYNCLINE_SANITIZE AND NOT SYNCLINE_SANITIZE MATCHES "fuzzer")
  target_compile_options(syncline_caller INTERFACE -O0)
endif()

# ccache knows a source by what it includes, and gives up on one that begins with a precompiled header.
set(SYNCLINE_PRECOMPILED ${SYNCLINE_PRECOMPILED_HEADERS})
if(CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache")
  set(SYNCLINE_PRECOMPILED OFF)
endif()

# What most sources include and nobody changes while working: nothing of ours, for that would compile all again.
# Few, since all of them are read for every source.
set(SYNCLINE_STANDARD_HEADERS <algorithm> <array> <atomic> <chrono> <cstdint> <functional> <map> <memory> <mutex>
  <optional> <set> <string> <string_view> <utility> <vector>)
if(SYNCLINE_PRECOMPILED)
  # Holds them for the modules: those are compiled with other flags than tests are.
  file(CONFIGURE OUTPUT standard_headers.cpp CONTENT "")
  add_library(syncline_standard_headers STATIC ${CMAKE_CURRENT_BINARY_DIR}/standard_headers.cpp)
  set_target_properties(syncline_standard_headers PROPERTIES POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_features(syncline_standard_headers PUBLIC cxx_std_20)
  target_link_libraries(syncline_standard_headers PRIVATE syncline_warnings)
  target_precompile_headers(syncline_standard_headers PRIVATE ${SYNCLINE_STANDARD_HEADERS})
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
  if(SYNCLINE_PRECOMPILED)
    target_precompile_headers(syncline_${name} REUSE_FROM syncline_standard_headers)
  endif()
  set_property(GLOBAL APPEND PROPERTY SYNCLINE_MODULES syncline_${name})
endfunction()

function(syncline_executable name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} syncline_caller syncline_warnings)
endfunction()

function(syncline_test file)
  cmake_parse_arguments(arg "THREADS" "" "LIBRARIES;LABELS" ${ARGN})
  get_filename_component(suite ${file} NAME_WE)
  if(TARGET ${suite})
    # Two modules may have a suite of one name; the later one bears its folder's name as well.
    get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
    set(suite ${folder}_${suite})
  endif()
  add_executable(${suite} ${file})
  target_link_libraries(${suite} PRIVATE ${arg_LIBRARIES} syncline_test_main syncline_warnings)
  if(SYNCLINE_PRECOMPILED)
    target_precompile_headers(${suite} REUSE_FROM syncline_test_main)
  endif()
  if(NOT arg_THREADS AND SYNCLINE_SANITIZE STREQUAL "thread")
    set_target_properties(${suite} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  elseif(NOT arg_THREADS AND NOT SYNCLINE_SANITIZE)
    target_link_libraries(${suite} PRIVATE syncline_one_thread)
  endif()
  add_test(NAME ${suite} COMMAND ${suite} --log_level=test_suite)
  set_tests_properties(${suite} PROPERTIES TIMEOUT 300)
  if(arg_LABELS)
    set_tests_properties(${suite} PROPERTIES LABELS "${arg_LABELS}")
  endif()
endfunction()
