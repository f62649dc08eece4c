# SPDX-License-Identifier: MIT
# 64-bit Arm, compiled on another machine and run by qemu-user (sh cmake/setup.sh ci installs both).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
find_program(LACUNA_QEMU NAMES qemu-aarch64-static qemu-aarch64 REQUIRED)
mark_as_advanced(LACUNA_QEMU)
set(CMAKE_CROSSCOMPILING_EMULATOR ${LACUNA_QEMU} -L /usr/aarch64-linux-gnu)
