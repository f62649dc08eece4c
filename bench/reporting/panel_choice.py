# SPDX-License-Identifier: MIT
"""docs/panel_choice.md and the like: what pack chooses for panels, beside all fixed choices."""
import os

from .data import geomean
from .markdown import percent, table, text

HEAD = """# Strip height and tile of panels

`pack<panel>` chooses how many rows step together and how many columns make a tile, from the density, the rows and
`tokens`. Here is its choice beside twelve fixed ones, written HEIGHTxTILE, on every layer at hand. Written by
`bench/report.py`: do not edit. [Benchmarks](benchmarks.md) explains the words.

```sh
cmake --preset bench && cmake --build --preset bench --target compare
./build/bench/bench/compare --part=panel --dlmc=DLMC --tokens=32,128,256,512 --out=panel.json
python3 bench/report.py panel.json --panel --output docs/{name}
```
"""


def gain(case, name):
    """How many times faster a choice is than pack's."""
    return case.named(name).times_faster_than(case.named("pack"))


def summary(measured, names):
    counts = measured.tokens("panel")
    lines = []
    for name in names:
        lines.append([name] + [text(geomean([gain(c, name) for c in measured.of("panel", n)])) for n in counts])
    best = [text(geomean([max(gain(c, name) for name in names) for c in measured.of("panel", n)])) for n in counts]
    fixed = [text(max(geomean([gain(c, name) for c in measured.of("panel", n)]) for name in names)) for n in counts]
    lines += [["**best of these for all layers**"] + fixed, ["**best of these for each layer**"] + best]
    return table(["times faster than pack's choice"] + [f"{n} tokens" for n in counts], lines)


def layers(measured, names, n):
    lines = []
    for c in sorted(measured.of("panel", n), key=lambda c: (c.rows, c.cols, c.sparsity)):
        best = max(names, key=lambda name: gain(c, name))
        chosen = c.named("pack")
        lines.append([f"{c.rows}x{c.cols}", text(c.sparsity), chosen.kernel, percent(chosen.of_peak), best,
                      text(gain(c, best))])
    head = ["layer", "sparsity", "pack's choice", "of the peak", "best fixed", "times faster"]
    yield from [f"## {n} tokens", "", *table(head, lines)]


def write(measured, path):
    names = [name for name in measured.names("panel", "format") if name != "pack"]
    context = measured.context
    page = [HEAD.format(name=os.path.basename(path)), f"* {context['processor']}, {context['system']}, {context['compiler']}",
            f"* instruction set of lacuna: {context['instruction set']}",
            f"* one thread; {context['rounds']} rounds in which every choice runs in turn, on the same X and Y; ratios are medians",
            "  over rounds. The same choice measured twice differs by some percent, so the best of twelve is flattered.", "", "## Geometric means", "", *summary(measured, names)]
    for n in measured.tokens("panel"):
        page += layers(measured, names, n)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(page).rstrip() + "\n")
