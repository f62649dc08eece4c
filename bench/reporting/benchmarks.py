# SPDX-License-Identifier: MIT
"""Tables and a plot from the JSON of bench, which is Google Benchmark's."""
import json
import math
import re
import sys
from collections import defaultdict

from .charts import Panel, draw
from .data import geomean
from .markdown import table, text

PRODUCTS = ("spmm", "spmv")


class Row:
    """One benchmark, its repetitions summed up by their median."""

    def __init__(self, entry):
        name = re.sub(r"/real_time$", "", entry.get("run_name", entry["name"]))
        self.wall = name != entry.get("run_name", entry["name"])
        self.parts = name.split("/")
        self.verb = self.parts[0]
        scale = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}[entry["time_unit"]]
        self.seconds = scale * entry["real_time" if self.wall else "cpu_time"]
        self.entry = entry

    def __getitem__(self, counter):
        return self.entry.get(counter)

    @property
    def format(self):
        return self.parts[1].replace("_", " ")

    @property
    def type(self):
        return self.parts[2]

    @property
    def layer(self):
        """What stands between the type and the count of tokens: a shape with or without a sparsity, or a file."""
        end = next(i for i, part in enumerate(self.parts) if part.startswith("n:"))
        return "/".join(self.parts[3:end])

    @property
    def temperature(self):
        return self.parts[-1] if self.parts[-1] in ("warm", "cold") else ""

    @property
    def case(self):
        """The verb, the tokens, and whether caches were warm."""
        tokens = int(self["tokens"])
        return f"{self.verb}, {tokens} token{'' if tokens == 1 else 's'}" + (
            f", {self.temperature}" if self.temperature else "")


def read(paths):
    """The medians where there are repetitions, else the single runs; the context of the first file; what failed."""
    rows, context, failures = [], None, []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        context = context or document["context"]
        for entry in document["benchmarks"]:
            if entry.get("error_occurred"):
                failures.append((entry["name"], entry.get("error_message", "")))
            elif entry["run_type"] == "aggregate" and entry["aggregate_name"] == "median":
                rows.append(Row(entry))
            elif entry["run_type"] == "iteration" and entry.get("repetitions", 1) <= 1:
                rows.append(Row(entry))
    return rows, context, sorted(set(failures))


def set_beside_dense(rows):
    """Gives each product `times_dense`: how many times faster it is than the fastest dense product, which is f32, of
    the same layer and tokens; None where none was run."""
    best = {}
    for row in rows:
        if row.verb == "dense":
            key = (row.layer, row["tokens"], row.temperature)
            best[key] = min(best.get(key, math.inf), row.seconds)
    for row in rows:
        if row.verb in PRODUCTS:
            shape = re.sub(r"/[0-9.]+$", "", row.layer) if re.match(r"\d+x\d+/", row.layer) else row.layer
            dense = best.get((shape, row["tokens"], row.temperature))
            row.times_dense = dense / row.seconds if dense else None


def machine(context):
    facts = {k: v for k, v in context.items() if isinstance(v, str)}
    facts["load average"] = ", ".join(f"{x:.2f}" for x in context.get("load_avg", []))
    for key in ("isa", "lacuna threads", "bound to processor", "OpenBLAS kernels", "date", "load average"):
        if facts.get(key):
            yield f"* {key}: {facts[key]}"
    yield ""
    load = context.get("load_avg", [])
    if load and load[0] > 1.5:
        yield "**Others were at work on this machine: the figures are noise.**"
        yield ""


def limits(rows):
    chosen = sorted((r for r in rows if r.verb == "limits"), key=lambda r: r.parts)
    if chosen:
        yield "## Limits of one core\n"
        yield from table(("limit", "rate"), (
            ("/".join(r.parts[1:]), text(r["FLOP/s"], 1, 1e9) + " G operations/s" if r["FLOP/s"] else
             text(r["B/s"], 1, 1e9) + f" GB/s ({r['bytes'] / 1024:.0f} KiB)") for r in chosen))


def by_case(rows):
    cases = defaultdict(list)
    for row in rows:
        cases[(row["tokens"], row.case)].append(row)
    return [(case, cases[(tokens, case)]) for tokens, case in sorted(cases)]


def product_line(name, group):
    """One line of a table: the geometric means over a group of rows."""
    ratios = [r.times_dense for r in group if r.times_dense]
    return (name, f"{geomean(max(1 - r['sparsity'], 1e-9) for r in group):.3f}", text(geomean(r.seconds for r in group), 4, 1e-3),
            text(geomean(r["FLOP/s"] for r in group), 1, 1e9), text(geomean(r["dense FLOP/s"] for r in group), 1, 1e9),
            text(geomean(ratios)), text(min(ratios), 2) if ratios else "", text(geomean(r["B/weight"] for r in group), 3),
            text(100 * geomean(r["of limit"] for r in group), 0) + " %", str(len(group)))


