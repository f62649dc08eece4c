# SPDX-License-Identifier: MIT
"""docs/performance.md and its charts."""
import os
import re
import textwrap

from .attention import Attention
from .charts import Panel, draw
from .data import geomean, grouped
from .int8 import Int8
from .markdown import at_tokens, percent, table, text
from .training import Training

CHART_TOKENS = (1, 16, 32, 128, 512)


def shown(band):
    return f"{band:g}"


def along(sparsity):
    """Where a sparsity stands on an axis: what is dropped halves the work again and again."""
    return 1 / (1 - sparsity)


def wrapped(line):
    """Prose in lines of at most 120 columns; tables, code and pictures as they are."""
    if len(line) <= 120 or line[0] in "|!`#":
        return line
    end = "\n" if line.endswith("\n") else ""
    return textwrap.fill(line, 120, subsequent_indent="  " if line.startswith("* ") else "", break_long_words=False,
                         break_on_hyphens=False) + end


def crossing(points):
    """Of (sparsity, gain): the sparsity from which the gain stays above 1, between two points."""
    if not points:
        return ""
    if all(x >= 1 for _, x in points):
        return f"below {points[0][0]:g}"
    last = max(i for i, (_, x) in enumerate(points) if x < 1)
    if last + 1 == len(points):
        return "never"
    (a, low), (b, high) = points[last], points[last + 1]
    return f"{a + (b - a) * (1 - low) / (high - low):.2f}"


