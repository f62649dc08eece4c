# SPDX-License-Identifier: MIT
"""What compare measured of attention: tables, charts, goals."""
import math

from .charts import Panel
from .markdown import percent, table, text

PREFILL, LENGTHS, DECODE = "attention", "attention-lengths", "decode"
KINDS = {"64x64": "blocks of 64 queries x 64 keys", "32x16": "blocks of 32 queries x 16 keys", "keys": "single keys, shared by 64 queries"}


def planned(case, kind):
    """(density, run) of the plans of one kind."""
    return [(float(r.name.split(" ")[1]), r) for r in case.runs if r.name.split(" ")[0] == kind and r.name.count(" ") == 1]


def bandwidth(run):
    return run.bytes / run.seconds if run.seconds else math.nan


class Attention:
    def __init__(self, measured):
        self.m = measured
        self.prefill = sorted(measured.of(PREFILL), key=lambda c: (c.cols, c.rows))
        self.lengths = sorted(measured.of(LENGTHS), key=lambda c: c.rows)
        self.decode = sorted(measured.of(DECODE), key=lambda c: c.rows)

    def lines(self, chart):
        """Markdown; chart(name, title, panels, y_label) yields the reference to a chart."""
        if self.prefill:
            yield "## Attention, all queries at once\n"
            yield ("One head in float, as many queries as keys. Rates count four operations for each number of a head and each pair of "
                   "query and key that meet, in brackets the fraction of the peak of multiply-adds; and how many times faster than "
                   "`all` it is. Plans are drawn at random; the number is their density. OpenBLAS computes all pairs, 256 queries "
                   "at a time, with a softmax by Eigen in between.\n")
            yield from table(["GFLOP/s", *(c.layer for c in self.prefill)], self.prefill_lines())
            yield from chart("attention_density", "Speed-up against density", [
                Panel(c.layer, "density", self.density_series(c), x_log=True, y_log=True) for c in self.prefill],
                "times faster than all pairs")
        if self.lengths:
            names = list(dict.fromkeys(r.name for c in self.lengths for r in c.runs))
            yield "### How the time grows\n"
            yield "Milliseconds for one head of 128, as many queries as keys.\n"
            yield from table(["ms", *(c.layer.partition("x")[0] for c in self.lengths)], (
                [n, *(text(r.seconds * 1e3, 1) if (r := c.named(n)) else "" for c in self.lengths)] for n in names))
            yield from chart("attention_length", "Time against length", [
                Panel("one head of 128", "keys", [(n, [(c.rows, r.seconds * 1e3) for c in self.lengths if (r := c.named(n))], "line")
                                                  for n in names], x_log=True, y_log=True)], "milliseconds")
        if self.decode:
            names = list(dict.fromkeys(r.name for c in self.decode for r in c.runs))
            yield "## Attention, one query\n"
            yield ("32 heads of queries over 8 of keys and values, 128 wide. Gigabytes a second of the keys and values attended to, in "
                   "brackets the fraction of what reading them all takes (`stream`), and how many times faster than `all`.\n")
            yield from table(["GB/s", *(c.layer for c in self.decode)], (
                [n, *(self.decode_cell(c, n) for c in self.decode)] for n in names))

    def prefill_lines(self):
        names = list(dict.fromkeys(r.name for c in self.prefill for r in c.runs))
        for n in names:
            cells = []
            for c in self.prefill:
                r, every = c.named(n), c.named("all")
                cells.append(f"{text(r.gflops, 0)} ({percent(r.of_peak)}), {text(r.times_faster_than(every))}" if r and every else "")
            yield [n, *cells]

    def density_series(self, case):
        every = case.named("all")
        series = [("ideal", [(d, 1 / d) for d, _ in planned(case, "64x64")], "dashed")]
        for kind, words in KINDS.items():
            series.append((words, [(d, r.times_faster_than(every)) for d, r in planned(case, kind)], "line"))
        return series

    def decode_cell(self, case, name):
        r, every, stream = case.named(name), case.named("all"), case.named("stream")
        if not r:
            return ""
        if r is stream:
            return f"{bandwidth(r) * 1e-9:.1f}"
        return f"{bandwidth(r) * 1e-9:.1f} ({percent(bandwidth(r) / bandwidth(stream))}), {text(r.times_faster_than(every))}"


def add_goals(measured, add):
    """add(what, where, goal, value, unit, most) for each goal of attention."""
    a = Attention(measured)
    for c in a.prefill:
        every = c.named("all")
        if not every or c.rows < 4096:
            continue
        add("attention, all pairs, of FMA peak", c.layer, 82, 100 * every.of_peak, "%")
        if r := c.named("causal"):
            add("attention, time of causal beside all", c.layer, 0.53, r.seconds / every.seconds, most=True)
        if r := c.named("OpenBLAS + softmax"):
            add("attention over OpenBLAS + softmax", c.layer, 1.3, every.times_faster_than(r))
        for kind, share in (("64x64", 0.97), ("32x16", 0.9)):
            for d, r in planned(c, kind):
                add(f"attention, {kind} blocks, of 1 / density", f"{c.layer}, {d:g}", share, r.times_faster_than(every) * d)
        for d, r in planned(c, "keys"):
            if blocks := c.named(r.name.replace("keys", "64x64")):
                add("attention, time of single keys beside blocks", f"{c.layer}, {d:g}", 1.15, blocks.times_faster_than(r), most=True)
        for kind in ("bf16", "f16"):
            if r := c.named(f"all {kind}"):
                add(f"attention, rate of {kind} beside f32", c.layer, 0.95, r.times_faster_than(every))
        exact, none, most = (c.named(n) for n in ("exact, three quarters negligible", "skip_below 0", "skip_below 1e-6"))
        if exact and none and most:
            add("attention, skip_below 0 beside exact", c.layer, 0.98, none.times_faster_than(exact))
            add("attention, skip_below over exact", c.layer, 1.5, most.times_faster_than(exact))
    for c in a.decode:
        stream, every = c.named("stream"), c.named("all")
        for r in c.runs:
            if r.name == "all" or r.name.startswith(("pages", "keys")):
                add("decode, of stream bandwidth", f"{r.name}, {c.layer}", 85, 100 * bandwidth(r) / bandwidth(stream), "%")
        if every and (r := c.named("all bf16")):
            add("decode, bf16 over f32", c.layer, 1.9, r.times_faster_than(every))
        if (r := c.named("skip_below 1e-6")) and (exact := c.named("exact, three quarters negligible")):
            add("decode, skip_below over exact", c.layer, 1.5, r.times_faster_than(exact))
        if every and (r := c.named("Quest, 1/16")):
            add("decode, Quest over all", c.layer, 10, r.times_faster_than(every))
    for part in ("attention-threads", "decode-threads"):
        for c in measured.of(part):
            if (two := c.named("all, 2 threads")) and (one := c.named("all, 1 thread")):
                add(f"{part}, two over one", c.layer, 1.9, two.times_faster_than(one))
