# SPDX-License-Identifier: MIT
"""What compare measured of int8: blocks, groups, few tokens, threads, instruction sets."""
from .data import geomean
from .markdown import percent, table, text

PARTS = ("int8", "int8-groups")
FEW = 8


def dots(case):
    """The loop of nothing but dots that ran in the same rounds."""
    return next((r for r in case.runs if r.role == "other"), None)


def of_dots(run):
    peak = dots(run.case)
    return run.gflops / peak.gflops / run.case.threads if peak and peak.gflops else None


def plain(name):
    return not name.endswith((", tokens", ", requantised", ", 1 thread"))


class Int8:
    def __init__(self, measured):
        self.m = measured

    def cases(self, measured, few, threads=1):
        found = [c for c in measured.cases if c.part in PARTS and (c.tokens <= FEW) == few and c.threads == threads]
        return sorted(found, key=lambda c: (c.rows * c.cols, c.rows, c.tokens, c.cold, c.part, c.sparsity))

    @staticmethod
    def names(cases):
        return list(dict.fromkeys(r.name for c in cases for r in c.runs if r.role == "format" and plain(r.name)))

    @staticmethod
    def title(case):
        words = [f"{case.rows}x{case.cols}, {case.tokens}"]
        words += [f"{case.sparsity:g}"] if case.part == "int8" else ["N:M"]
        words += ["cold"] if case.cold else []
        return ", ".join(words)

    @staticmethod
    def cell(case, name):
        """Times the dense product by rows / as tokens x features, and the better one's share of the dots."""
        runs = [r for r in (case.named(name), case.named(name + ", tokens")) if r]
        if not runs:
            return ""
        best = min(runs, key=lambda r: r.seconds)
        if not best.x_dense:
            return percent(of_dots(best))
        return " / ".join(text(r.x_dense) for r in runs) + f" ({percent(of_dots(best))})"

    @staticmethod
    def few_cell(case, name):
        run = case.named(name)
        return f"{text(run.x_dense)} ({text(run.bytes / run.seconds, 0, 1e9)})" if run and run.x_dense else ""

    def lines(self):
        many, few = self.cases(self.m, False), self.cases(self.m, True)
        if not many and not few:
            return
        yield "## int8\n"
        yield ("Weights of int8, activations of uint8, sums of int32. How many times faster than oneDNN's dense product of the same types, "
               "whose weights are packed and whose tokens stand in rows: X and Y by rows / as tokens x features; in brackets the fraction "
               "of the rate of a loop of nothing but dots in registers that the better of both reaches with what is stored.\n")
        for cases, cell in ((many, self.cell), (few, self.few_cell)):
            for part in PARTS:
                some = [c for c in cases if c.part == part]
                names = self.names(some)
                if not names:
                    continue
                if cell is self.few_cell:
                    yield ("Few tokens, X and Y by rows; in brackets gigabytes a second of weights, X and Y. `int4` multiplies floats, `int4 u8` the same bytes as int8. "
                           "Cold: copies of the weights of all that add up to 64 MB take turns.\n")
                lines = ([self.title(c), *(cell(c, n) for n in names)] for c in some)
                yield from table(["layer, tokens, sparsity", *names], (line for line in lines if any(line[1:])))
        yield from self.epilogue(many + few)
        yield from self.threads()
        yield from self.sets()

    def epilogue(self, cases):
        pairs = [(c, r, b) for c in cases for r in c.runs if r.name.endswith(", requantised") and (b := c.named(r.name.rpartition(",")[0]))]
        if pairs:
            yield "What scaling by row and requantising to uint8 costs, beside int32 sums of the same product:\n"
            yield from table(["layer, tokens, sparsity", "format", "more time"], (
                [self.title(c), b.name, f"{100 * (1 / r.times_faster_than(b) - 1):.0f} %"] for c, r, b in pairs))

    def threads(self):
        cases = self.cases(self.m, False, 2) + self.cases(self.m, True, 2)
        if cases:
            names = self.names(cases)
            yield "Two threads, times one thread:\n"
            yield from table(["layer, tokens, sparsity", *names], (
                [self.title(c), *(text(r.times_faster_than(one)) if (r := c.named(n)) and (one := c.named(n + ", 1 thread")) else ""
                                  for n in names)] for c in cases))

    def sets(self):
        """What each instruction set does, on the layers and tokens that all were measured on."""
        builds = [(self.m.set, self.m), *self.m.others.items()]
        builds = [(name, m, self.cases(m, False)) for name, m in builds if self.cases(m, False)]
        if len(builds) < 2:
            return
        common = set.intersection(*({self.title(c) for c in cases} for _, _, cases in builds))
        if not common:
            return
        yield ("Builds for other instruction sets on the same machine: useful operations, in G/s, and the fraction of the rate of dots "
               "of that build; geometric means over " + "; ".join(sorted(common)) + ".\n")
        names = self.names([c for _, _, cases in builds for c in cases if self.title(c) in common])
        yield from table(["format", *(name for name, _, _ in builds)], (
            [n, *(self.mean([r for c in cases if self.title(c) in common and (r := c.named(n))]) for _, _, cases in builds)] for n in names))

    @staticmethod
    def mean(runs):
        if not runs:
            return ""
        return f"{text(geomean(r.gflops for r in runs), 0)} ({percent(geomean(of_dots(r) for r in runs))})"
