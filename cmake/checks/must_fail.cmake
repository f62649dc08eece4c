# SPDX-License-Identifier: MIT
# A program of tests/fail compiles as it is; with -DLACUNA_MUST_FAIL it does not, and the compiler says what each line
# "// expect: REGEX" of the file asks for: the sentences that a user would read.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

file(STRINGS ${FILE} expected REGEX "^// expect: .")
if(expected STREQUAL "")
  message(FATAL_ERROR "${FILE} has no line \"// expect: REGEX\"")
endif()

with_precompiled(both ready)
set(compile ${CXX} ${FLAGS} ${WARNINGS} ${INCLUDES} ${ready} -fsyntax-only ${FILE})
execute_process(COMMAND ${compile} RESULT_VARIABLE failed OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(failed)
  message(FATAL_ERROR "the twin that must compile does not:\n${text}")
endif()
execute_process(COMMAND ${compile} -DLACUNA_MUST_FAIL RESULT_VARIABLE failed OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(NOT failed)
  message(FATAL_ERROR "it compiles with -DLACUNA_MUST_FAIL")
endif()
# Compilers break no line, but quote the source: only what follows "error:" or "note:" counts.
string(REGEX MATCHALL "(error|note): [^\n]*" said "${text}")
foreach(sentence IN LISTS expected)
  string(REGEX REPLACE "^// expect: " "" sentence "${sentence}")
  if(NOT said MATCHES "${sentence}")
    message(FATAL_ERROR "it fails, but does not say \"${sentence}\":\n${text}")
  endif()
  message("it fails as it should: ${CMAKE_MATCH_0}")
endforeach()
