# SPDX-License-Identifier: MIT
# The instruction sets that tests are compiled for. LACUNA_TEST_ISAS names the rows in use; each becomes one executable,
# tests_<row>. A new instruction set is one row here and one word in .ci/run.
# Of a row that differs from another one in few operations LACUNA_TEST_FILES compiles what uses those alone: see the
# presets emulated and arm64-int8.
#   FLAGS     what the compiler is told
#   NAME      regular expression that lacuna::simd::arch_name(), and " zen" where kernels are tuned for it, has to match: it
#             proves that the set asked for was executed
#   FILES     regular expression of the tests that are compiled for it, where LACUNA_TEST_FILES does not count: those of a row
#             that differs from another in little
#   REQUIRES  what the processor must have, in the words of tests/support/launch.cpp
#   QEMU_CPU  the weakest model of the emulator that has it, so that anything stronger dies of an illegal instruction

function(lacuna_isa name)
  cmake_parse_arguments(ISA "" "NAME;QEMU_CPU;FILES" "FLAGS;REQUIRES" ${ARGN})
  foreach(field FLAGS NAME REQUIRES QEMU_CPU FILES)
    set(LACUNA_ISA_${name}_${field} "${ISA_${field}}" PARENT_SCOPE)
  endforeach()
endfunction()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  lacuna_isa(native NAME "." FLAGS -mcpu=native)
  lacuna_isa(neon64 NAME "^(arm64[+]neon|neon64)$" FLAGS -march=armv8-a QEMU_CPU cortex-a72)
  lacuna_isa(neon64_dotprod NAME "^(arm64[+]neon|neon64)$" FLAGS -march=armv8.2-a+dotprod REQUIRES dotprod QEMU_CPU neoverse-n1)
  lacuna_isa(neon64_i8mm NAME "i8mm" FLAGS -march=armv8.2-a+dotprod+i8mm REQUIRES dotprod i8mm QEMU_CPU max)
  set(default_isas native)
else()
  lacuna_isa(native NAME "." FLAGS -march=native)
  lacuna_isa(avx512 NAME "^avx512bw$" FLAGS -march=skylake-avx512 REQUIRES avx2 fma avx512f avx512bw)
  lacuna_isa(vnni NAME "avx512vnni" FLAGS -march=icelake-server REQUIRES avx2 fma avx512f avx512bw avx512vnni avx512vbmi2)
  # What the tuning for Zen changes of VNNI: int8 of any columns makes its quads as they are used, or picks them by masks;
  # attention reads neighbours in order, and asks for them; what is looked up beyond registers is loaded, not gathered.
  lacuna_isa(vnni_zen NAME "avx512vnni.* zen$" FLAGS -march=icelake-server -DLACUNA_ZEN=1
             REQUIRES avx2 fma avx512f avx512bw avx512vnni avx512vbmi2
             FILES "^(simd/lookup|spmm_kernel_of|attend_equalities|kernel/(code_(dot|steps)|picked_lines|sell_window|column_quads|expand_dot|decoded_columns|few_columns/nm|spmm/(csr|bitmap|nm_int8|vnm_int8|bsr_int8(_columns)?)))[.]cpp$")
  # As for Zen, with loads in place of gathers.
  lacuna_isa(avx2 NAME "avx2.* zen$" FLAGS -march=x86-64-v3 -DLACUNA_ZEN=1 REQUIRES avx2 fma bmi2)
  # What AVX2 has for others than Zen: neighbours read as four streams, rows of csr sorted for 16 registers.
  lacuna_isa(avx2_gathers NAME "avx2$" FLAGS -march=x86-64-v3 -DLACUNA_ZEN=0 REQUIRES avx2 fma bmi2
             FILES "^(simd/(gather.*|lookup)|attend_equalities|kernel/(attend/(decode|decode_(ahead|scores|walk)|unit)|(few_columns|spmv)/tiled_sell|spmm/csr))[.]cpp$")
  lacuna_isa(sse2 NAME "^sse2$" FLAGS -march=x86-64)
  set(default_isas native)
endif()
# xsimd 13.2's emulation does not compile with the macro that Debian's package of it defines.
lacuna_isa(emulated NAME "emulated" FLAGS -DXSIMD_WITH_EMULATED=1 -DLACUNA_EMULATED_BITS=256 -UXSIMD_ENABLE_XTL_COMPLEX)
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64|aarch64|arm64|ARM64)$")
  set(default_isas emulated)
endif()

set(LACUNA_TEST_ISAS ${default_isas} CACHE STRING "Instruction sets to compile the tests for (rows of cmake/isas.cmake)")
