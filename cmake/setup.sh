#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what lacuna needs in order to be built. Usage: sh cmake/setup.sh [ci] [peers]
#   (nothing)  compiler, cmake, ninja, Eigen, Google Benchmark, xsimd >= 13.2, Catch2 3
#   ci         what .ci/run uses on top: clang, clang-format, a cross compiler for 64-bit Arm with its emulator, oneTBB,
#              and an allocator with which compilers take less time
#   peers      OpenBLAS, oneDNN, libxsmm, XNNPACK and librsb, which demo and benches print beside lacuna
# On Debian and Ubuntu it installs with apt (as root or through sudo). What the release is too old for is taken from a
# newer suite of the same, already configured mirror, verified by the installed keyring, and unpacked into ./.deps:
# nothing outside this folder learns of the newer suite. Elsewhere it says what to install, and CMake downloads the rest.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
deps=$root/.deps

xsimd_min=13.2
catch_min=3.0
onednn_min=3.4  # the first with a sparse product

want_ci=no want_peers=no
for arg; do
  case $arg in
    ci) want_ci=yes ;;
    peers) want_peers=yes ;;
    *) echo "setup.sh: unknown argument '$arg' (known: ci peers)" >&2; exit 2 ;;
  esac
done

say() { printf 'setup: %s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }

advise() {
  say "$1"
  cat <<'TEXT'
  To build lacuna, install:  a C++20 compiler (gcc >= 12 or clang >= 14), CMake >= 3.25, Ninja,
                             Eigen >= 3.4, Google Benchmark, xsimd >= 13.2, Catch2 >= 3
  for example                dnf install gcc-c++ cmake ninja-build eigen3-devel google-benchmark-devel
                             brew install cmake ninja eigen google-benchmark xsimd catch2
                             vcpkg install eigen3 benchmark xsimd catch2
  A library that is missing is downloaded by CMake, pinned and checked by hash (see cmake/dependencies.cmake).
TEXT
}

if ! have apt-get || ! have dpkg-query; then
  advise "no apt on this machine, so nothing was installed."
  exit 0
fi

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo "$@"; else return 1; fi
}

updated=no
apt_update() {
  [ $updated = no ] || return 0
  say "apt-get update"
  as_root apt-get -qq update || say "apt-get update failed; going on with the lists that are here"
  updated=yes
}

installed() {
  case $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null || true) in ii*) return 0 ;; *) return 1 ;; esac
}
candidate() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p' | grep -v none | head -n 1; }

# at_least PACKAGE VERSION: is what is installed, or what apt would install, new enough?
at_least() {
  if installed "$1"; then v=$(dpkg-query -W -f '${Version}' "$1"); else v=$(candidate "$1"); fi
  [ -n "$v" ] && dpkg --compare-versions "$v" ge "$2"
}

missing=
need() { installed "$1" || missing="$missing $1"; }
need_command() { have "$1" || missing="$missing $2"; }

install_missing() {
  [ -n "$missing" ] || return 0
  apt_update
  chosen=
  for package in $missing; do
    if [ -n "$(candidate "$package")" ]; then chosen="$chosen $package"; else say "this release has no $package"; fi
  done
  missing=
  [ -n "$chosen" ] || return 0
  say "apt-get install$chosen"
  # shellcheck disable=SC2086  # a list of words
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -qq --no-install-recommends install $chosen >"$root/.deps.log" 2>&1; then
    tail -n 15 "$root/.deps.log" >&2
    advise "apt-get could not install:$chosen"
  fi
  rm -f "$root/.deps.log"
}

# --- what one build needs ---------------------------------------------------------------------------------------------
need_command c++ g++
need_command cmake cmake
need_command ninja ninja-build
need ca-certificates
need libeigen3-dev
need libbenchmark-dev

# Looks into the package lists only when ./.deps does not settle it: the second run takes a tenth of a second.
private=
if ! [ -f "$deps/usr/include/xsimd/xsimd.hpp" ] && ! { installed libxsimd-dev && at_least libxsimd-dev $xsimd_min; }; then
  [ -n "$(candidate libxsimd-dev)" ] || apt_update
  if at_least libxsimd-dev $xsimd_min; then need libxsimd-dev; else private="$private libxsimd-dev xtl-dev"; fi
fi
if ! [ -f "$deps/usr/include/catch2/catch_all.hpp" ] && ! { installed libcatch2-dev && at_least libcatch2-dev $catch_min; }; then
  [ -n "$(candidate libcatch2-dev)" ] || apt_update
  if at_least libcatch2-dev $catch_min; then need libcatch2-dev; else private="$private libcatch2-dev"; fi
fi

if [ $want_peers = yes ]; then
  need libopenblas-dev
  need libdnnl-dev
  need libxsmm-dev
  need libxnnpack-dev
  need libpthreadpool-dev
  need librsb-dev
