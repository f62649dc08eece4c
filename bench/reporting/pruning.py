# SPDX-License-Identifier: MIT
"""The table of docs/pruning.md: what pruning, packing and reconstruction cost beside what they can't do without."""
import re

from . import benchmarks
from .markdown import percent, table, text

BEGIN, END = "<!-- speed: bench/report.py --pruning -->", "<!-- end of speed -->"


class Figures:
    """Medians by the name of a benchmark; the shape is the last part of it."""

    def __init__(self, rows):
        self.rows = {"/".join(row.parts): row for row in rows}
        self.sizes = sorted({int(name.rpartition("x")[2]) for name in self.rows if name.startswith("prune/")})
        self.formats = sorted({row.parts[1] for row in rows if row.verb == "pack"})

    def find(self, prefix, cols):
        """The row of that name, of the layer of so many inputs."""
        pattern = re.compile(re.escape(prefix) + rf"/(\d+x)?{cols}(/.*)?$")
        return next((row for name, row in self.rows.items() if pattern.match(name)), None)

    def times(self, name, other, cols):
        a, b = self.find(name, cols), self.find(other, cols)
        return a.seconds / b.seconds if a and b else None

    def rate(self, name, other, cols):
        a, b = self.find(name, cols), self.find(other, cols)
        return a["FLOP/s"] / b["FLOP/s"] if a and b else None

    def of_stream(self, name, cols):
        row = self.find(name, cols)
        return 1 / row["of stream"] if row else None


def lines(figures):
    """What, at most or at least, and a cell for each size."""
    def line(what, goal, show, value):
        return [what, goal] + [show(value(cols)) for cols in figures.sizes]

    def times(value):
        return text(value, 2)

    def milliseconds(name):
        def value(cols):
            row = figures.find(name, cols)
            return row.seconds * 1e3 if row else None
        return value

    def time(value):
        return "" if value is None else text(value, 1 if value < 100 else 0)

    yield line("Wanda, 80 % of each row, ms", "", time, milliseconds("prune/wanda/per_row/f32"))
    yield line("... of `std::nth_element` over all rows", "at most 4", times,
               lambda cols: figures.times("prune/wanda/per_row/f32", "prune/nth_element/f32", cols))
    yield line("magnitude 2:4, times of the stream", "at most 3", times,
               lambda cols: figures.of_stream("prune/magnitude/2:4/f32", cols))
    yield line("Wanda 2:4, times of the stream", "at most 3", times,
               lambda cols: figures.of_stream("prune/wanda/2:4/f32", cols))
    for name in figures.formats:
        yield line(f"pack to {name.replace('_', ' ')}, times of the stream", "at most 5", times,
                   lambda cols, name=name: figures.of_stream(f"pack/{name}/f32", cols))
    for kind, words in (("f32", "float"), ("f64", "double")):
        yield line(f"Gram in {words}, of the rate of `rankUpdate`", "at least 70 %", percent,
                   lambda cols, kind=kind: figures.rate(f"reconstruct/gram/{kind}", f"reconstruct/rankUpdate/{kind}", cols))
    for name, words in (("per_row", "half of each row"), ("2:4", "2:4")):
        yield line(f"SparseGPT's sweep, {words}, ms", "", time, milliseconds(f"reconstruct/sweep/{name}/f32"))
        yield line("... of the rate of its products by Eigen", "at least 50 %", percent,
                   lambda cols, name=name: figures.rate(f"reconstruct/sweep/{name}/f32", "reconstruct/lazy_products/f32", cols))
    yield line("the diagonal of the inverse, ms", "", time, milliseconds("reconstruct/inverse_diagonal/f64"))
    yield line("least squares for 16 outputs, half kept, ms", "", time, milliseconds("reconstruct/refit/f32"))


def write(paths, page):
    """Prints the table, or puts it into the page between the two marks."""
    rows, _, failures = benchmarks.read(paths)
    figures = Figures(rows)
    head = ["inputs, and as many outputs", "goal"] + [str(cols) for cols in figures.sizes]
    found = [cells for cells in lines(figures) if any(cells[2:])]
    body = "\n".join(table(head, found)).rstrip()
    if not page:
        print(body)
    else:
        with open(page, encoding="utf-8") as file:
            whole = file.read()
        before, after = whole.split(BEGIN)[0], whole.split(END)[1]
        with open(page, "w", encoding="utf-8") as file:
            file.write(f"{before}{BEGIN}\n{body}\n{END}{after}")
    return 1 if failures else 0
