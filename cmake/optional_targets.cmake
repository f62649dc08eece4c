# SPDX-License-Identifier: MIT
# Targets that need something optional. The build and the installed package both include this file, so that they are the
# same in both, and each exists only where what it needs was found:
#   lacuna::eigen   lacuna::lacuna and Eigen, for <lacuna/interop/eigen.hpp>
#   lacuna::openmp  lacuna::lacuna and OpenMP, for <lacuna/interop/openmp.hpp>
#   lacuna::tbb     lacuna::lacuna and oneTBB, for <lacuna/interop/tbb.hpp>
#   lacuna::native  lacuna::lacuna, compiled for the processor of this machine; never added by another target

function(lacuna_optional_target name)
  if(NOT TARGET lacuna::${name})
    add_library(lacuna::${name} INTERFACE IMPORTED GLOBAL)
    target_link_libraries(lacuna::${name} INTERFACE lacuna::lacuna ${ARGN})
  endif()
endfunction()

function(lacuna_optional_targets)
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
  foreach(version 5 3.4)
    if(NOT TARGET Eigen3::Eigen)
      find_package(Eigen3 ${version} CONFIG QUIET)
    endif()
  endforeach()
  if(TARGET Eigen3::Eigen)
    lacuna_optional_target(eigen Eigen3::Eigen)
  endif()

  if(NOT TARGET OpenMP::OpenMP_CXX)
    find_package(OpenMP QUIET COMPONENTS CXX)
  endif()
  if(TARGET OpenMP::OpenMP_CXX)
    lacuna_optional_target(openmp OpenMP::OpenMP_CXX)
  endif()

  if(NOT TARGET TBB::tbb)
    find_package(TBB 2021 CONFIG QUIET)
  endif()
  if(TARGET TBB::tbb)
    lacuna_optional_target(tbb TBB::tbb)
  endif()

  lacuna_optional_target(native)
  if(NOT MSVC)
    # On Arm -march=native does not select the core's features with every compiler; -mcpu=native does.
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
      set_property(TARGET lacuna::native PROPERTY INTERFACE_COMPILE_OPTIONS -mcpu=native)
    else()
      set_property(TARGET lacuna::native PROPERTY INTERFACE_COMPILE_OPTIONS -march=native)
    endif()
  endif()
endfunction()
