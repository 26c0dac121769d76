# Tests of the build itself: layers, style, formatting, include paths and floating-point flags.

# Writes <build>/link_graph.txt, a line `target: libraries` for each target: tools/check_layers.py compares it with
# layers.txt.
function(plumb_write_link_graph)
  get_property(targets DIRECTORY ${CMAKE_SOURCE_DIR} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(kind ${target} TYPE)
    set(libraries "")
    if(kind STREQUAL "INTERFACE_LIBRARY")
      get_target_property(libraries ${target} INTERFACE_LINK_LIBRARIES)
    elseif(NOT kind STREQUAL "UTILITY")
      get_target_property(libraries ${target} LINK_LIBRARIES)
    endif()
    if(NOT libraries)
      set(libraries "")
    endif()
    string(REGEX REPLACE "\\$<LINK_ONLY:([^>]*)>" "\\1" libraries "${libraries}")
    string(REPLACE ";" " " libraries "${libraries}")
    string(APPEND graph "${target}: ${libraries}\n")
  endforeach()
  file(WRITE ${CMAKE_BINARY_DIR}/link_graph.txt "${graph}")
endfunction()

function(plumb_add_workshop_tests)
  if(PLUMB_SANITIZE STREQUAL "fuzzer")
    return()
  endif()
  set(python ${PLUMB_DEPS}/venv/bin/python)
  set(tools ${CMAKE_SOURCE_DIR}/tools)
  add_test(NAME layers COMMAND ${python} ${tools}/check_layers.py --root ${CMAKE_SOURCE_DIR} --build ${CMAKE_BINARY_DIR})
  add_test(NAME style COMMAND ${python} ${tools}/check_style.py --root ${CMAKE_SOURCE_DIR})
  add_test(NAME format COMMAND ${tools}/check_format.sh ${CMAKE_SOURCE_DIR})
  set_tests_properties(layers style format PROPERTIES LABELS lint TIMEOUT 120)
  plumb_add_forbidden_include_test()
  plumb_add_fused_multiply_add_test()
endfunction()

# A module must not see a module that its line in layers.txt does not name: compiled with the real include path of
# `data`, the sample finds base and does not find features.
function(plumb_add_forbidden_include_test)
  if(TARGET data AND TARGET features)
    get_target_property(kind data TYPE)
    set(property $<IF:$<STREQUAL:${kind},INTERFACE_LIBRARY>,INTERFACE_INCLUDE_DIRECTORIES,INCLUDE_DIRECTORIES>)
    add_test(NAME forbidden_include
             COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only -fdiagnostics-color=never
                     "-I$<JOIN:$<TARGET_PROPERTY:data,${property}>,;-I>"
                     ${CMAKE_SOURCE_DIR}/tests/workshop/forbidden_include.cc
             COMMAND_EXPAND_LISTS)
    set_tests_properties(forbidden_include PROPERTIES LABELS lint ENVIRONMENT LC_ALL=C
                         PASS_REGULAR_EXPRESSION "features/definitions.h: No such file or directory")
  endif()
endfunction()

# Only the kernel is compiled with -mfma, so that nothing else in the program needs such a processor; and at -O2, because
# the compiler fuses only when it optimises.
function(plumb_add_fused_multiply_add_test)
  set(folder ${CMAKE_SOURCE_DIR}/tests/workshop)
  add_executable(workshop_tests EXCLUDE_FROM_ALL ${folder}/fused_multiply_add_test.cc
                 ${folder}/fused_multiply_add_kernel.cc)
  target_link_libraries(workshop_tests PRIVATE GTest::gtest_main)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set_source_files_properties(${folder}/fused_multiply_add_kernel.cc PROPERTIES COMPILE_OPTIONS "-O2;-mfma")
  endif()
  add_dependencies(unit_tests workshop_tests)
  add_test(NAME workshop COMMAND workshop_tests)
  set_tests_properties(workshop PROPERTIES LABELS unit TIMEOUT ${PLUMB_TEST_SECONDS_MAX}
                       ENVIRONMENT "${PLUMB_TEST_ENVIRONMENT}")
endfunction()
