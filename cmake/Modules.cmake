# Modules as libraries. layers.txt is the only list: a module sees the include folders of the modules on its line and of
# nothing else, and links exactly those.
#
# Under build/include/<module>/ stands a link to the module's sources, so that `-I build/include/base` makes "base/status.h"
# visible and nothing more. All trees share these links: equal command lines are what lets ccache serve one tree from another.
set(PLUMB_INCLUDE ${CMAKE_SOURCE_DIR}/build/include)

# Third-party libraries by module, so that a heavy header is reachable only from its adapter.
set(PLUMB_LIBS_base yaml-cpp fmt::fmt OpenSSL::Crypto ZLIB::ZLIB date::date-tz
    Threads::Threads)
set(PLUMB_LIBS_data dep_arrow dep_arrow_compute dep_parquet ZLIB::ZLIB fmt::fmt)
set(PLUMB_LIBS_store dep_arrow SQLite::SQLite3 fmt::fmt)
set(PLUMB_LIBS_model_train ${CMAKE_DL_LIBS} fmt::fmt)
set(PLUMB_LIBS_app fmt::fmt)

# Libraries that only the module's tests use.
set(PLUMB_TEST_LIBS_stats gmpxx gmp)

# Macros by module: facts of the build that the code needs.
set(PLUMB_DEFINITIONS_model_train PLUMB_XGBOOST_LIBRARY="${PLUMB_XGBOOST}")
set(PLUMB_DEFINITIONS_app PLUMB_XGBOOST_LIBRARY="${PLUMB_XGBOOST}" PLUMB_VERSION="${PROJECT_VERSION}")

# What every test program runs under. Arrow's own pools hide overruns from ASan; its containers are not annotated.
set(PLUMB_TEST_ENVIRONMENT
    "ASAN_OPTIONS=detect_container_overflow=0:abort_on_error=0"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "TSAN_OPTIONS=halt_on_error=1"
    "ARROW_DEFAULT_MEMORY_POOL=system")
set(PLUMB_TEST_SECONDS_MAX 600)

add_custom_target(unit_tests)

function(plumb_add_modules layers)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${layers})
  file(STRINGS ${layers} lines REGEX "^[a-z/]+:")
  foreach(line IN LISTS lines)
    string(REGEX MATCH "^([a-z/]+):(.*)$" _ "${line}")
    set(module ${CMAKE_MATCH_1})
    separate_arguments(allowed UNIX_COMMAND "${CMAKE_MATCH_2}")
    plumb_add_module(${module} "${allowed}")
    list(APPEND modules ${module})
  endforeach()
  set(PLUMB_MODULES ${modules} PARENT_SCOPE)
endfunction()

function(plumb_add_module module allowed)
  set(folder ${CMAKE_SOURCE_DIR}/src/${module})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cc ${folder}/internal/*.cc)
  file(GLOB tests CONFIGURE_DEPENDS ${folder}/*_test.cc ${folder}/internal/*_test.cc)
  if(tests)
    list(REMOVE_ITEM sources ${tests})
  endif()
  list(REMOVE_ITEM sources ${folder}/main.cc)
  file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.h)
  if(NOT sources AND NOT headers)
    return()
  endif()
  string(REPLACE "/" "_" name ${module})
  set(view ${PLUMB_INCLUDE}/${name}/${module})
  get_filename_component(parent ${view} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${folder} ${view} SYMBOLIC)

  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${name} PRIVATE fmt::fmt ${PLUMB_LIBS_${name}})
    target_compile_definitions(${name} PRIVATE ${PLUMB_DEFINITIONS_${name}})
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  plumb_allow(${name} ${scope} ${name} ${allowed})
  if(tests)
    plumb_add_module_tests(${name} "${tests}" "${allowed}")
  endif()
endfunction()

# One test program for each module, and one ctest entry for each program: starting a process costs more than most tests.
function(plumb_add_module_tests name tests allowed)
  add_executable(${name}_tests EXCLUDE_FROM_ALL ${tests})
  target_link_libraries(${name}_tests PRIVATE fmt::fmt ${PLUMB_LIBS_${name}} ${PLUMB_TEST_LIBS_${name}}
                        GTest::gtest_main GTest::gmock)
  plumb_allow(${name}_tests PRIVATE ${name} ${allowed})
  target_compile_options(${name}_tests PRIVATE -O0)
  target_compile_definitions(${name}_tests PRIVATE PLUMB_SOURCE_DIR="${CMAKE_SOURCE_DIR}" ${PLUMB_DEFINITIONS_${name}})
  add_dependencies(unit_tests ${name}_tests)
  add_test(NAME ${name} COMMAND ${name}_tests)
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT ${PLUMB_TEST_SECONDS_MAX}
                       ENVIRONMENT "${PLUMB_TEST_ENVIRONMENT}")
endfunction()

# Lets `target` include and link the modules named: each by its own include path, none by inheritance.
function(plumb_allow target scope)
  foreach(module IN LISTS ARGN)
    string(REPLACE "/" "_" module ${module})
    if(TARGET ${module})
      if(scope STREQUAL "INTERFACE")
        target_include_directories(${target} INTERFACE ${PLUMB_INCLUDE}/${module})
      else()
        target_include_directories(${target} PRIVATE ${PLUMB_INCLUDE}/${module})
      endif()
      if(NOT module STREQUAL target)
        target_link_libraries(${target} ${scope} $<LINK_ONLY:${module}>)
      endif()
    endif()
  endforeach()
endfunction()
