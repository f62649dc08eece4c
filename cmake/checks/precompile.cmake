# SPDX-License-Identifier: MIT
# Compiles once what the checks of headers and of programs that must not compile would read some 300 times: precompiled
# headers of xsimd, of Eigen, and of both. Only gcc takes them by -include alone; other compilers read the text. Lacuna's own
# are not among them: gcc compares the text of each file that says #pragma once again, 5.4 s instead of 1.9 s for a program.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

file(REMOVE_RECURSE ${precompiled})
file(MAKE_DIRECTORY ${precompiled})
set(text_xsimd "#include <xsimd/xsimd.hpp>\n")
set(text_eigen "#include <Eigen/Cholesky>\n#include <Eigen/Core>\n")
set(text_both "#include <Eigen/SparseCore>\n${text_xsimd}${text_eigen}")
if(CXX_ID STREQUAL "GNU")
  foreach(name xsimd eigen both)
    set(file ${precompiled}/${name}.hpp)
    file(WRITE ${file} "${text_${name}}")
    execute_process(COMMAND ${CXX} ${FLAGS} ${WARNINGS} ${INCLUDES} -x c++-header ${file} -o ${file}.gch
                    RESULT_VARIABLE failed ERROR_VARIABLE errors)
    if(failed)
      problem("${name} cannot be precompiled:\n${errors}")
    endif()
  endforeach()
endif()
verdict("precompiled headers")
