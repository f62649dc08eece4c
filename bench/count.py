#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the instructions that a product executes, for each useful multiply-add, on AVX2 and on 64-bit Arm.

    python3 bench/count.py --output docs/instruction_counts.md

Compiles bench/count/float.cpp and int8.cpp for each instruction set and runs them under the emulator of user programs,
qemu, which writes down every block of instructions when it translates it and when it runs it. Needs a compiler for each,
and qemu-x86_64 and qemu-aarch64 or what Debian calls them, with -static behind it (sh cmake/setup.sh ci).
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

sys.dont_write_bytecode = True  # the folder of the sources stays as it is

from reporting.markdown import table  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
X86, ARM = ["qemu-x86_64", "-cpu", "max"], ["qemu-aarch64", "-cpu", "max"]


def arm(march):
    return ["-march=" + march, "-Wno-psabi"]


# name, compiler, flags, emulator and its arguments, bits of a register
AVX2 = ("AVX2", "g++", ["-march=x86-64-v3"], X86, 256)
NEON = ("NEON", "aarch64-linux-gnu-g++", arm("armv8-a"), ARM, 128)
DOTPROD = ("NEON dotprod", "aarch64-linux-gnu-g++", arm("armv8.2-a+dotprod"), ARM, 128)
I8MM = ("NEON i8mm", "aarch64-linux-gnu-g++", arm("armv8.2-a+dotprod+i8mm"), ARM, 128)
TOKENS = (1, 8, 32, 128)


class Part:
    """A program, the instruction sets that it is compiled for, and what it multiplies."""

    def __init__(self, source, bits, sets, cases):
        self.source, self.bits, self.sets, self.cases = source, bits, sets, cases


FLOATS = Part("float", 32, (AVX2, NEON),
              (*((f, s) for f in ("csr", "panel", "tiled_sell") for s in (0.5, 0.8, 0.9)), ("bitmap", 0.5),
               *((f, s) for f in ("bsr 4x1", "bsr 8x1", "bsr 4x4") for s in (0.5, 0.8)), ("nm 2:4", 0.5), ("nm 1:4", 0.75),
               ("vnm 4x2:4", 0.5), *(("grouped_int4 16", s) for s in (0.5, 0.8))))
BYTES = Part("int8", 8, (AVX2, NEON, DOTPROD, I8MM),
             (*((f, s) for f in ("bsr 32x4", "bsr 16x4", "bsr 4x4", "bsr 8x1") for s in (0.5, 0.8)), ("csr", 0.8), ("nm 2:4", 0.5),
              ("nm 1:4", 0.75), ("vnm 16x2:4", 0.5), ("bitmap", 0.5), *(("tiled_sell", s) for s in (0.5, 0.8))))
# An instruction of a translated block: address, bytes, mnemonic. The second line of a long one has bytes only.
INSTRUCTION = re.compile(r"0x([0-9a-f]+): +(?:[0-9a-f]{2} )*(?:[0-9a-f]{8} )? *(\.?[a-z][a-z0-9.]*(?:_[a-z0-9]+)?\b.*)")
TRACE = re.compile(r"Trace \d+: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/")


def compiled(source, compiler, flags, program):
    subprocess.run([compiler, "-std=c++20", "-O3", "-DNDEBUG", "-static", *flags, f"-I{ROOT}/include", f"-I{ROOT}/tests",
                    "-isystem", f"{ROOT}/.deps/usr/include", f"{ROOT}/bench/count/{source}.cpp", "-o", program], check=True)
    return program


def emulator(words):
    found = shutil.which(words[0]) or shutil.which(words[0] + "-static")
    if not found:
        sys.exit(f"count: there is no {words[0]}")
    return [found, *words[1:]]


def counted(log):
    """Instructions between every two marks."""
    sizes, address, totals, counting = {}, None, [], False
    for line in log:
        if line.startswith("Trace"):
            if counting:
                totals[-1] += sizes[TRACE.match(line)[1].lstrip("0")]
        elif line.startswith("IN:"):
            address = None
        elif line.startswith("0x"):
            found = INSTRUCTION.match(line)
            if found:
                if address is None:
                    address = found[1].lstrip("0")
                    sizes[address] = 0
                sizes[address] += 1
        elif line.startswith("count: "):
            counting = line.startswith("count: first")
            if counting:
                totals.append(0)
    return totals


