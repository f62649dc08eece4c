# SPDX-License-Identifier: MIT
# Intrinsics stand in simd/isa/ only, tests of the instruction set in simd/ and core/config.hpp only, and xsimd is named
# in simd/ only.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

set(word "(^|[^A-Za-z0-9_])")
set(intrinsics "${word}_mm(256|512)?_" "${word}__builtin_(ia32|neon|aarch64)" "${word}_p(ext|dep)_u"
    "${word}v[a-z0-9_]+_(f|s|u|p|bf)(8|16|32|64)([^a-z0-9_]|$)" "${word}sv[a-z0-9_]+_(f|s|u)(8|16|32|64)")
set(feature "#[ \t]*(if|ifdef|ifndef|elif).*(__AVX|__SSE|__ARM_|__FMA__|__F16C__|__BMI|__aarch64__|__x86_64__|_M_X64|_M_ARM64)")

headers(all)
foreach(header IN LISTS all)
  if(NOT header MATCHES "^simd/isa/")
    foreach(intrinsic IN LISTS intrinsics)
      code_lines(${INCLUDE}/${header} hits "${intrinsic}")
      foreach(hit IN LISTS hits)
        problem("${header}:${hit}   <- an intrinsic outside simd/isa/")
      endforeach()
    endforeach()
  endif()
  if(NOT header MATCHES "^(simd/|core/config\\.hpp$)")
    code_lines(${INCLUDE}/${header} hits "${feature}")
    foreach(hit IN LISTS hits)
      problem("${header}:${hit}   <- a test of the instruction set outside simd/ and core/config.hpp")
    endforeach()
    code_lines(${INCLUDE}/${header} hits "${word}(xsimd|XSIMD_)")
    foreach(hit IN LISTS hits)
      problem("${header}:${hit}   <- xsimd outside simd/")
    endforeach()
  endif()
endforeach()
verdict("seam")
