# SPDX-License-Identifier: MIT
# Libraries that benches and the demo compare with. Each is used where it is found and defines LACUNA_HAS_<PEER>, none is
# downloaded, and none is ever a dependency of lacuna. `sh cmake/setup.sh peers` installs those that Debian has.
#   lacuna_link_peers(<target>)         dense products: OpenBLAS, oneDNN
#   lacuna_link_sparse_peers(<target>)  sparse ones too: oneDNN 3's, libxsmm, XNNPACK, librsb
include(CheckCXXSourceCompiles)

set(lacuna_peers_found)
set(lacuna_peers_missing)
function(lacuna_peer name definition)  # ... libraries, and include folders behind INCLUDE
  cmake_parse_arguments(P "" "" "INCLUDE;LINK" ${ARGN})
  string(TOLOWER lacuna_peer_${definition} target)
  foreach(part IN LISTS P_INCLUDE P_LINK)
    if(NOT part)
      set(lacuna_peers_missing ${lacuna_peers_missing} ${name} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  if(NOT TARGET ${target})
    add_library(${target} INTERFACE IMPORTED GLOBAL)
    target_include_directories(${target} SYSTEM INTERFACE ${P_INCLUDE})
    target_link_libraries(${target} INTERFACE ${P_LINK})
    target_compile_definitions(${target} INTERFACE LACUNA_HAS_${definition}=1)
  endif()
  set(lacuna_peers_found ${lacuna_peers_found} ${name} PARENT_SCOPE)
endfunction()

# --- OpenBLAS ---------------------------------------------------------------------------------------------------------
find_path(LACUNA_CBLAS_INCLUDE cblas.h PATH_SUFFIXES openblas openblas-pthread)
find_library(LACUNA_CBLAS_LIBRARY openblas)
lacuna_peer(OpenBLAS OPENBLAS INCLUDE ${LACUNA_CBLAS_INCLUDE} LINK ${LACUNA_CBLAS_LIBRARY})

# --- oneDNN -----------------------------------------------------------------------------------------------------------
# A release of the system may have version 2, which has no sparse product. A newer one that setup.sh unpacked beside its
# own C and C++ libraries is preferred; a program that is linked with it has to be started by their loader.
set(LACUNA_ONEDNN_ROOT ${PROJECT_SOURCE_DIR}/.deps/onednn/usr CACHE PATH "A oneDNN that is preferred to the system's")
file(GLOB lacuna_onednn_loader ${LACUNA_ONEDNN_ROOT}/lib/${CMAKE_LIBRARY_ARCHITECTURE}/ld-linux-*.so.*)
find_library(LACUNA_ONEDNN_LIBRARY dnnl PATHS ${LACUNA_ONEDNN_ROOT}/lib/${CMAKE_LIBRARY_ARCHITECTURE}
             ${LACUNA_ONEDNN_ROOT}/lib NO_DEFAULT_PATH)
find_path(LACUNA_ONEDNN_INCLUDE dnnl.hpp PATHS ${LACUNA_ONEDNN_ROOT}/include NO_DEFAULT_PATH)
if(LACUNA_ONEDNN_LIBRARY AND LACUNA_ONEDNN_INCLUDE)
  set(private ${LACUNA_ONEDNN_LIBRARY})
  if(lacuna_onednn_loader)
    get_filename_component(folder ${LACUNA_ONEDNN_LIBRARY} DIRECTORY)
    list(APPEND private -Wl,--allow-shlib-undefined -Wl,--disable-new-dtags -Wl,-rpath,${folder}
         -Wl,--dynamic-linker=${lacuna_onednn_loader})
  endif()
  lacuna_peer(oneDNN DNNL INCLUDE ${LACUNA_ONEDNN_INCLUDE} LINK ${private})
else()
  # Not find_package: Debian's package of version 2 stops the configuration where the headers of OpenCL are missing.
  find_library(LACUNA_ONEDNN_SYSTEM_LIBRARY dnnl)
  find_path(LACUNA_ONEDNN_SYSTEM_INCLUDE dnnl.hpp)
  lacuna_peer(oneDNN DNNL INCLUDE ${LACUNA_ONEDNN_SYSTEM_INCLUDE} LINK ${LACUNA_ONEDNN_SYSTEM_LIBRARY})
endif()

# --- sparse products only ---------------------------------------------------------------------------------------------
find_path(LACUNA_LIBXSMM_INCLUDE libxsmm_spmdm.h)
find_library(LACUNA_LIBXSMM_LIBRARY xsmm)
find_library(LACUNA_LIBXSMM_NOBLAS_LIBRARY xsmmnoblas)
lacuna_peer(libxsmm LIBXSMM INCLUDE ${LACUNA_LIBXSMM_INCLUDE}
            LINK ${LACUNA_LIBXSMM_LIBRARY} ${LACUNA_LIBXSMM_NOBLAS_LIBRARY} Threads::Threads ${CMAKE_DL_LIBS} m)

find_path(LACUNA_XNNPACK_INCLUDE xnnpack.h)
find_library(LACUNA_XNNPACK_LIBRARY XNNPACK)
if(LACUNA_XNNPACK_INCLUDE AND LACUNA_XNNPACK_LIBRARY)
  # The functions that make an operator have had several lists of arguments; this is the one of Debian 12 and Ubuntu 24.04.
  set(CMAKE_REQUIRED_INCLUDES ${LACUNA_XNNPACK_INCLUDE})
  set(CMAKE_REQUIRED_LIBRARIES ${LACUNA_XNNPACK_LIBRARY})
  check_cxx_source_compiles("
    #include <xnnpack.h>
    int main() {
      xnn_operator_t o = nullptr;
      xnn_create_convolution2d_nchw_f32(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, nullptr, nullptr, 0.0f, 0.0f, 0, &o);
      return xnn_setup_convolution2d_nchw_f32(o, 1, 1, 1, nullptr, nullptr, nullptr);
    }" LACUNA_XNNPACK_FITS)
  unset(CMAKE_REQUIRED_INCLUDES)
  unset(CMAKE_REQUIRED_LIBRARIES)
endif()
if(LACUNA_XNNPACK_FITS)
  lacuna_peer(XNNPACK XNNPACK INCLUDE ${LACUNA_XNNPACK_INCLUDE} LINK ${LACUNA_XNNPACK_LIBRARY})
else()
  list(APPEND lacuna_peers_missing XNNPACK)
endif()

find_path(LACUNA_LIBRSB_INCLUDE rsb.h)
find_library(LACUNA_LIBRSB_LIBRARY rsb)
lacuna_peer(librsb LIBRSB INCLUDE ${LACUNA_LIBRSB_INCLUDE} LINK ${LACUNA_LIBRSB_LIBRARY})

mark_as_advanced(LACUNA_CBLAS_INCLUDE LACUNA_CBLAS_LIBRARY LACUNA_ONEDNN_ROOT LACUNA_ONEDNN_LIBRARY LACUNA_ONEDNN_INCLUDE
  LACUNA_ONEDNN_SYSTEM_LIBRARY LACUNA_ONEDNN_SYSTEM_INCLUDE
  LACUNA_LIBXSMM_INCLUDE LACUNA_LIBXSMM_LIBRARY LACUNA_LIBXSMM_NOBLAS_LIBRARY LACUNA_XNNPACK_INCLUDE
  LACUNA_XNNPACK_LIBRARY LACUNA_LIBRSB_INCLUDE LACUNA_LIBRSB_LIBRARY)

list(JOIN lacuna_peers_found ", " text)
message(STATUS "lacuna: peers beside Eigen: ${text}")
if(lacuna_peers_missing)
  list(JOIN lacuna_peers_missing ", " text)
  message(STATUS "lacuna: peers left out, because they were not found: ${text}")
endif()

function(lacuna_link_peers target)
  foreach(peer openblas dnnl)
    if(TARGET lacuna_peer_${peer})
      target_link_libraries(${target} PRIVATE lacuna_peer_${peer})
    endif()
  endforeach()
endfunction()

function(lacuna_link_sparse_peers target)
  lacuna_link_peers(${target})
  foreach(peer libxsmm xnnpack librsb)
    if(TARGET lacuna_peer_${peer})
      target_link_libraries(${target} PRIVATE lacuna_peer_${peer})
    endif()
  endforeach()
endfunction()
