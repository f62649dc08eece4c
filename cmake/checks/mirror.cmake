# SPDX-License-Identifier: MIT
# Every header has its test at the same path, and every test in those folders its header. A test may treat one side of a
# header and say so in its name: tests/format/csr_checked.cpp belongs to format/csr.hpp.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

set(folders core format prune quant reconstruct attention simd kernel interop io)
headers(all ${folders} top)
list(REMOVE_ITEM all lacuna.hpp)
list(FILTER all EXCLUDE REGEX "^simd/isa(/|\\.hpp)")
foreach(header IN LISTS all)
  string(REGEX REPLACE "\\.hpp$" ".cpp" test ${header})
  if(NOT EXISTS ${SOURCE}/tests/${test})
    problem("include/lacuna/${header} has no test at tests/${test}")
  endif()
endforeach()

foreach(folder IN LISTS folders)
  file(GLOB_RECURSE tests RELATIVE ${SOURCE}/tests ${SOURCE}/tests/${folder}/*.cpp)
  foreach(test IN LISTS tests)
    string(REGEX REPLACE "\\.cpp$" "" stem ${test})
    while(NOT EXISTS ${INCLUDE}/${stem}.hpp AND stem MATCHES "_[^_/]*$")
      string(REGEX REPLACE "_[^_/]*$" "" stem ${stem})
    endwhile()
    if(NOT EXISTS ${INCLUDE}/${stem}.hpp)
      problem("tests/${test} mirrors no header")
    endif()
  endforeach()
endforeach()
verdict("mirror")
