# SPDX-License-Identifier: MIT
"""What compare measured of int8: blocks, groups, few tokens, threads, instruction sets."""
from .data import geomean
from .markdown import percent, table, text

PARTS = ("int8", "int8-groups")
FEW = 8


def dots(case):
    """The loop of nothing but exact dots that ran in the same rounds: where bytes are not multiplied as they are, vpmaddubsw
    saturates, and it is pairs of 16 bits."""
    return case.named("int8 pairs") or next((r for r in case.runs if r.role == "other"), None)


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

    def by_title(self, cases):
        """What was measured in several parts is one line."""
        return [(t, [c for c in cases if self.title(c) == t]) for t in dict.fromkeys(self.title(c) for c in cases)]

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
               "of the rate of a loop of nothing but exact dots in registers (without instructions for dots of bytes: of pairs of 16 bits, not "
               "`vpmaddubsw`, which saturates) that the better of both reaches with what is stored.\n")
        for cases, cell in ((many, self.cell), (few, self.few_cell)):
            for part in PARTS:
                some = [c for c in cases if c.part == part]
                names = self.names(some)
                if not names:
                    continue
                if cell is self.few_cell:
                    yield ("Few tokens, X and Y by rows; in brackets gigabytes a second of weights, X and Y. `int4` multiplies floats, `int4 u8` the same bytes as int8. "
                           "Cold: copies of the weights of all that add up to 64 MB take turns.\n")
                lines = ([title, *(next(filter(None, (cell(c, n) for c in of)), "") for n in names)] for title, of in self.by_title(some))
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
        yield from self.sets_of(False, self.mean, "and the fraction of the rate of dots of that build")
        yield from self.sets_of(True, self.few_mean, "and gigabytes a second of weights, X and Y")

    def sets_of(self, few, mean, bracket):
        builds = [(self.m.set, self.m), *self.m.others.items()]
        builds = [(name, m, self.cases(m, few)) for name, m in builds if self.cases(m, few)]
        if len(builds) < 2:
            return
        common = set.intersection(*({self.title(c) for c in cases} for _, _, cases in builds))
        if not common:
            return
        yield (f"Builds for other instruction sets on the same machine, {'few' if few else 'many'} tokens: useful operations, in G/s, "
               f"{bracket}; geometric means over " + "; ".join(sorted(common)) + ".\n")
        cases = {name: [c for c in of if self.title(c) in common] for name, _, of in builds}
        names = [n for n in self.names([c for of in cases.values() for c in of])
                 if sum(any(c.named(n) for c in of) for of in cases.values()) > 1]
        yield from table(["format", *cases], (
            [n, *(mean([r for _, same in self.by_title(of) if (r := next((r for c in same if (r := c.named(n))), None))])
                  for of in cases.values())] for n in names))

    @staticmethod
    def mean(runs):
        """`int4` without `u8` multiplies floats, which no dots of bytes are the measure of."""
        if not runs:
            return ""
        rate = text(geomean(r.gflops for r in runs), 0)
        floats = runs[0].name.startswith("int4") and not runs[0].name.endswith("u8")
        return rate if floats else f"{rate} ({percent(geomean(of_dots(r) for r in runs))})"

    @staticmethod
    def few_mean(runs):
        return f"{text(geomean(r.gflops for r in runs), 0)} ({text(geomean(r.bytes / r.seconds for r in runs), 0, 1e9)})" if runs else ""


# The layers and tokens for which a sparse accelerator of int8 blocks was published, and its sparsities.
PUBLISHED = {(256, 256): (128,), (256, 1024): (128,), (1024, 256): (128,), (768, 768): (256,), (768, 3072): (256,), (3072, 768): (256,),
             (1024, 1024): (128, 384, 768), (1024, 4096): (128, 384, 768), (4096, 1024): (128, 384, 768)}
PUBLISHED_SPARSITIES = (0.7, 0.75, 0.8, 0.85, 0.9)


def best_order(case, name):
    """The faster of a product by rows and of one as tokens x features."""
    return case.best(names=(name, name + ", tokens"))


