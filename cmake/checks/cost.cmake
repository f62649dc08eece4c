# SPDX-License-Identifier: MIT
# Compile seconds (reported) and bytes of code (reported, and within a budget) of cost/spmm.cpp, -O2, for the baseline.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/budgets.cmake)

set(object ${BINARY}/checks/cost.o)
string(TIMESTAMP begin "%s%f")
execute_process(COMMAND ${CXX} ${FLAGS} ${WARNINGS} ${INCLUDES} -O2 -DNDEBUG -c ${CMAKE_CURRENT_LIST_DIR}/cost/spmm.cpp
                -o ${object} RESULT_VARIABLE failed ERROR_VARIABLE errors)
string(TIMESTAMP end "%s%f")
if(failed)
  message(FATAL_ERROR "cost/spmm.cpp does not compile:\n${errors}")
endif()
math(EXPR ms "(${end} - ${begin}) / 1000")
execute_process(COMMAND size ${object} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
if(NOT text MATCHES "\n *([0-9]+)")
  message(FATAL_ERROR "size says:\n${text}")
endif()
set(bytes ${CMAKE_MATCH_1})
message("${bytes} bytes  ${ms} ms  cost/spmm.cpp: six products, compiled with -O2")
if(bytes GREATER text_bytes)
  problem("cost/spmm.cpp: ${bytes} bytes of code, the budget is ${text_bytes}")
endif()
verdict("cost")
