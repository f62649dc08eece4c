#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs compare in parts of less than 40 seconds, and keeps what each writes, for bench/report.py.

    python3 bench/measure.py --dlmc DLMC --out measured
    python3 bench/report.py measured/*.json --output docs/performance.md

DLMC is a folder of .smtx files, of any depth. --with puts a command in front of each run, for one that keeps others off
the machine; --only picks parts by name; a part that is there already is left as it is, unless --again, or --calmer: that
measures what was disturbed again, and keeps the calmer of the two. It may be repeated until nothing is left to do.
"""
import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import time

SHAPES = "--shape=2048x512,512x512,3072x768"


SMALL = "--shape=256x256,256x1024,1024x256"  # the layers of the published kernel for blocks of int8
MIDDLE = ("768x768", "768x3072", "3072x768")
LARGE = ("1024x1024", "1024x4096", "4096x1024")
BLOCKS = "--formats=bsr 32x4,bsr 16x4"
SETS = ("avx2", "avxvnni", "avx512", "sse2")  # of other builds


def int8_parts():
    for sparsity in ("0.7", "0.75", "0.8", "0.85", "0.9"):
        yield f"int8-published-{sparsity}-small", ["--part=int8", SMALL, "--tokens=128", f"--sparsity={sparsity}", BLOCKS]
        for layer in MIDDLE:
            yield f"int8-published-{sparsity}-{layer}", ["--part=int8", f"--shape={layer}", "--tokens=256", f"--sparsity={sparsity}", BLOCKS]
        for layer in LARGE:
            yield f"int8-published-{sparsity}-{layer}", ["--part=int8", f"--shape={layer}", "--tokens=128,384,768", f"--sparsity={sparsity}",
                                                          BLOCKS]
    others = "--formats=bsr 32x4,bsr 4x4,bsr 16x1,bsr 8x1,bsr 4x1,vnm,csr"
    yield "int8-blocks", ["--part=int8", "--shape=1024x1024", "--tokens=32,128,512", "--sparsity=0.5,0.8,0.9", others]
    slots = ["--part=int8", "--shape=1024x1024", "--tokens=32,128,512", "--sparsity=0.8", "--rounds=5",
             "--formats=bitmap,tiled_sell,nm 2:4,int4 1x32"]
    yield "int8-slots", slots
    yield "int8-blocks-wide", ["--part=int8", "--shape=1024x1024", "--tokens=4096", "--sparsity=0.8", "--formats=bsr 4x4,bsr 32x4", "--rounds=5"]
    yield "int8-groups", ["--part=int8", "--shape=256x256,1024x4096,4096x1024", "--tokens=128", "--sparsity=0.5", "--formats=vnm,nm"]
    for n in ("1", "2,4", "8"):
        yield f"int8-few-{n[0]}", ["--part=int8", "--shape=2048x2048", "--cold", f"--tokens={n}", "--sparsity=0.5,0.8,0.9,0.95", "--rounds=5"]
    two = ["--part=int8", "--threads=2", "--shape=1024x1024", "--sparsity=0.8", "--rounds=5"]
    yield "threads-int8", [*two, "--tokens=128,512", "--formats=bsr 32x4,bsr 4x4,bsr 16x1,vnm"]
    yield "threads-int8-few", [*two, "--shape=4096x4096", "--tokens=1,8", "--formats=bsr 32x4,bitmap,tiled_sell"]
    for name in SETS:
        yield f"{name}-int8", ["--part=int8", "--shape=1024x1024", "--tokens=32,128,512", "--sparsity=0.8", "--rounds=5", others]
        yield f"{name}-int8-slots", slots
        yield f"{name}-int8-few", ["--part=int8", "--shape=2048x2048", "--cold", "--tokens=1,8", "--sparsity=0.8", "--rounds=5",
                                   "--formats=bsr 32x4,bsr 4x4,csr,bitmap,tiled_sell,nm 2:4,int4 1x32"]


def parts(dlmc):
    """Name and arguments of each run. What begins with one of SETS runs the program that is compiled for it."""
    layers = ["--part=layers", f"--dlmc={dlmc}"] if dlmc else ["--part=layers", SHAPES]
    sizes = ["--part=sizes", "--peers=oneDNN,OpenBLAS,Eigen sparse", "--sparsity=0.9"]
    yield "limits", ["--part=limits"]
    for name, tokens in (("1", "1,2,4"), ("8", "8,16,32"), ("128", "128"), ("512", "512")):
        yield f"layers-{name}", [*layers, f"--tokens={tokens}"]
    yield "layers-cold", [*layers, "--tokens=1", "--cold", "--rounds=5"]
    for name, tokens in (("1", "1,2,4,8"), ("16", "16,32"), ("128", "128"), ("512", "512")):
        yield f"structured-{name}", ["--part=structured", SHAPES, "--sparsity=0.5,0.7,0.8,0.9", f"--tokens={tokens}"]
    yield "sizes-small", [*sizes, "--tokens=1,128", "--match=256x,512x,1024x,2048x"]
    yield "sizes-large", [*sizes, "--tokens=1,128", "--match=4096x,8192x", "--rounds=5"]
    yield "goals", ["--part=goals", "--shape=2048x512", "--sparsity=0.8"]
    yield "cold", ["--part=cold", "--shape=2048x2048", "--peers=OpenBLAS,Eigen"]
    yield "training", ["--part=training", "--shape=512x512,2048x512", "--sparsity=0.5,0.8,0.9,0.95", "--tokens=32,128"]
    yield "threads", ["--part=threads", "--shape=512x512,2048x512,4096x1024", "--sparsity=0.8", "--tokens=1,32,128,512"]
    for name, keys in (("short", "1024"), ("long", "4096")):
        yield f"attention-{name}", ["--part=attention", f"--tokens={keys}", "--rounds=5"]
    yield "attention-lengths", ["--part=attention-lengths", "--tokens=1024,2048,4096,8192,16384", "--rounds=3"]
    yield "attention-lengths-far", ["--part=attention-lengths", "--tokens=32768,65536", "--rounds=3"]
    yield "attention-lengths-farthest", ["--part=attention-lengths", "--tokens=131072", "--rounds=3"]  # a minute
    yield "decode", ["--part=decode", "--tokens=8192,32768"]
    yield "decode-far", ["--part=decode", "--tokens=131072", "--rounds=5"]
    yield "threads-attention", ["--part=attention-threads,decode-threads", "--tokens=4096"]
    yield from int8_parts()
    alone = ["--peers=none", "--rounds=5"]
    yield "avx2-layers", [*layers, *alone, "--tokens=1,32,128,512", "--formats=csr,panel,tiled_sell,bitmap"]
    yield "avx2-structured", ["--part=structured", SHAPES, *alone, "--sparsity=0.5,0.8", "--tokens=1,32,128,512",
                              "--formats=bsr 4x1,bsr 8x1,nm 2:4"]


def loads(file):
    """The rate of loads from L1 in the middle case of a part, which falls where somebody shares the core; 0 where nothing tells."""
    try:
        with open(file, encoding="utf-8") as text:
            return statistics.median([c["loads"] for c in json.load(text)["cases"] if c.get("loads")] or [0])
    except OSError:
        return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compare", default="build/bench/bench/compare", help="the program (default: %(default)s)")
    parser.add_argument("--sets", default="build/bench-{}/bench/compare",
                        help="the same for other instruction sets (default: %(default)s)")
    parser.add_argument("--dlmc", help="the folder of the layers; without it, layers are synthetic")
    parser.add_argument("--out", default="measured", help="the folder of the results (default: %(default)s)")
    parser.add_argument("--with", dest="prefix", default="", help="a command that runs what follows it")
    parser.add_argument("--with-two", default="", help="such a command for the part of two threads (default: that of --with)")
    parser.add_argument("--only", default="", help="parts, by the beginnings of their names, with commas between them")
    parser.add_argument("--rounds", type=int, help="of each part; 0 shows that all is right, and measures nothing")
    parser.add_argument("--again", action="store_true", help="measure parts anew that are there")
    parser.add_argument("--calmer", action="store_true",
                        help="measure parts anew whose loads were below nine tenths of the best; keep what had the higher ones")
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    failed = 0
    folder = (os.path.join(arguments.out, f) for f in os.listdir(arguments.out) if f.endswith(".json"))
    best = max(map(loads, folder), default=0)
    for name, words in parts(arguments.dlmc):
        if not name.startswith(tuple(arguments.only.split(","))):
            continue
        file = os.path.join(arguments.out, name + ".json")
        before = loads(file) if arguments.calmer else 0
        disturbed = arguments.calmer and 0 < before < 0.9 * best
        if os.path.exists(file) and not arguments.again and not disturbed:
            print(f"{name}: there already")
            continue
        other = name.partition("-")[0] in SETS
        program = arguments.sets.format(name.partition("-")[0]) if other else arguments.compare
        if other and not os.path.exists(program):
            print(f"{name}: left out, there is no {program}")
            continue
        prefix = arguments.with_two or arguments.prefix if name.startswith("threads") else arguments.prefix
        if arguments.rounds is not None:
            words = [w for w in words if not w.startswith("--rounds=")] + [f"--rounds={arguments.rounds}"]
        begin = time.monotonic()
        new = file + ".new"
        with open(os.path.join(arguments.out, name + ".log"), "w", encoding="utf-8") as log:
            done = subprocess.run([*shlex.split(prefix), program, *words, f"--out={new}"], stdout=log, stderr=subprocess.STDOUT,
                                  check=False)
        failed += done.returncode != 0
        after = loads(new)
        if disturbed and 0 < after <= before:
            os.remove(new)
        elif os.path.exists(new):
            os.replace(new, file)
        print(f"{name}: {time.monotonic() - begin:.0f} s" + (f", loads {1e-9 * after:.0f} GB/s" if after else "") +
              (f", FAILED, see {name}.log" if done.returncode else ""), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
