# What is built on top of the modules: the program, the fuzzers and the benches. Each stands where `app` stands in
# layers.txt: it may include any module's public headers.

add_custom_target(fuzz_replays)
add_custom_target(benches)

function(plumb_add_program program module)
  if(EXISTS ${CMAKE_SOURCE_DIR}/src/${module}/main.cc)
    add_executable(${program} ${CMAKE_SOURCE_DIR}/src/${module}/main.cc)
    target_link_libraries(${program} PRIVATE fmt::fmt)
    target_compile_definitions(${program} PRIVATE ${PLUMB_DEFINITIONS_${module}})
    plumb_allow(${program} PRIVATE ${module} ${PLUMB_MODULES})
  endif()
endfunction()

# fuzz/NAME_fuzz.cc defines LLVMFuzzerTestOneInput. In the fuzz tree it becomes the libFuzzer program NAME_fuzz; in every
# other tree NAME_fuzz_replay runs it once over each file of fuzz/corpus/NAME/, as the test fuzz_NAME.
function(plumb_add_fuzzers)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/fuzz/*_fuzz.cc)
  foreach(source IN LISTS sources)
    get_filename_component(program ${source} NAME_WE)
    if(PLUMB_SANITIZE STREQUAL "fuzzer")
      add_executable(${program} EXCLUDE_FROM_ALL ${source})
      target_link_options(${program} PRIVATE -fsanitize=fuzzer)
      plumb_allow(${program} PRIVATE ${PLUMB_MODULES})
      target_link_libraries(${program} PRIVATE fmt::fmt)
    else()
      plumb_add_fuzz_replay(${program} ${source})
    endif()
  endforeach()
endfunction()

function(plumb_add_fuzz_replay program source)
  string(REGEX REPLACE "_fuzz$" "" name ${program})
  add_executable(${program}_replay EXCLUDE_FROM_ALL ${source} ${CMAKE_SOURCE_DIR}/fuzz/replay_main.cc)
  plumb_allow(${program}_replay PRIVATE ${PLUMB_MODULES})
  target_link_libraries(${program}_replay PRIVATE fmt::fmt)
  add_dependencies(fuzz_replays ${program}_replay)
  add_test(NAME fuzz_${name} COMMAND ${program}_replay ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name})
  set_tests_properties(fuzz_${name} PROPERTIES LABELS fuzz TIMEOUT ${PLUMB_TEST_SECONDS_MAX}
                       ENVIRONMENT "${PLUMB_TEST_ENVIRONMENT}")
endfunction()

# tests/bits/bits_digest.cc, built in several trees by `./dev bits`. It reads a header of the engine's tests.
function(plumb_add_bits_digest)
  add_executable(bits_digest EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/bits/bits_digest.cc)
  plumb_allow(bits_digest PRIVATE base stats data expr features engine)
  target_link_libraries(bits_digest PRIVATE fmt::fmt)
endfunction()

# bench/NAME_bench.cc becomes the program bench_NAME, which prints one JSON line for each figure.
function(plumb_add_benches)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/*_bench.cc)
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "_bench$" "" name ${name})
    add_executable(bench_${name} EXCLUDE_FROM_ALL ${source})
    plumb_allow(bench_${name} PRIVATE ${PLUMB_MODULES})
    target_link_libraries(bench_${name} PRIVATE fmt::fmt dep_arrow dep_arrow_compute dep_parquet Threads::Threads)
    target_compile_definitions(bench_${name} PRIVATE PLUMB_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_dependencies(benches bench_${name})
  endforeach()
endfunction()
