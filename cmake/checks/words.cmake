# SPDX-License-Identifier: MIT
# Words that do not belong into the tree: paths of one machine, hosts of one mirror, work left undone.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)

set(start "(^|[^A-Za-z0-9_./-])")
set(stop "([^A-Za-z0-9_]|$)")
set(rules
  "a path of one machine|${start}/(work|farm|home|root|tmp|Users)/"
  "a host of one mirror|(deb|archive|snapshot|security|ports|ftp|pypi|registry)\\.[a-z0-9-]+\\.(org|com|io)${stop}"
  "work left undone|${start}(TODO|FIXME|XXX|HACK|[Ss]tub(bed|s)?|not (yet )?implemented)${stop}"
  "how the text came about|(^|[^A-Za-z0-9_:])([Ss]ession|[Aa]gent|ChatGPT|Claude|[Ii]ssues? (#?[0-9]|show|resolved))"
)

file(GLOB_RECURSE files RELATIVE ${SOURCE} ${SOURCE}/include/* ${SOURCE}/tests/* ${SOURCE}/bench/* ${SOURCE}/examples/*
     ${SOURCE}/docs/* ${SOURCE}/cmake/* ${SOURCE}/.ci/*)
file(GLOB more RELATIVE ${SOURCE} ${SOURCE}/*.md ${SOURCE}/*.txt ${SOURCE}/*.json ${SOURCE}/.clang-* ${SOURCE}/.gitignore)
list(APPEND files ${more})
list(REMOVE_ITEM files cmake/checks/words.cmake)
list(FILTER files EXCLUDE REGEX "(^tests/fuzz/corpus/|\\.(png|smtx|mtx|npy)$)")
foreach(file IN LISTS files)
  foreach(rule IN LISTS rules)
    string(REGEX MATCH "^([^|]*)\\|(.*)$" _ "${rule}")
    set(reason "${CMAKE_MATCH_1}")
    set(regex "${CMAKE_MATCH_2}")
    file(STRINGS ${SOURCE}/${file} hits REGEX "${regex}")
    foreach(hit IN LISTS hits)
      string(STRIP "${hit}" hit)
      problem("${file}: ${reason}: ${hit}")
    endforeach()
  endforeach()
  if(file MATCHES "\\.(hpp|cpp|cmake|sh|py)$|CMakeLists\\.txt$")
    file(STRINGS ${SOURCE}/${file} licence REGEX "SPDX-License-Identifier: MIT" LIMIT_COUNT 1)
    if(NOT licence)
      problem("${file}: no line with SPDX-License-Identifier: MIT")
    endif()
  endif()
endforeach()
list(LENGTH files count)
message("${count} files read")
verdict("words")
