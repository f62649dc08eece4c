# SPDX-License-Identifier: MIT
# How each dependency is found, in this order: a target that exists already; find_package, which also looks where setup.sh
# unpacks; FETCHCONTENT_SOURCE_DIR_<NAME>; a pinned download, checked by hash. LACUNA_DEPS=system leaves out the download,
# LACUNA_DEPS=fetch all that precedes it.

include(FetchContent)

# Cache entries, so that a mirror of one's own, or a newer release with its hash, can be named on the command line.
set(LACUNA_XSIMD_URL https://github.com/xtensor-stack/xsimd/archive/refs/tags/13.2.0.tar.gz CACHE STRING "")
set(LACUNA_XSIMD_SHA256 edd8cd3d548c185adc70321c53c36df41abe64c1fe2c67bc6d93c3ecda82447a CACHE STRING "")
set(LACUNA_EIGEN3_URL https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.bz2 CACHE STRING "")
set(LACUNA_EIGEN3_SHA256 b4c198460eba6f28d34894e3a5710998818515104d6e74e5cc331ce31e46e626 CACHE STRING "")
set(LACUNA_CATCH2_URL https://github.com/catchorg/Catch2/archive/refs/tags/v3.7.1.tar.gz CACHE STRING "")
set(LACUNA_CATCH2_SHA256 c991b247a1a0d7bb9c39aa35faf0fe9e19764213f28ffba3109388e62ee0269c CACHE STRING "")
set(LACUNA_BENCHMARK_URL https://github.com/google/benchmark/archive/refs/tags/v1.9.1.tar.gz CACHE STRING "")
set(LACUNA_BENCHMARK_SHA256 32131c08ee31eeff2c8968d7e874f3cb648034377dfc32a4c377fa8796d84981 CACHE STRING "")
foreach(name XSIMD EIGEN3 CATCH2 BENCHMARK)
  mark_as_advanced(LACUNA_${name}_URL LACUNA_${name}_SHA256)
endforeach()

# lacuna_find(<name> <target> <version>...): the first version that the system has; a package that supports 13.2 and 14
# cannot be asked for as a range, because xsimd's and Eigen's version files refuse one that spans majors.
function(lacuna_find name target)
  if(TARGET ${target} OR LACUNA_DEPS STREQUAL "fetch")
    return()
  endif()
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
  list(APPEND CMAKE_PREFIX_PATH ${PROJECT_SOURCE_DIR}/.deps/usr)  # of this function: a guest's own search is not touched
  foreach(version IN LISTS ARGN)
    find_package(${name} ${version} CONFIG QUIET)
    if(TARGET ${target})
      message(STATUS "lacuna: ${name} ${${name}_VERSION} in ${${name}_DIR}")
      return()
    endif()
    unset(${name}_DIR CACHE)
  endforeach()
endfunction()

# lacuna_tarball(<name> <variable>): downloads once, checks the hash itself, and fails with every way out.
function(lacuna_tarball name variable)
  string(TOUPPER ${name} upper)
  set(tarball ${CMAKE_BINARY_DIR}/_deps/${name}.tar)
  set(reason "LACUNA_DEPS=system forbids to download it")
  set(status 0 "a file of an earlier run")
  if(NOT LACUNA_DEPS STREQUAL "system")
    if(NOT EXISTS ${tarball})
      message(STATUS "lacuna: downloading ${LACUNA_${upper}_URL}")
      file(DOWNLOAD ${LACUNA_${upper}_URL} ${tarball} STATUS status INACTIVITY_TIMEOUT 15)
    endif()
    set(hash "")
    if(EXISTS ${tarball})
      file(SHA256 ${tarball} hash)
    endif()
    if(hash STREQUAL LACUNA_${upper}_SHA256)
      set(${variable} ${tarball} PARENT_SCOPE)
      return()
    endif()
    file(REMOVE ${tarball})
    list(GET status 0 code)
    list(GET status 1 text)
    set(reason "the download failed (${text})")
    if(code EQUAL 0)
      set(reason "the hash of what was downloaded is ${hash}, not ${LACUNA_${upper}_SHA256}")
    endif()
  endif()
  message(FATAL_ERROR
    "lacuna needs ${name}; it was not found, and ${reason}. Ways out:\n"
    "  1. sh ${PROJECT_SOURCE_DIR}/cmake/setup.sh\n"
    "  2. install ${name} and, if it is in no usual place, name it in CMAKE_PREFIX_PATH\n"
    "  3. -DFETCHCONTENT_SOURCE_DIR_${upper}=<a source tree of ${name}>\n"
    "  4. -DLACUNA_DEPS=auto on a machine that reaches ${LACUNA_${upper}_URL}\n"
    "  5. -DLACUNA_${upper}_URL=<a copy of that file, also file://...>\n"
    "  6. define the target of ${name} before lacuna is added")
endfunction()

# Header-only: the project's own CMake code is not run (Eigen's asks for Fortran and adds tests), and the imported target
# stays out of install(EXPORT).
function(lacuna_fetch_headers name target include)
  string(TOUPPER ${name} upper)
  if(FETCHCONTENT_SOURCE_DIR_${upper})
    FetchContent_Declare(${name} SOURCE_SUBDIR no-such-folder)
  else()
    lacuna_tarball(${name} tarball)
    FetchContent_Declare(${name} URL ${tarball} URL_HASH SHA256=${LACUNA_${upper}_SHA256} SOURCE_SUBDIR no-such-folder)
  endif()
  FetchContent_MakeAvailable(${name})
  string(TOLOWER ${name} lower)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} SYSTEM INTERFACE ${${lower}_SOURCE_DIR}/${include})
endfunction()

# A library that has to be compiled; <name> <target> <option=value>...
function(lacuna_fetch_library name)
  string(TOUPPER ${name} upper)
  if(FETCHCONTENT_SOURCE_DIR_${upper})
    FetchContent_Declare(${name} SYSTEM)
  else()
    lacuna_tarball(${name} tarball)
    # SYSTEM has to come first: CMake 3.25 glues it to the hash when it comes last.
    FetchContent_Declare(${name} SYSTEM URL ${tarball} URL_HASH SHA256=${LACUNA_${upper}_SHA256})
  endif()
  foreach(setting IN LISTS ARGN)
    string(REGEX MATCH "^([^=]+)=(.*)$" _ "${setting}")
    set(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
  endforeach()
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
  FetchContent_MakeAvailable(${name})
endfunction()

macro(lacuna_need_xsimd)
  lacuna_find(xsimd xsimd 14 13.2)
  if(NOT TARGET xsimd)
    lacuna_fetch_headers(xsimd xsimd include)
  endif()
endmacro()

macro(lacuna_need_eigen)
  lacuna_find(Eigen3 Eigen3::Eigen 5 3.4)
  if(NOT TARGET Eigen3::Eigen)
    lacuna_fetch_headers(Eigen3 Eigen3::Eigen .)
  endif()
endmacro()

macro(lacuna_need_catch2)
  lacuna_find(Catch2 Catch2::Catch2 3)
  if(NOT TARGET Catch2::Catch2)
    lacuna_fetch_library(Catch2)
  endif()
endmacro()

macro(lacuna_need_benchmark)
  lacuna_find(benchmark benchmark::benchmark 1.7)
  if(NOT TARGET benchmark::benchmark)
    lacuna_fetch_library(benchmark BENCHMARK_ENABLE_TESTING=OFF BENCHMARK_ENABLE_INSTALL=OFF BENCHMARK_ENABLE_WERROR=OFF)
  endif()
endmacro()
