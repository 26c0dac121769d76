# Compiler flags. The same bits on every machine is a property of the whole build (docs/architecture.md, "Numbers"):
# no fused multiply-add, no fast-math, no -march=native. CHECKs stay on in release.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(PLUMB_SANITIZE "" CACHE STRING "address, thread, fuzzer or empty")
set_property(CACHE PLUMB_SANITIZE PROPERTY STRINGS "" address thread fuzzer)

add_compile_options(-ffp-contract=off -fno-fast-math -fno-math-errno -Wall -Wextra -Wno-missing-field-initializers
                    -fdiagnostics-color=always)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Only g++ is held to no warnings: clang, which builds the fuzzers, warns about other things in other versions.
  add_compile_options(-Werror)
  # g++ 12 warns wrongly about std::string + const char* (its bug 105651) and, with sanitizers, about std::optional.
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# null, alignment, vptr and object-size are left out: they double the compile time and find what ASan finds.
set(trimmed -fno-sanitize=null,alignment,vptr,object-size -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g1)
if(PLUMB_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined ${trimmed})
  add_link_options(-fsanitize=address,undefined)
elseif(PLUMB_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=thread)
elseif(PLUMB_SANITIZE STREQUAL "fuzzer")
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined ${trimmed})
  add_link_options(-fsanitize=address,undefined)
endif()
