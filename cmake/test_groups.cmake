# SPDX-License-Identifier: MIT
# Tests that compile the same templates become one object: the part of reconstruct takes 44 seconds of a processor under the
# sanitizers, its 14 files one by one 124. Each file stays an entry of CTest.
#
# The source of a group includes what its files include, and then each file inside a namespace of its own, where all those
# headers are there already and stay empty: no two files get into each other's way. A file that leaves macros behind, or
# specialises templates of others, is not for a group.

# lacuna_write_group(<path> <file>...): the source of a group; the files are relative to the current folder.
function(lacuna_write_group path)
  set(includes)
  set(bodies)
  foreach(file IN LISTS ARGN)
    set(place ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    get_filename_component(folder ${place} DIRECTORY)
    file(STRINGS ${place} lines REGEX "^#include [<\"].+[>\"]")
    foreach(line IN LISTS lines)
      if(line MATCHES "^#include \"([.].+)\"")
        get_filename_component(header ${folder}/${CMAKE_MATCH_1} ABSOLUTE)
        set(line "#include \"${header}\"")
      endif()
      list(APPEND includes "${line}")
    endforeach()
    string(MAKE_C_IDENTIFIER ${file} name)
    string(APPEND bodies "namespace tests_of_${name} {\n#include \"${place}\"\n}\n")
  endforeach()
  list(REMOVE_DUPLICATES includes)
  list(JOIN includes "\n" includes)
  file(CONFIGURE OUTPUT ${path} CONTENT "${includes}\n${bodies}" @ONLY)
endfunction()

# lacuna_group_tests(<variable> <folder> <groups> <file>...): the sources to compile, where the files that match the regular
# expression group_<name> of one of <groups> are replaced by one source, in front of all others and in a folder of its own. What
# has options of its own stays alone.
function(lacuna_group_tests variable folder groups)
  set(rest ${ARGN})
  set(alone)
  foreach(file IN LISTS rest)
    get_source_file_property(options ${file} COMPILE_OPTIONS)
    if(options)
      list(APPEND alone ${file})
    endif()
  endforeach()
  set(sources)
  foreach(group IN LISTS groups)
    set(members ${rest})
    list(FILTER members INCLUDE REGEX "${group_${group}}")
    list(REMOVE_ITEM members ${alone})
    list(LENGTH members count)
    if(count GREATER 1)
      list(REMOVE_ITEM rest ${members})
      lacuna_write_group(${CMAKE_CURRENT_BINARY_DIR}/groups/${folder}/${group}.cpp ${members})
      list(APPEND sources ${CMAKE_CURRENT_BINARY_DIR}/groups/${folder}/${group}.cpp)
      # A header more or less in a file is one in the source of its group.
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${members})
    elseif(count EQUAL 1)
      # Where LACUNA_TEST_FILES leaves one alone it may still be the longest: of the emulated registers kernel/expand_dot takes
      # 75 of 110 seconds, the last 37 of them with a processor idle.
      list(REMOVE_ITEM rest ${members})
      list(APPEND sources ${members})
    endif()
  endforeach()
  set(${variable} ${sources} ${rest} PARENT_SCOPE)
endfunction()