def run(words, program, case):
    """Instructions of a product for each useful multiply-add, for each number of tokens."""
    command = [*emulator(words), "-d", "in_asm,exec,nochain", program, case[0], str(case[1]), *map(str, TOKENS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace") as process:
        totals = counted(process.stderr)
        useful = [int(line.split()[0]) for line in process.stdout]
    if process.returncode != 0 or not len(totals) == len(useful) == len(TOKENS):
        sys.exit(f"count: {' '.join(command)} failed")
    return [total / adds for total, adds in zip(totals, useful)]


def paragraph(text):
    return textwrap.fill(text, 120, break_on_hyphens=False) + "\n"


def counts_of(part, counts):
    yield " / ".join(kind for kind, *_ in part.sets) + ":\n"
    yield from table(["format, sparsity", *(f"{n} token" + "s" * (n != 1) for n in TOKENS)], (
        [f"{name}, {sparsity:g}",
         *(" / ".join(f"{counts[part.source, kind, (name, sparsity), n]:.2f}" for kind, *_ in part.sets) for n in TOKENS)]
        for name, sparsity in part.cases))


def page(counts):
    yield "# Instructions for each multiply-add\n"
    yield paragraph(
        "How many instructions the products of one layer of 128 x 256 execute for each register of useful multiply-adds. A "
        "product of floats that did nothing but multiply and add would have 1. X is packed, Y written, and what is executed "
        "for fill counted. Written by `bench/count.py`, which runs all under qemu: exact counts, not times. gcc 12, `-O3`.")
    yield "```sh"
    yield "sh cmake/setup.sh && sh cmake/setup.sh ci"
    yield "python3 bench/count.py --output docs/instruction_counts.md"
    yield "```\n"
    yield "## Floats\n"
    yield paragraph(
        "A register is 8 floats on AVX2, 4 on 64-bit Arm (NEON). `grouped_int4` stores groups of 16 inputs in 4 bits, and "
        "multiplies floats.")
    yield from counts_of(FLOATS, counts)
    yield "## int8\n"
    yield paragraph(
        "Weights of int8, activations of uint8, sums of int32. A register is 32 bytes on AVX2, 16 on 64-bit Arm, and a "
        "multiply-add is of bytes: an instruction that adds four products to each lane of 32 bits makes a whole register of "
        "them. Arm has it with dotprod (`sdot`, both signed; activations are turned into signed bytes first) and i8mm "
        "(`usdot`). AVX2 widens bytes to 16 bits, and multiplies and adds half a register of them at a time; Arm without "
        "either multiplies half a register of signed bytes at a time, and adds the products up apart. With many tokens "
        "tiled_sell multiplies in lanes of 32 bits everywhere, csr, bitmap and 1:4 on AVX2; 2:4 is decoded to dense bytes, "
        "whose zeros are counted too.")
    yield from counts_of(BYTES, counts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", help="where the page goes (default: the terminal)")
    parser.add_argument("--programs", help="a folder that keeps the programs, which are compiled where they are not there yet")
    arguments = parser.parse_args()
    counts = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.programs or temporary
        for part in (FLOATS, BYTES):
            for kind, compiler, flags, words, bits in part.sets:
                program = os.path.join(folder, f"count-{part.source}-{kind}".replace(" ", "-"))
                if not os.path.exists(program):
                    compiled(part.source, compiler, flags, program)
                for case in part.cases:
                    for n, each in zip(TOKENS, run(words, program, case)):
                        counts[part.source, kind, case, n] = each * bits / part.bits
                        print(f"{part.source} {kind} {case[0]} {case[1]:g} n={n}: {counts[part.source, kind, case, n]:.2f}",
                              file=sys.stderr, flush=True)
    text = "\n".join(page(counts)).rstrip() + "\n"
    if arguments.output:
        with open(arguments.output, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
