# SPDX-License-Identifier: MIT
# Every weak function of an object file must name its instruction set, or the linker may give it to an object that was
# compiled for another. NM, OBJECT; EXPECT_LEAK=<name>: the check has to find that one, which proves that it looks. Weak
# data (tables of virtual functions, constants) is the same for all. Meant for optimised objects: at -O0 the templates of
# the standard library stand outside of everything.
# These handle no more than pointers, in any build:
set(allowed
  "^lacuna::.*::~[a-z_0-9]+\\(\\)$"                                 # destructors free memory and join threads
  "^std::unique_ptr<.*::~unique_ptr\\(\\)$"
  "^lacuna::detail::default_error_handler"                          # one handler a program
  "^lacuna::set_error_handler"
  "^__clang_call_terminate$"
  "^xsimd::kernel::wrap::v[a-z0-9_]+\\("                            # one instruction each of what all of 64-bit Arm has
  "^std::thread::_M_thread_deps_never_run\\(\\)$"                    # empty, in libstdc++ 13 and newer
  "^std::(mutex|unique_lock<std::mutex>)::(lock|unlock)\\(\\)$"     # calls of the threads library
)
execute_process(COMMAND ${NM} -C --defined-only ${OBJECT} OUTPUT_VARIABLE text RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${NM} ${OBJECT}: ${failed}")
endif()
string(REPLACE ";" "," text "${text}")
string(REPLACE "[" "(" text "${text}")
string(REPLACE "]" ")" text "${text}")
string(REPLACE "\n" ";" lines "${text}")
set(own 0)
set(leaks)
foreach(line IN LISTS lines)
  if(NOT line MATCHES "^[0-9a-fA-F]* *W (.*)$")
    continue()
  endif()
  set(symbol "${CMAKE_MATCH_1}")
  if(symbol MATCHES "isa_[a-z0-9]")
    math(EXPR own "${own} + 1")
    continue()
  endif()
  set(fine FALSE)
  foreach(pattern IN LISTS allowed)
    if(symbol MATCHES "${pattern}")
      set(fine TRUE)
    endif()
  endforeach()
  if(NOT fine)
    list(APPEND leaks "${symbol}")
  endif()
endforeach()
list(LENGTH leaks count)
message(STATUS "${own} weak functions name their instruction set, ${count} do not")
if(own EQUAL 0)
  message(FATAL_ERROR "no symbol of lacuna found: is this the right object?")
endif()
if(EXPECT_LEAK)
  if(NOT leaks MATCHES "${EXPECT_LEAK}")
    message(FATAL_ERROR "the check overlooked ${EXPECT_LEAK}")
  endif()
  return()
endif()
foreach(symbol IN LISTS leaks)
  message(SEND_ERROR "shared between instruction sets: ${symbol}")
endforeach()