def products(rows):
    for case, group in by_case([r for r in rows if r.verb in PRODUCTS]):
        yield f"## {case}\n"
        kinds = defaultdict(list)
        for row in group:
            kinds[(row.type != "f32", row.type, round(row["sparsity"], 2), row.format)].append(row)
        yield from table(("format", "density", "ms", "GFLOP/s", "dense-equivalent", "x dense", "worst x", "bytes/weight",
                          "of limit", "layers"),
                         (product_line(f"{key[3]}, {key[1]}", kinds[key]) for key in sorted(kinds)))
    for case, group in by_case([r for r in rows if r.verb == "dense"]):
        yield f"## {case}\n"
        kinds = defaultdict(list)
        for row in group:
            kinds[row.format].append(row)
        yield from table(("library", "ms", "GFLOP/s", "of limit", "layers"), (
            (name, text(geomean(r.seconds for r in of), 4, 1e-3), text(geomean(r["FLOP/s"] for r in of), 1, 1e9),
             text(100 * geomean(r["of limit"] for r in of), 0) + " %", str(len(of))) for name, of in sorted(kinds.items())))


def slower(rows):
    """The plain list of where sparse loses."""
    lost = sorted((r.case, r.format, round(r["sparsity"], 2), r.times_dense) for r in rows
                  if r.verb in PRODUCTS and r.type == "f32" and r.times_dense and r.times_dense < 1)
    if lost:
        yield "## Slower than dense\n"
        groups = defaultdict(list)
        for case, name, sparsity, ratio in lost:
            groups[(case, name)].append((sparsity, ratio))
        yield from table(("case", "format", "at sparsity", "worst x dense"), (
            (case, name, ", ".join(f"{s:.2f}" for s in sorted({s for s, _ in of})), text(min(x for _, x in of)))
            for (case, name), of in sorted(groups.items())))


def others(rows):
    for verb in ("prune", "pack", "to_dense", "attend"):
        chosen = [r for r in rows if r.verb == verb]
        if chosen and verb == "attend":
            yield "## attend\n"
            yield from table(("pattern", "ms", "GFLOP/s", "dense-equivalent", "of limit"), (
                ("/".join(r.parts[1:]), text(r.seconds, 3, 1e-3), text(r["FLOP/s"], 1, 1e9),
                 text(r["dense FLOP/s"], 1, 1e9), text(100 * r["of limit"], 0) + " %") for r in chosen))
        elif chosen:
            yield f"## {verb}\n"
            yield from table(("what", "ms", "M weights/s", "GB/s"), (
                ("/".join(r.parts[1:]).replace("_", " "), text(r.seconds, 3, 1e-3), text(r["weights/s"], 0, 1e6),
                 text(r["B/s"], 2, 1e9)) for r in chosen))


def plot(rows, path):
    """One panel for each case, one line for each format; a format with a single sparsity is a dot."""
    cases = by_case([r for r in rows if r.verb in PRODUCTS and r.type == "f32" and r.times_dense])
    names = sorted({r.format for _, group in cases for r in group})
    panels = []
    for case, group in cases:
        points = defaultdict(lambda: defaultdict(list))
        for row in group:
            points[row.format][round(row["sparsity"], 2)].append(row.times_dense)
        series = [(name, [(s, geomean(v)) for s, v in sorted(points[name].items())], "line") for name in names]
        panels.append(Panel(case, "sparsity", series, rules=[(1, "best dense product")]))
    if not draw(panels, "times faster than the best dense product", path):
        print("report: no plot, because there are no products beside dense ones", file=sys.stderr)


def report(arguments):
    """Writes what the arguments of report.py ask for; 1 if a benchmark failed."""
    rows, context, failures = read(arguments.json)
    set_beside_dense(rows)
    lines = [*machine(context), *limits(rows), *products(rows), *slower(rows), *others(rows)]
    if failures:
        lines += ["## Failed\n", *(f"* {name}: {message}" for name, message in failures)]
    document = "\n".join(lines).rstrip() + "\n"
    if arguments.output:
        with open(arguments.output, "w", encoding="utf-8") as file:
            file.write(document)
    else:
        print(document, end="")
    if arguments.plot:
        plot(rows, arguments.plot)
    return 1 if failures else 0
