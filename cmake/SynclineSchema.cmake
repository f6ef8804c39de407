# syncline_add_schema(
#   TARGET name            the library to link: headers, include folder, syncline::client
#   SCHEMAS file.fbs ...   entity schemas, relative to this folder; each gives file.hpp and
#                          file_app.hpp. Only those that declare entities: what they include is
#                          generated with them
#   [OUTPUT_DIR dir]       default: a folder of the target's name in the build folder
#   [INCLUDE_DIRS dir ...] where included schemas are looked for, besides each schema's own folder
#   [CONFORM old.fbs ...]  older versions of the (one) schema, whose rows must stay readable
# )
#
# A schema that is in error stops the build with a message. The headers are made again when a schema,
# a file it includes or the generator changes. For example:
#
#   syncline_add_schema(TARGET todo_model SCHEMAS schema/todo.fbs)
#   target_link_libraries(todo_app PRIVATE todo_model syncline::client)

cmake_policy(SET CMP0116 NEW)  # depfiles with Ninja; functions keep the policies they were made with

get_property(SYNCLINE_GENERATOR GLOBAL PROPERTY SYNCLINE_GENERATOR)
if(NOT SYNCLINE_GENERATOR)
  get_filename_component(SYNCLINE_GENERATOR ${CMAKE_CURRENT_LIST_DIR}/../generator/syncline-gen ABSOLUTE)
  set_property(GLOBAL PROPERTY SYNCLINE_GENERATOR ${SYNCLINE_GENERATOR})
endif()

function(syncline_add_schema)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET;OUTPUT_DIR" "SCHEMAS;INCLUDE_DIRS;CONFORM")
  if(NOT arg_TARGET OR NOT arg_SCHEMAS)
    message(FATAL_ERROR "syncline_add_schema needs TARGET name and SCHEMAS file.fbs ...")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "syncline_add_schema(TARGET ${arg_TARGET}): unknown: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  syncline_find_python()
  get_property(generator GLOBAL PROPERTY SYNCLINE_GENERATOR)

  if(NOT arg_OUTPUT_DIR)
    set(arg_OUTPUT_DIR ${arg_TARGET})
  endif()
  get_filename_component(out ${arg_OUTPUT_DIR} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_BINARY_DIR})
  set(options --out ${out} --flatc ${SYNCLINE_FLATC})
  set(inputs ${generator})
  foreach(dir IN LISTS arg_INCLUDE_DIRS)
    list(APPEND options --include ${dir})
  endforeach()
  foreach(old IN LISTS arg_CONFORM)
    list(APPEND options --conform ${old})
  endforeach()
  foreach(file IN LISTS arg_SCHEMAS arg_CONFORM)
    get_filename_component(path ${file} ABSOLUTE)
    list(APPEND inputs ${path})
  endforeach()
  set(headers)
  foreach(schema IN LISTS arg_SCHEMAS)
    get_filename_component(stem ${schema} NAME_WE)
    list(APPEND headers ${out}/${stem}.hpp ${out}/${stem}_app.hpp)
  endforeach()

  # The stamp is what depends on the schemas: a header that comes out the same keeps its time, so that
  # nothing is compiled again for it.
  set(stamp ${CMAKE_CURRENT_BINARY_DIR}/${arg_TARGET}.stamp)
  add_custom_command(
    OUTPUT ${stamp}
    BYPRODUCTS ${headers}
    COMMAND ${SYNCLINE_PYTHON} ${generator} ${options} --depfile ${stamp}.d ${arg_SCHEMAS}
    COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
    DEPENDS ${inputs}
    DEPFILE ${stamp}.d
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    COMMENT "Generating ${arg_TARGET}"
    VERBATIM)
  add_custom_target(${arg_TARGET}_generate DEPENDS ${stamp})

  add_library(${arg_TARGET} INTERFACE)
  add_dependencies(${arg_TARGET} ${arg_TARGET}_generate)
  target_include_directories(${arg_TARGET} INTERFACE ${out})
  target_link_libraries(${arg_TARGET} INTERFACE syncline::client)
endfunction()

# Sets SYNCLINE_PYTHON to a Python that has Jinja2. A machine may have several, and the one that
# CMake finds first need not be the one that the system's packages are for.
function(syncline_find_python)
  if(SYNCLINE_PYTHON)
    return()
  endif()
  find_package(Python3 3.9 QUIET COMPONENTS Interpreter)
  set(tried)
  foreach(python ${Python3_EXECUTABLE} /usr/bin/python3)
    execute_process(COMMAND ${python} -c "import jinja2" RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
    if(NOT failed)
      set(SYNCLINE_PYTHON ${python} CACHE FILEPATH "A Python with Jinja2, which runs syncline-gen")
      return()
    endif()
    list(APPEND tried ${python})
  endforeach()
  list(JOIN tried ", " tried)
  message(FATAL_ERROR "syncline: found no Python 3 with Jinja2 (tried: ${tried}). "
    "Install python3-jinja2, or set SYNCLINE_PYTHON to a Python that has it.")
endfunction()
