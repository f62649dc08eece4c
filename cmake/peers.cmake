# SPDX-License-Identifier: MIT
# Dense libraries that benches and the demo compare with. Each is used where it is found and defines LACUNA_HAS_<PEER>;
# none is ever a dependency of lacuna.
find_package(dnnl CONFIG QUIET)
find_path(LACUNA_CBLAS_INCLUDE cblas.h PATH_SUFFIXES openblas openblas-pthread)
find_library(LACUNA_CBLAS_LIBRARY openblas)
mark_as_advanced(LACUNA_CBLAS_INCLUDE LACUNA_CBLAS_LIBRARY)

function(lacuna_link_peers target)
  if(TARGET DNNL::dnnl)
    target_link_libraries(${target} PRIVATE DNNL::dnnl)
    target_compile_definitions(${target} PRIVATE LACUNA_HAS_DNNL=1)
  endif()
  if(LACUNA_CBLAS_INCLUDE AND LACUNA_CBLAS_LIBRARY)
    target_include_directories(${target} SYSTEM PRIVATE ${LACUNA_CBLAS_INCLUDE})
    target_link_libraries(${target} PRIVATE ${LACUNA_CBLAS_LIBRARY})
    target_compile_definitions(${target} PRIVATE LACUNA_HAS_OPENBLAS=1)
  endif()
endfunction()
