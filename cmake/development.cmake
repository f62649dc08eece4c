# SPDX-License-Identifier: MIT
# What our own programs are compiled with; none of it reaches a target that others link.

# These defaults come from the environment: .ci/run wants no warning of presets that users build with any compiler, and a
# preset cannot know the machine that .ci/run finds itself on.
option(LACUNA_WERROR "Warnings are errors" "$ENV{LACUNA_WERROR}")
option(LACUNA_REQUIRE_ISAS "A test whose instruction set this processor lacks fails instead of being skipped"
       "$ENV{LACUNA_REQUIRE_ISAS}")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_EXTENSIONS OFF)

set(LACUNA_WARNINGS)
if(NOT MSVC)
  set(LACUNA_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Wpedantic)
  if(LACUNA_WERROR)
    list(APPEND LACUNA_WARNINGS -Werror)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # gcc 12 warns falsely of its own AVX-512 headers (bug 105593), and precompiled headers lose the pragma of
    # simd/arch.hpp that says so; clang looks for the true ones.
    list(APPEND LACUNA_WARNINGS -Wno-uninitialized -Wno-maybe-uninitialized)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 19)
    # clang 19 objects to what its own -march=native finds on Sapphire Rapids and newer.
    list(APPEND LACUNA_WARNINGS -Wno-invalid-feature-combination)
  endif()
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64")
    list(APPEND LACUNA_WARNINGS -Wno-psabi)
  endif()
endif()

add_library(lacuna_development INTERFACE)
target_compile_options(lacuna_development INTERFACE ${LACUNA_WARNINGS})
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc collects garbage from 128 MB on: a tenth to a fifth of the time of compiling kernels, for a quarter of the memory.
  target_compile_options(lacuna_development INTERFACE "SHELL:--param ggc-min-heapsize=1000000"
                                                      "SHELL:--param ggc-min-expand=100")
endif()
target_link_libraries(lacuna_development INTERFACE lacuna::lacuna)

if(LACUNA_NATIVE)
  add_library(lacuna_processor INTERFACE)
  target_link_libraries(lacuna_processor INTERFACE lacuna::native)
else()
  add_library(lacuna_processor INTERFACE)
endif()