fi

if [ $want_ci = yes ]; then
  need git
  need pkg-config
  for v in 14 19; do
    need clang-$v
    need libclang-rt-$v-dev
  done
  need_command clang-format-19 clang-format-19
  need g++-aarch64-linux-gnu
  need libtbb-dev    # for the tests of an executor
  need libjemalloc2  # with it compilers take less time
  have qemu-aarch64-static || need_command qemu-aarch64 qemu-user-static
fi

install_missing

# --- what this release is too old for ---------------------------------------------------------------------------------
# private_apt ARCHITECTURE: writes an apt configuration of its own into $work, with newer suites of the same mirror.
private_apt() {
  apt_update
  . /etc/os-release
  case ${ID:-} in
    debian) keyring=/usr/share/keyrings/debian-archive-keyring.gpg suites="$VERSION_CODENAME-backports trixie" label=Debian ;;
    ubuntu) keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg suites="resolute" label=Ubuntu ;;
    *) return 1 ;;
  esac
  mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n "s/^$label //p" |
    grep -v security | sort -u | head -n 1)
  [ -n "$mirror" ] || return 1
  work=$(mktemp -d)
  mkdir -p "$work/preferences.d" "$work/lists/partial" "$work/cache/archives/partial"
  components=main
  [ "$ID" = debian ] || components="main universe"
  for suite in $suites; do echo "deb [signed-by=$keyring] $mirror $suite $components"; done >"$work/sources.list"
  cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "$work/preferences.d";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
Acquire::Languages "none";
APT::Architecture "$1";
APT::Architectures "$1";
CONF
  [ "$(id -u)" != 0 ] || echo 'APT::Sandbox::User "root";' >>"$work/apt.conf"
  [ "$1" = "$(dpkg --print-architecture)" ] || echo 'Dir::State::status "/dev/null";' >>"$work/apt.conf"
  # One suite of the two may have gone from the mirror: what matters is whether the package is found.
  APT_CONFIG=$work/apt.conf apt-get -qq update 2>"$work/log" || true
}

# unpack PACKAGE DESTINATION: the oldest version that is new enough, for it was built against the oldest libc.
unpack() {
  case $1 in
    libcatch2-dev) minimum=$catch_min ;;
    libxsimd-dev) minimum=$xsimd_min ;;
    libdnnl*) minimum=$onednn_min ;;
    *) minimum=0 ;;
  esac
  version=$(APT_CONFIG=$work/apt.conf apt-cache madison "$1" | awk '{print $3}' | while read -r v; do
    if dpkg --compare-versions "$v" ge $minimum; then echo "$v"; fi
  done | sort -V | head -n 1)
  [ -n "$version" ] || { say "the mirror has no $1 >= $minimum"; return 1; }
  (cd "$work" && APT_CONFIG=$work/apt.conf apt-get -qq download "$1=$version")
  mkdir -p "$2"
  dpkg-deb -x "$work"/"$1"_*.deb "$2"
  rm -f "$work"/"$1"_*.deb
  say "unpacked $1 $version into .deps${2#"$deps"}"
}

if [ -n "$private" ]; then
  if private_apt "$(dpkg --print-architecture)"; then
    for package in $private; do unpack "$package" "$deps" || true; done
    rm -rf "$work"
  else
    say "no newer suite known for this system:$private will be downloaded by CMake"
  fi
fi

if [ $want_ci = yes ] && ! [ -d "$deps/arm64/usr/include/catch2" ]; then
  if private_apt arm64; then
    unpack libcatch2-dev "$deps/arm64" || true
    rm -rf "$work"
  fi
fi

# A newer oneDNN wants newer C and C++ libraries than this release has. They lie beside it, with their loader, which
# cmake/peers.cmake names in the programs that it links.
if [ $want_peers = yes ] && ! [ -f "$deps/onednn/usr/include/dnnl.hpp" ] && ! at_least libdnnl-dev $onednn_min; then
  if private_apt "$(dpkg --print-architecture)"; then
    library=$(APT_CONFIG=$work/apt.conf apt-cache depends libdnnl-dev 2>/dev/null | sed -n 's/^ *Depends: \(libdnnl.*\)/\1/p' | head -n 1)
    rm -rf "$deps/onednn.part"
    if [ -n "$library" ] && (
      for package in libc6 libgcc-s1 libgomp1 libstdc++6 "$library" libdnnl-dev; do
        unpack "$package" "$deps/onednn.part" || exit 1
      done
    ); then
      rm -rf "$deps/onednn.part/usr/share" "$deps/onednn.part/etc"
      mv "$deps/onednn.part" "$deps/onednn"
    else
      say "no oneDNN >= $onednn_min: the benches go without its sparse product"
      rm -rf "$deps/onednn.part"
    fi
    rm -rf "$work"
  fi
fi

say "ready"