class Page:
    def __init__(self, measured, folder, stem):
        self.m, self.folder, self.stem = measured, folder, stem
        self.formats = measured.names("layers", "format")
        self.structured = measured.names("structured", "format")
        self.dense = measured.names("layers", "dense")
        self.sparse = measured.names("layers", "sparse")
        shapes = [{(c.rows, c.cols) for c in measured.of("layers") if c.band == b} for b in measured.bands("layers")]
        self.common = set.intersection(*shapes) if shapes else set()  # shapes that there are at every sparsity

    def chart(self, name, title, panels, y_label):
        """The reference to a chart, which is written beside the page."""
        file = f"{self.stem}_{name}.svg"
        if draw(panels, y_label, os.path.join(self.folder, file)):
            yield f"![{title}]({file})\n"

    def cell(self, part, name, n, band, key, cold=False):
        return geomean(getattr(r, key) for r in self.m.runs(part, name, n, band, cold))

    def gain(self, name, n, band, cold=False):
        """Over the best dense product, on layers whose shapes there are at every sparsity: so that a line over sparsities compares
        like with like."""
        return geomean(r.x_dense for r in self.m.runs("layers", name, n, band, cold) if (r.case.rows, r.case.cols) in self.common)

    # --- the machine ---------------------------------------------------------------------------------------------------
    def machine(self):
        c = self.m.context
        yield "## Machine and method\n"
        yield f"* {c.get('processor', '')}, {c.get('system', '')}, {c.get('compiler', '')} with `-O3 -march=native`"
        yield f"* instruction set of lacuna: {c.get('instruction set', '')}"
        yield f"* peers: {c.get('peers', '')}"
        yield ("* one thread, bound to one processor; processor time; " + c.get("rounds", "") + " rounds in which everybody runs "
               "in turn, on the same X and Y. Times are medians over rounds; ratios and fractions of the peak are medians of what "
               "each round gave, with the peak measured in that round")
        loads = sorted(c.loads * 1e-9 for c in self.m.cases if c.loads)
        if loads:
            calm = sum(l >= 0.9 * loads[-1] for l in loads) / len(loads)
            yield (f"* loads from L1 beside what was measured: {loads[-1]:.0f} GB/s at best, {loads[len(loads) // 2]:.0f} in the middle "
                   f"case, within a tenth of the best in {percent(calm)} of the cases. The others probably shared their core with "
                   "somebody, and their fractions of the peak are too low")
        limits = self.m.limits
        if limits:
            yield "\nWhat one core can do, measured by `limits`:\n"
            lines = [(name, f"{l['rate'] * 1e-9:.0f} " + ("GB/s" if l["bytes"] else "G operations/s")) for name, l in limits.items()]
            yield from table(("limit", "rate"), lines)

    # --- unstructured layers -------------------------------------------------------------------------------------------
    def overview(self):
        """Which format to choose, and what it gains."""
        yield "## Which format\n"
        shapes = ", ".join(f"{r}x{c}" for r, c in sorted(self.common))
        yield ("The fastest format for weights pruned one by one, and how many times faster than the best dense product it is; "
               f"**dense** where none is faster. Geometric means over the layers of {shapes}, which there are at every sparsity. "
               "Cold: the weights come from behind the caches of the core, as those of a model do that is larger than they are.\n")
        bands, lines = self.m.bands("layers"), []
        rows = [(n, True) for n in self.m.tokens("layers", cold=True)] + [(n, False) for n in self.m.tokens("layers")]
        for n, cold in rows:
            line = [at_tokens(n) + (", cold" if cold else "")]
            for band in bands:
                ranked = sorted(((self.gain(f, n, band, cold) or 0, f) for f in self.formats), reverse=True)
                gain, name = ranked[0] if ranked else (0, "")
                line.append("" if gain == 0 else f"{name} {gain:.2f}" if gain >= 1 else f"**dense** ({name} {gain:.2f})")
            lines.append(line)
        yield from table(["sparsity", *map(shown, bands)], lines)
        yield "The sparsity from which a format is faster than the best dense product, between the two measured ones:\n"
        yield from table(["format", *map(at_tokens, self.m.tokens("layers"))],
                         ([f, *(self.break_even(f, n) for n in self.m.tokens("layers"))] for f in self.formats))

    def break_even(self, name, n):
        return crossing([(b, x) for b in self.m.bands("layers") if (x := self.gain(name, n, b))])

    def layers(self):
        yield "## Weights pruned one by one\n"
        count = len({c.layer for c in self.m.of("layers")})
        yield (f"{count} layers of the Deep Learning Matrix Collection. Rates count two operations for each weight kept and token; in "
               "brackets stands the fraction of what the machine allows: its peak of multiply-adds, or the bandwidth of the cache that "
               "holds the weights, X and Y, whichever is less. A column is a sparsity, its cells are geometric means; libraries in "
               "italics. A library that multiplies the zeros too has them counted.\n")
        yield from self.chart("speed", "Speed against sparsity", [
            Panel(at_tokens(n), "sparsity", self.speed_series(n), x_log=True, x_ticks=[along(b) for b in self.m.bands("layers")],
                  x_text=lambda x: shown(1 - 1 / x), rules=[(1, "best dense product")]) for n in CHART_TOKENS if n in self.m.tokens("layers")],
            "times faster than the best dense product")
        bands = self.m.bands("layers")
        for n in self.m.tokens("layers"):
            yield f"### {at_tokens(n)}\n"
            lines = []
            for f in self.formats:
                lines.append([f, *(self.rate_and_fraction(f, n, b) for b in bands)])
            for p in self.sparse + self.dense:
                lines.append([f"*{p}*", *(self.rate_and_fraction(p, n, b) for b in bands)])
            yield from table(["GFLOP/s", *map(shown, bands)], (line for line in lines if any(line[1:])))
            lines = [[f"{f}, x {what}", *(text(self.cell("layers", f, n, b, key)) for b in bands)]
                     for what, key in (("best dense", "x_dense"), ("best sparse peer", "x_sparse")) for f in self.formats]
            yield from table(["times faster", *map(shown, bands)], (line for line in lines if any(line[1:])))

    def speed_series(self, n):
        """Formats and sparse peers over sparsities."""
        series = []
        for name in self.formats + self.sparse:
            points = [(along(b), x) for b in self.m.bands("layers") if (x := self.gain(name, n, b))]
            series.append((name, points, "line" if name in self.formats else "dashed"))
        return series

    def rate_and_fraction(self, name, n, band):
        rate = self.cell("layers", name, n, band, "gflops")
        return "" if rate is None else f"{rate:.1f} ({percent(self.cell('layers', name, n, band, 'of_limit'))})"

    def cold(self):
        if not self.m.of("layers", cold=True):
            return
        yield "### 1 token, weights from behind the caches of the core\n"
        yield ("Copies of a layer that add up to 64 MB take turns, as the layers of a model do. `of limit` is the time that the bytes "
               "take at the bandwidth of such a working set, divided by the time taken.\n")
        bands = sorted({c.band for c in self.m.of("layers", 1, True)})
        for title, key, form in (("times faster than the best dense", "x_dense", text), ("of limit", "of_limit", percent)):
            yield from table([title, *map(shown, bands)], (
                [f, *(form(self.cell("layers", f, 1, b, key, True)) for b in bands)] for f in self.formats))
        yield from self.cold_types()

    def cold_types(self):
        cases = self.m.of("goals/cold", 1, True)
        runs = [r for c in cases for r in c.runs if r.role == "format"]
        if not runs:
            return
        rate = geomean(r.weight_bytes / r.seconds for c in cases if (r := c.named("read")))
        yield (f"The same for {cases[0].layer}, each beside a loop that reads as many bytes as dense weights have, in four streams, at "
               f"{text(rate, 0, 1e9)} GB/s, and does nothing else: times faster than it (for bf16 than half its time), and the fraction of "
               "its rate ([limits](limits_floats.md)).\n")
        yield from table(("", "x best dense float", "x reading dense weights", "of the rate of reads"),
                         ((r.name, text(r.x_dense), text(r.x_read), percent(r.of_read)) for r in runs))

    def blocks(self):
        if not self.structured:
            return
        yield "## Blocks and N:M\n"
        layers = ", ".join(sorted({c.layer for c in self.m.of("structured")}))
        yield (f"Synthetic layers ({layers}), pruned by magnitude to the pattern. Times faster than the best dense product, and in "
               "brackets the fraction of what the machine allows.\n")
        tokens = self.m.tokens("structured")
        lines = []
        for name in self.structured:
            for band in sorted({r.band for n in tokens for r in self.m.runs("structured", name, n)}):
                cells = [(self.cell("structured", name, n, band, "x_dense"), self.cell("structured", name, n, band, "of_limit"))
                         for n in tokens]
                lines.append([f"{name}, {band:g}" if name.startswith("bsr") else name,
                              *(f"{x:.2f} ({percent(p)})" if x else "" for x, p in cells)])
        yield from table(["tokens", *map(str, tokens)], lines)

    def losses(self):
        yield "## Where sparse loses\n"
        yield ("Layers on which the best format for weights pruned one by one is slower than the best dense product, and the worst of "
               "them. Small layers that stay in the private caches lose longest with few tokens: there a dense product waits for no "
               "memory.\n")
        lines = []
        for cold in (False, True):
            groups = grouped(self.m.of("layers", cold=cold), lambda c: (c.tokens, c.band))
            for (n, band), cases in groups.items():
                bests = [(best.x_dense, c, best) for c in cases if (best := c.best(names=self.formats)) and best.x_dense]
                lost = sorted((x, c.layer, f"{c.rows}x{c.cols}", best.name) for x, c, best in bests if x < 1)
                if lost:
                    x, layer, shape, name = lost[0]
                    lines.append((str(n) + (", cold" if cold else ""), shown(band), f"{len(lost)} of {len(bests)}", f"{layer.split('/')[-1]} ({shape})",
                                  f"{name} {x:.2f}"))
        if lines:
            yield from table(("tokens", "sparsity", "slower", "worst layer", "x dense"), lines)
        else:
            yield "None.\n"
        if self.structured:
            yield from self.structured_break_even()

    def structured_break_even(self):
        """From which sparsity on blocks gain, and how much N:M, which have one sparsity each."""
        tokens = self.m.tokens("structured")
        yield ("Blocks: the sparsity from which they are faster than the best dense product, between the two measured ones. N:M: how "
               "many times faster; **below 1, slower**. Geometric means over layers; in brackets the layer that gains least.\n")
        lines = []
        for name in self.structured:
            line = [name]
            for n in tokens:
                runs = self.m.runs("structured", name, n)
                if name.startswith("bsr"):
                    line.append(crossing([(b, geomean(r.x_dense for r in of)) for b, of in grouped(runs, lambda r: r.band).items()]))
                elif not runs:
                    line.append("")
                else:
                    gain = geomean(r.x_dense for r in runs)
                    line.append((f"{gain:.2f}" if gain >= 1 else f"**{gain:.2f}**") + f" ({min(r.x_dense for r in runs):.2f})")
            lines.append(line)
        yield from table(["format", *map(at_tokens, tokens)], lines)

    # --- other views ---------------------------------------------------------------------------------------------------
    def per_token(self):
        tokens = self.m.tokens("layers")
        bands = [b for b in (0.5, 0.8, 0.9) if b in self.m.bands("layers")]
        if len(tokens) < 3 or not bands:
            return
        yield "## Cost of a token\n"
        yield ("Time for each token, against the tokens of one product; geometric means over layers"
               + (", for blocks and N:M over those of the table above.\n" if self.structured else ".\n"))
        panels = []
        for band in bands:
            series = []
            for name in self.formats:
                found = [(n, geomean(r.seconds / n for r in self.m.runs("layers", name, n, band))) for n in tokens]
                series.append((name, [(n, cost * 1e6) for n, cost in found if cost], "line"))
            for role in ("dense", "sparse"):
                series.append(self.peer_per_token("layers", role, tokens, band))
            panels.append(Panel(f"sparsity {band:g}", "tokens", series, x_log=True, x_ticks=tokens, x_text=str))
        tokens, series = self.m.tokens("structured"), []
        for name in self.structured:  # blocks at one sparsity, N:M at the one that they have
            bands = {r.band for n in tokens for r in self.m.runs("structured", name, n)}
            band = 0.8 if 0.8 in bands else min(bands)
            found = [(n, geomean(r.seconds / n for r in self.m.runs("structured", name, n, band))) for n in tokens]
            series.append((name, [(n, cost * 1e6) for n, cost in found if cost], "line"))
        if series:
            series.append(self.peer_per_token("structured", "dense", tokens))
            panels.append(Panel("blocks at 0.8, N:M", "tokens", series, x_log=True, x_ticks=tokens, x_text=str))
        yield from self.chart("tokens", "Cost of a token", panels, "microseconds for a token")

    def peer_per_token(self, part, role, tokens, band=None):
        """The line of whoever is the fastest of that role, layer by layer."""
        found = [(n, geomean(c.best(role=role).seconds / n for c in self.m.of(part, n)
                             if band in (None, c.band) and c.best(role=role))) for n in tokens]
        return (f"best {role} peer", [(n, cost * 1e6) for n, cost in found if cost], "dashed")

    def sizes(self):
        if not self.m.of("sizes"):
            return
        yield "## Size of the layer\n"
        yield "Square layers, weights kept at random.\n"
        panels = []
        for (band, n), cases in grouped(self.m.of("sizes"), lambda c: (c.band, c.tokens)).items():
            names = list(dict.fromkeys(r.name for c in cases for r in c.runs))
            roles = {r.name: r.role for c in cases for r in c.runs}
            series = []
            for name in names:
                points = sorted((c.rows, r.seconds / (c.rows * c.cols * n) * 1e12) for c in cases if (r := c.named(name)))
                series.append((name, points, "line" if roles[name] == "format" else "dashed"))
            panels.append(Panel(f"sparsity {band:g}, {at_tokens(n)}", "rows and columns", series, x_log=True,
                                x_ticks=sorted({c.rows for c in cases}), x_text=str))
            names = [x for x in names if roles[x] == "format"]
            yield from table([f"x best dense, {band:g}, {at_tokens(n)}", *(str(c.rows) for c in sorted(cases, key=lambda c: c.rows))],
                             ([f, *(text(r.x_dense) if (r := c.named(f)) else "" for c in sorted(cases, key=lambda c: c.rows))]
                              for f in names))
        yield from self.chart("sizes", "Cost against size", panels, "picoseconds for a weight (kept or not) and token")

    def roofline(self):
        roofs = {name: l["rate"] for name, l in self.m.limits.items()}
        peak = roofs.get("f32")
        cases = [c for c in self.m.cases if c.part in ("layers", "structured") and not c.cold]
        if not peak or not cases:
            return
        yield "## Roofline\n"
        yield ("Each point is a format at one sparsity with one count of tokens: useful operations for each byte of packed weights, X "
               "and Y, against the rate; geometric means over layers. Lines are the limits above; a small layer is held by a faster "
               "cache than a large one.\n")
        panels = []
        for part, names, title in (("layers", self.formats, "weights pruned one by one"), ("structured", self.structured, "blocks and N:M")):
            series = []
            for name in names:
                runs = [r for c in cases if c.part == part for r in c.runs if r.format == name and r.role == "format"]
                groups = grouped(runs, lambda r: (r.case.tokens, r.band)).values()
                series.append((name, [(geomean(r.useful / r.bytes for r in of), geomean(r.gflops for r in of)) for of in groups], "dots"))
            panels.append((title, series))
        points = [p for _, series in panels for _, of, _ in series for p in of]
        low, high = min(x for x, _ in points), max(x for x, _ in points)
        lines = [(f"{level} {roofs[level] * 1e-9:.0f} GB/s", [(low, low * roofs[level] * 1e-9), (peak / roofs[level], peak * 1e-9)])
                 for level in ("L1", "L2", "L3", "memory") if level in roofs and low < peak / roofs[level]]
        lines.append((f"peak {peak * 1e-9:.0f} GFLOP/s", [(low, peak * 1e-9), (high, peak * 1e-9)]))
        yield from self.chart("roofline", "Roofline", [
            Panel(title, "useful operations for each byte", series, x_log=True, roofs=lines) for title, series in panels], "GFLOP/s")

    # --- other builds and forms ------------------------------------------------------------------------------------------
    def sets(self):
        """Fractions of the peak of this build beside those of others."""
        for name, other in self.m.others.items():
            if not any(c.part in ("layers", "structured") for c in other.cases):
                continue
            yield f"## {name} beside {self.m.set}\n"
            yield (f"The same machine and layers, compiled for {name}: the fraction of the peak of multiply-adds that each build reaches, "
                   f"whose peak is measured in the same rounds, {self.m.set} / {name}; with one token the fraction of what the machine "
                   "allows. **Bold** where the second is more than 10 points below.\n")
            lines, tokens = [], sorted({c.tokens for c in other.cases})
            for part in ("layers", "structured"):
                for form in other.names(part, "format"):
                    for band in sorted({r.band for n in tokens for r in other.runs(part, form, n)}):
                        cells = [self.both(other, part, form, n, band) for n in tokens]
                        lines.append([form if form.startswith(("nm", "vnm")) else f"{form}, {band:g}", *cells])
            yield from table(["% of peak", *map(at_tokens, tokens)], lines)

    def both(self, other, part, form, n, band):
        key = "of_limit" if n == 1 else "of_peak"
        layers = {r.case.layer for r in other.runs(part, form, n, band)}
        first = geomean(getattr(r, key) for r in self.m.runs(part, form, n, band) if r.case.layer in layers)
        second = geomean(getattr(r, key) for r in other.runs(part, form, n, band))
        if first is None or second is None:
            return ""
        cell = f"{100 * first:.0f} / {100 * second:.0f}"
        return f"**{cell}**" if second < first - 0.1 else cell

    def threads(self):
        cases = self.m.of("goals/threads")
        if not cases:
            return
        yield "## Two threads\n"
        yield (f"Times faster than one thread, at a sparsity of {shown(cases[0].sparsity)}; medians of nine rounds in which both run. In "
               "brackets what multiply-adds alone gain, which touch no memory and take one thread as long: the processors share a clock, "
               "and whatever else runs on the machine.\n")
        tokens = self.m.tokens("goals/threads")

        def gain(layer, n):
            found = [c for c in cases if (c.layer, c.tokens) == (layer, n) and c.threads_gain()]
            return f"{found[0].threads_gain():.2f} ({found[0].threads_gain('multiply-adds, '):.2f})" if found else ""
        layers = sorted(cases, key=lambda c: (c.rows * c.cols, c.layer.partition(",")[0]))
        yield from table(["layer, format", *map(at_tokens, tokens)], (
            [layer, *(gain(layer, n) for n in tokens)] for layer in dict.fromkeys(c.layer for c in layers)))

    def costs(self):
        """Orders, types, epilogues: each beside its plain form."""
        plain = {"goals/orders": " X rows, Y rows", "goals/types": " f32", "goals/epilogue": " plain"}
        formats, cells = [], {}
        for part, suffix in plain.items():
            for c in self.m.of(part):
                base = next((r for r in c.runs if r.name.endswith(suffix)), None)
                if not base:
                    continue
                name = base.name[:-len(suffix)]
                formats += [name] if name not in formats else []
                for r in c.runs:
                    if r is not base and r.name.startswith(name):
                        cells[(r.name[len(name) + 1:], c.tokens, name)] = text(r.times_faster_than(base))
        if cells:
            yield "## What else costs\n"
            yield ("Times faster than the same format in its plain form: float, X and Y by rows, no epilogue, on a layer of "
                   f"{self.m.of('goals/orders')[0].layer if self.m.of('goals/orders') else 'one size'}. Below 1, it costs.\n")
            yield from table(["form", "tokens", *formats], (
                [form, str(n), *(cells.get((form, n, f), "") for f in formats)] for form, n in dict.fromkeys(k[:2] for k in cells)))
        for c in self.m.of("goals/overhead"):
            yield "A call of `spmm` on a layer of 16 x 16 and one token, in microseconds: " + ", ".join(
                f"{r.name} {r.seconds * 1e6:.2f}" for r in c.runs) + ".\n"
        for c in self.m.of("goals/pack"):
            gemv = c.best(role="dense")
            yield f"`pack` of a layer of {c.layer}, in products of the dense layer with one vector ({gemv.name}): " + ", ".join(
                f"{r.name} {gemv.times_faster_than(r):.1f}" for r in c.runs if r.role == "format") + ".\n"

    def lines(self):
        yield "# Performance\n"
        yield ("Sparse products of lacuna in float, beside dense and sparse libraries, on one machine. Written by `bench/report.py`: do "
               "not edit. [Benchmarks](benchmarks.md) explains the words.\n")
        yield "```sh"
        yield "sh cmake/setup.sh && sh cmake/setup.sh peers && cmake --preset bench && cmake --build --preset bench"
        yield "cmake --preset bench-avx2 && cmake --build --preset bench-avx2"
        yield "python3 bench/measure.py --dlmc DLMC --out measured"
        yield f"python3 bench/report.py measured/*.json --output docs/{self.stem}.md"
        yield "```\n"
        yield from self.machine()
        yield from self.overview()
        yield from self.losses()
        yield from self.layers()
        yield from self.cold()
        yield from self.blocks()
        yield from self.per_token()
        yield from self.sizes()
        yield from self.roofline()
        yield from self.sets()
        yield from self.threads()
        yield from self.costs()
        yield from Training(self.m).lines()
        yield from Int8(self.m).lines()
        yield from Attention(self.m).lines(self.chart)
        if self.m.failures:
            yield "## Wrong results\n"
            yield from dict.fromkeys(f"* {f['part']}, {f['layer']}, {at_tokens(f['tokens'])}: {f['name']} is off by {f['error']}"
                                     for f in self.m.failures)
            if any(f["name"].startswith("oneDNN u8s8s32") for f in self.m.failures):
                yield ""
                yield ("Without instructions for dots oneDNN adds two products of bytes in 16 bits, which saturates, as its guide says of "
                       "int8 on such processors. Where it did, nothing is compared with it.")


def write(measured, path):
    """Writes the page and, beside it, its charts."""
    folder = os.path.dirname(path) or "."
    stem = re.sub(r"\.md$", "", os.path.basename(path))
    document = "\n".join(map(wrapped, Page(measured, folder, stem).lines())).rstrip() + "\n"
    with open(path, "w", encoding="utf-8") as file:
        file.write(document)
