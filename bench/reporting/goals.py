# SPDX-License-Identifier: MIT
"""What was set as a goal beside what was measured."""
import math

from . import attention, int8
from .data import ONEDNN, geomean
from .markdown import table

EITHER = ("csr", "panel")


class Goals:
    def __init__(self, measured):
        self.m = measured
        self.lines = []

    def add(self, what, where, goal, value, unit="x", most=False, note=""):
        """One line; without a value it says that nothing was measured."""
        digits = 0 if unit == "%" else 2
        sign = "<=" if most else ">="
        if value is None:
            self.lines.append((what, where, f"{sign} {goal:g} {unit}", "not measured", "?", note))
            return
        reached = value <= goal if most else value >= goal
        self.lines.append((what, where, f"{sign} {goal:g} {unit}", f"{value:.{digits}f} {unit}", "yes" if reached else "NO", note))

    def peak(self):
        for n in (512, 128, 32):
            goals = {0.5: 75, 0.8: 60, 0.9: 52, 0.95: 45} if n != 32 else {0.5: 60, 0.9: 40}
            for band, goal in goals.items():
                per_format = {f: geomean(r.of_peak for r in self.m.runs("layers", f, n, band)) for f in EITHER}
                value = geomean(r.of_peak for r in self.m.best_of("layers", EITHER, n, band))
                note = ", ".join(f"{f} {100 * v:.0f}" for f, v in per_format.items() if v)
                self.add("csr or panel, of FMA peak", f"n = {n}, {band:g}", goal, 100 * value if value else None, "%", note=note)

    def peers(self):
        for n in (32, 128, 512):
            ratios = [(r.x_sparse, r.case.layer) for c in self.m.of("layers", n) if (r := c.best(names=EITHER)) and r.x_sparse]
            self.add("csr or panel over the best sparse peer", f"n = {n}, all layers", 1.25, geomean(x for x, _ in ratios))
            worst = min(ratios, default=(None, ""))
            self.add("  the worst layer", f"n = {n}", 0.95, worst[0], note=worst[1])
        for n in (32, 128, 512):
            for band, goal in {0.5: 1.35, 0.7: 2.1, 0.8: 3.0, 0.9: 5.0}.items():
                ratios = [r.times_faster_than(d) for r in self.m.best_of("layers", EITHER, n, band) if (d := r.case.best(ONEDNN))]
                self.add("csr or panel over oneDNN, dense", f"n = {n}, {band:g}", goal, geomean(ratios))
        for peer in ("Eigen sparse", "oneDNN sparse"):
            ratios = [r.times_faster_than(p) for r in self.m.runs("layers", "csr", 1) if (p := r.case.named(peer))]
            self.add(f"csr spmv over {peer}", "n = 1, all layers", 2.5, geomean(ratios), note=f"worst {min(ratios):.2f}" if ratios else "")

    def structured(self):
        for name in ("bsr 4x1", "bsr 8x1"):
            for band, goal in {0.5: 85, 0.8: 80}.items():
                runs = self.m.runs("structured", name, 128, band)
                value, loads = geomean(r.of_peak for r in runs), geomean(r.case.loads for r in runs)
                self.add(f"{name}, of FMA peak", f"n = 128, {band:g}", goal, 100 * value if value else None, "%",
                         note=f"L1 read at {loads * 1e-9:.0f} GB/s" if loads else "")
        vnm = [n for n in self.m.names("structured", "format") if n.startswith("vnm") and "2:4" in n] or ["vnm 2:4"]
        goals = {"nm 2:4": 1.4, "nm 4:8": 1.4, "nm 1:4": 2.4, "nm 2:8": 2.4, **{n: 1.7 for n in vnm}}
        for name, goal in goals.items():
            by_n = {n: geomean(r.x_dense for r in self.m.runs("structured", name, n)) for n in (32, 128, 512)}
            note = ", ".join(f"n = {n}: {v:.2f}" for n, v in by_n.items() if v and n != 128)
            self.add(f"{name} over the best dense", "n = 128", goal, by_n[128], note=note)

    def cold(self):
        """One token, weights from behind the caches: times a dense product of the same type, of which bf16 has only its bytes at
        the rate of reads; and the fraction of that rate."""
        over = {"tiled_sell 0.8": 3.5, "tiled_sell 0.9": 5.5, "tiled_sell 0.95": 7.5, "tiled_sell bf16 0.8": 2.8, "bitmap 0.5": 1.65,
                "bitmap bf16 0.5": 1.5, "nm 2:4": 1.88}
        reads = {"tiled_sell 0.8": 95, "tiled_sell 0.9": 85, "nm 2:4": 95}
        found = {r.name: r for c in self.m.of("goals/cold", 1, True) for r in c.runs}
        for name, goal in over.items():
            r = found.get(name)
            value = r and (r.x_read if "bf16" in name else r.x_dense)
            self.add(f"{name} over dense", "n = 1, cold", goal, value, note=f"{r.x_read:.2f} over reading dense weights" if r else "")
        for name, goal in reads.items():
            r = found.get(name)
            self.add(f"{name}, of the rate of reads", "n = 1, cold", goal, r and 100 * r.of_read, "%")

    def few(self):
        """Each format at its worst sparsity."""
        for other, text in ((", one by one", "than n calls of spmv"), (", 32 at once", "than 32 tokens at once")):
            for n in (2, 4, 8, 16):
                worst = {}
                for c in self.m.of("goals/few", n):
                    for r in c.runs:
                        if o := c.named(r.name + other):
                            worst[r.name] = min(worst.get(r.name, (math.inf, 0)), (r.times_faster_than(o), c.sparsity))
                self.add(f"never slower {text}", f"n = {n}, worst format", 1, min((v for v, _ in worst.values()), default=None),
                         note=", ".join(f"{f} {v:.2f} ({s:g})" for f, (v, s) in sorted(worst.items(), key=lambda w: w[1])))

    def pairs(self, part, first, second):
        """For each case of a part, how much faster `first` is than `second`, suffixes of the same name."""
        for c in self.m.of(part):
            for r in c.runs:
                if r.name.endswith(first) and (o := c.named(r.name[:len(r.name) - len(first)] + second)):
                    yield r.times_faster_than(o), r.name[:len(r.name) - len(first)], c.tokens, c.layer

    def pair_goals(self, what, part, first, second, goal, value, unit="x", most=False):
        """One line for each format and count of tokens; one that says so if the part was not measured."""
        found = list(self.pairs(part, first, second))
        for ratio, name, n, layer in found:
            self.add(what, f"n = {n}, {name}, {layer}", goal, value(ratio), unit, most)
        if not found:
            self.add(what, "", goal, None, unit, most)

    def sets(self):
        """Fractions of the peak of each build, in points beside the first one's."""
        found = False
        for other in self.m.others.values():
            for part in ("layers", "structured"):
                for name in other.names(part, "format"):
                    for n in other.tokens(part):
                        key = "of_limit" if n == 1 else "of_peak"
                        for band in sorted({r.band for r in other.runs(part, name, n)}):
                            layers = {r.case.layer for r in other.runs(part, name, n, band)}
                            first = geomean(getattr(r, key) for r in self.m.runs(part, name, n, band) if r.case.layer in layers)
                            second = geomean(getattr(r, key) for r in other.runs(part, name, n, band))
                            if first and second:
                                found = True
                                self.add(f"{other.set} below {self.m.set}", f"n = {n}, {name}, {band:g}", 10, 100 * (first - second),
                                         "%", most=True, note=f"{100 * second:.0f} and {100 * first:.0f}")
        if not found:
            self.add("AVX2 below AVX-512", "", 10, None, "%", most=True)

    def rest(self):
        for c in self.m.of("goals/threads"):
            if c.threads_gain():
                self.add("two threads over one", f"n = {c.tokens}, {c.layer}", 1.9, c.threads_gain(),
                         note=f"multiply-adds alone {c.threads_gain('multiply-adds, '):.2f}")
        if not self.m.of("goals/threads"):
            self.add("two threads over one", "", 1.9, None)
        for other in ("X rows, Y columns", "X columns, Y rows", "X columns, Y columns"):
            self.pair_goals(f"time of {other}", "goals/orders", " X rows, Y rows", " " + other, 1.1, lambda x: x, most=True)
        for kind in ("bf16", "f16"):
            self.pair_goals(f"rate of {kind} beside f32", "goals/types", " " + kind, " f32", 90, lambda x: 100 * x, "%")
        for stages in ("bias, relu", "bias, gelu"):
            self.pair_goals(f"time that {stages} add", "goals/epilogue", " plain", " " + stages, 8, lambda x: 100 * (x - 1), "%",
                            most=True)
        call, packing = "a call on a 16x16 layer", "packing, in dense products of a vector"
        calls = [r for c in self.m.of("goals/overhead") for r in c.runs]
        for r in calls:
            self.add(call, r.name, 0.3, r.seconds * 1e6, "us", most=True)
        if not calls:
            self.add(call, "", 0.3, None, "us", most=True)
        packs = [(c.best(role="dense"), r) for c in self.m.of("goals/pack") for r in c.runs if r.role == "format"]
        for gemv, r in packs:
            self.add(packing, r.name, 10, gemv.times_faster_than(r), most=True)
        if not packs:
            self.add(packing, "", 10, None, most=True)


def goal_lines(measured):
    g = Goals(measured)
    for part in (g.peak, g.peers, g.structured, g.cold, g.few, g.sets, g.rest):
        part()
    attention.add_goals(measured, g.add)
    int8.add_goals(measured, g.add)
    yield from table(("goal", "where", "asked", "measured", "reached", "note"), g.lines)
    asked = [line[4] for line in g.lines]
    yield f"{asked.count('yes')} reached, {asked.count('NO')} missed, {asked.count('?')} not measured"
