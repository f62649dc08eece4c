# SPDX-License-Identifier: MIT
# Every verb on every format without assertions (NDEBUG), as users build, under the strictest warnings: for what the
# compiler targets by itself and, with -DMARCH=, another processor. Nothing is optimised or run, which would take minutes:
# warnings of the optimiser are for the presets that have NDEBUG.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

if(MARCH)
  list(APPEND FLAGS -march=${MARCH})
endif()
execute_process(COMMAND ${CXX} ${FLAGS} -O2 -DNDEBUG ${WARNINGS} ${INCLUDES} -fsyntax-only -ftemplate-backtrace-limit=4
                ${CMAKE_CURRENT_LIST_DIR}/release/verbs.cpp RESULT_VARIABLE failed ERROR_VARIABLE errors)
if(failed)
  problem("release/verbs.cpp, built with ${FLAGS} -DNDEBUG:\n${errors}")
endif()
verdict("a release build")
