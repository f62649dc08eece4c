# SPDX-License-Identifier: MIT
"""What copying X and writing Y take of products with panels: fractions of the peak, geometric means over layers."""
from .data import geomean
from .markdown import percent, table

NAMES = ("product", "X packed", "Y kept", "both")


def lines(measured):
    rows = []
    for n in measured.tokens("movement"):
        for band in sorted({r.band for r in measured.runs("movement", "product", n)}):
            runs = {name: measured.runs("movement", name, n, band) for name in NAMES}
            rows.append([f"{n}", f"{band:g}", *(percent(geomean(r.of_peak for r in runs[name])) for name in NAMES)])
    yield from table(("tokens", "sparsity", *NAMES), rows)
