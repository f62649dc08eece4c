#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs README's two commands on a machine that has nothing. Usage, as root: [PRESETS=demo] sh cmake/checks/bare.sh ROOT...
# Each ROOT is what "debootstrap --variant=minbase SUITE ROOT" leaves: no compiler, no cmake, no git. The committed tree
# is copied into it, so that nothing ignored or forgotten can help.
set -eu
cd "$(dirname "$0")/../.."
failed=0
for root; do
  [ -x "$root/bin/sh" ] || { echo "bare: $root is no root file system" >&2; exit 2; }
  for tool in c++ cmake ninja git; do
    if chroot "$root" sh -c "command -v $tool" >/dev/null 2>&1; then echo "bare: $root has $tool already" >&2; fi
  done
  rm -rf "$root/opt/lacuna"
  mkdir -p "$root/opt/lacuna"
  git archive HEAD | tar -x -C "$root/opt/lacuna"
  for preset in ${PRESETS:-demo test}; do
    log=$root/opt/lacuna-$preset.log
    begin=$(date +%s)
    if chroot "$root" sh -c "cd /opt/lacuna && sh cmake/setup.sh && cmake --workflow --preset $preset" \
        >"$log" 2>&1 </dev/null; then result=passed; else result=FAILED failed=1; fi
    echo "bare: $root: setup and $preset $result in $(($(date +%s) - begin)) s; $(grep 'tests passed' "$log" || true)"
    [ $result = passed ] || tail -n 40 "$log"
  done
done
exit $failed