def many_goals(many, add):
    """Blocks and bands with many tokens: shares of the dots, and times the dense product."""
    goals = [("bsr 32x4", s, 32, 80 if s == 0.9 else 90) for s in (0.5, 0.8, 0.9)]
    goals += [(name, s, 128, goal) for name, goal in (("bsr 4x4", 85), ("bsr 16x1", 75), ("bsr 8x1", 62), ("bsr 4x1", 50))
              for s in (0.5, 0.8)]
    for name, sparsity, least, goal in goals:
        for c in many:
            if (c.rows, c.cols) == (1024, 1024) and c.sparsity == sparsity and c.tokens >= least:
                if (r := best_order(c, name)) and (value := of_dots(r)):
                    add(f"int8 {name}, of the dots", f"{c.layer}, n = {c.tokens}, {sparsity:g}", goal, 100 * value, "%")
    for name, goal in (("vnm 16x2:4", 1.6), ("vnm 16x1:4", 1.7), ("vnm 16x2:8", 1.7)):
        for c in many:
            if (r := best_order(c, name)) and r.x_dense:
                add(f"int8 {name} over dense", f"{c.layer}, n = {c.tokens}", goal, r.x_dense)
    for c in many:
        for r in c.runs:
            if c.tokens >= 128 and r.name.endswith(", requantised") and (b := c.named(r.name.rpartition(",")[0])):
                add("int8, time that requantising adds", f"{c.layer}, n = {c.tokens}, {b.name}, {c.sparsity:g}", 5,
                    100 * (1 / r.times_faster_than(b) - 1), "%", most=True)


def published_goals(many, add):
    """Each of the published products, by the better of two blocks."""
    for c in many:
        found = [r for n in ("bsr 32x4", "bsr 16x4") if (r := best_order(c, n)) and r.x_dense]
        if c.part != "int8" or c.tokens not in PUBLISHED.get((c.rows, c.cols), ()) or c.sparsity not in PUBLISHED_SPARSITIES or not found:
            continue
        best = max(found, key=lambda r: r.x_dense)
        where = f"{c.layer}, n = {c.tokens}, {c.sparsity:g}"
        add("int8 blocks over dense, of 1 / (1 - sparsity)", where, 0.9, best.x_dense * (1 - c.sparsity), note=best.name)
        if c.sparsity == 0.9:
            add("int8 blocks over dense", where, 5.5, best.x_dense, note=best.name)


def few_goals(few, add):
    """One token."""
    lookups = {0.8: 2.1, 0.9: 3.9, 0.95: 6.5}
    for c in few:
        if c.tokens != 1:
            continue
        where = f"{c.layer}, n = 1{', cold' if c.cold else ''}, {c.sparsity:g}"
        over = {"tiled_sell": lookups.get(c.sparsity), "bitmap": 1.5 if c.sparsity == 0.5 else None, "nm 2:4": 1.6}
        for name, goal in over.items():
            if goal and (r := c.named(name)) and r.x_dense:
                add(f"int8 {name} over dense", where, goal, r.x_dense)
        for width in (16, 32, 64):
            if (r := c.named(f"int4 1x{width} u8")) and (b := c.named(f"bsr 1x{width}")):
                add(f"int4 1x{width} over int8 of the same pattern", where, 1.7, r.times_faster_than(b))


def add_goals(measured, add):
    """add(what, where, goal, value, unit, most) for each goal of int8."""
    said = set()

    def once(what, where, *rest, **named):
        """Some products are measured in two parts: the first is the one that counts."""
        if (what, where) not in said:
            said.add((what, where))
            add(what, where, *rest, **named)

    int8 = Int8(measured)
    many, few = int8.cases(measured, False), int8.cases(measured, True)
    many_goals(many, once)
    published_goals(sorted(many, key=lambda c: -len(c.runs)), once)
    few_goals(few, once)
    for c in int8.cases(measured, False, 2) + int8.cases(measured, True, 2):
        for r in c.runs:
            if plain(r.name) and (one := c.named(r.name + ", 1 thread")):
                once("int8, two threads over one", f"{c.layer}, n = {c.tokens}, {r.name}", 1.9, r.times_faster_than(one))
    for other in (measured, *measured.others.values()):
        for c in Int8(other).cases(other, False):
            if other is measured and not c.named("int8 pairs"):
                continue
            for r in c.runs:
                if r.role == "format" and plain(r.name) and (value := of_dots(best_order(c, r.name))):
                    once(f"int8 {r.name}, of the exact dots of {other.set}", f"{c.layer}, n = {c.tokens}, {c.sparsity:g}", 45,
                         100 * value, "%")
    for start in ("int8 bsr 32x4", "int8 blocks", "int8 vnm", "int8 tiled_sell", "int8 bitmap", "int8 nm 2:4", "int4", "int8, two threads"):
        if not any(what.startswith(start) for what, _ in said):
            add(start, "", 1, None)
