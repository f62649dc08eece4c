# SPDX-License-Identifier: MIT
"""Line charts as SVG, with nothing but the standard library."""
import math
from html import escape

# Colours that people with any kind of colour vision tell apart (Okabe and Ito), then darker ones.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7b3294", "#e69f00", "#56b4e9", "#6b6b00", "#a50026", "#00441b",
           "#8c510a", "#4d4d4d")
# What is in several charts has the same colour in all of them.
COLOURS = {"csr": 0, "panel": 1, "bitmap": 2, "tiled_sell": 3, "Eigen sparse": 5, "oneDNN sparse": 6, "libxsmm": 7, "XNNPACK": 8,
           "librsb": 9, "best dense peer": 11, "best sparse peer": 6}
STYLE = ("text{font:11px sans-serif;fill:#222}.title{font-weight:bold;font-size:12px}.axis{stroke:#444;stroke-width:1;fill:none}"
         ".grid{stroke:#ddd;stroke-width:.6}.line{fill:none;stroke-width:1.8}.rule{stroke:#000;stroke-width:1.3;stroke-dasharray:6 3}"
         ".end{text-anchor:end}.middle{text-anchor:middle}.over{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}")
PAGE = 860  # pixels of a page of text: a wider chart is shrunk until nobody can read it


class Scale:
    """From values to pixels, linear or logarithmic."""

    def __init__(self, low, high, first, last, log):
        if log:
            low, high = math.log(low), math.log(high)
        if high == low:
            low, high = low - 0.5, high + 0.5
        self.low, self.high, self.first, self.last, self.log = low, high, first, last, log

    def __call__(self, value):
        at = math.log(value) if self.log else value
        return self.first + (at - self.low) / (self.high - self.low) * (self.last - self.first)


def steps(low, high, log):
    """Round values from low to high: 1, 2, 5 times powers of ten, or a linear handful."""
    if log:
        exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        few = high / low < 2000
        found = [m * 10.0 ** e for e in exponents for m in ((1, 2, 5) if few else (1,))]
        return [v for v in found if low * 0.999 <= v <= high * 1.001]
    rough = (high - low) / 5 or 1
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(m * unit for m in (1, 2, 5, 10) if m * unit >= rough)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def written(value):
    return f"{value / 1000:g}k" if value >= 10000 else f"{value:g}" if value >= 1000 else f"{value:.3g}"


def colours_of(names):
    """The colour that a name always has, or one of those that are left."""
    used = {COLOURS[n] for n in names if n in COLOURS}
    free = [i for i in range(len(PALETTE)) if i not in used] or [0]
    others = [n for n in names if n not in COLOURS]
    return {n: PALETTE[COLOURS[n] if n in COLOURS else free[others.index(n) % len(free)]] for n in names}


class Panel:
    """One system of axes. Series are (name, points, style) where style is "line", "dashed" or "dots"."""

    def __init__(self, title, x_label, series, x_log=False, y_log=True, x_ticks=None, x_text=None, rules=(), roofs=()):
        self.title, self.x_label, self.series = title, x_label, [s for s in series if s[1]]
        self.x_log, self.y_log, self.x_ticks, self.x_text = x_log, y_log, x_ticks, x_text
        self.rules, self.roofs = rules, roofs  # (y, text); (text, [(x, y), ...])

    def extent(self, axis):
        points = [p[axis] for _, points, _ in self.series for p in points]
        points += [p[axis] for _, line in self.roofs for p in line]
        if axis == 1:
            points += [y for y, _ in self.rules]
        if axis == 0 and self.x_ticks:
            points += [min(self.x_ticks), max(self.x_ticks)]
        return (min(points), max(points)) if points else (1, 2)


def draw(panels, y_label, path, width=None, columns=3):
    """Panels in rows of at most `columns`, all with the same axes, as wide as a page of text; a legend in the place of the next
    panel, or at the right where the last row is full. Nothing is written without a point."""
    panels = [p for p in panels if p.series]
    if not panels:
        return False
    left, top, bottom, gap = 56, 30, 44, 22
    low = min(p.extent(1)[0] for p in panels)
    high = max(p.extent(1)[1] for p in panels)
    if panels[0].y_log:
        low, high = low / 1.15, high * (1.4 if panels[0].roofs else 1.15)
    else:
        low, high = min(low, 0), high * 1.05
    names = list(dict.fromkeys(name for p in panels for name, _, _ in p.series))
    colours = colours_of(names)
    legend = 42 + 7 * max(len(n) for n in names)
    columns = 2 if len(panels) == 3 else min(columns, len(panels))
    beside = len(panels) % columns == 0
    width = width or (PAGE - left - (legend if beside else 0)) // columns - gap
    height = 250 if columns > 1 else 320
    rows = -(-len(panels) // columns)
    total = left + columns * (width + gap) + (legend if beside else 0)
    tall = max(rows * (top + height + bottom), top + 10 + 17 * len(names))
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{tall}" viewBox="0 0 {total} {tall}"'
           f' role="img"><title>{escape(y_label)}</title><style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>']

    def place(index):
        return left + index % columns * (width + gap), index // columns * (top + height + bottom) + top

    for index, panel in enumerate(panels):
        x0, y0 = place(index)
        y = Scale(low, high, y0 + height, y0, panels[0].y_log)
        out += draw_panel(panel, x0, width, y0, height, y, low, high, colours, index % columns == 0)
        if index % columns == 0:
            out.append(f'<text class="middle" transform="translate(14 {y0 + height / 2}) rotate(-90)">{escape(y_label)}</text>')
    x, y0 = (left + columns * (width + gap), top) if beside else place(len(panels))
    styles = {name: style for p in panels for name, _, style in p.series}
    for i, name in enumerate(names):
        at = y0 + 8 + 17 * i
        out.append(mark(styles[name], colours[name], [(x, at), (x + 11, at), (x + 22, at)]))
        out.append(f'<text x="{x + 28}" y="{at + 4}">{escape(name)}</text>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n</svg>\n")
    return True


def mark(style, colour, points):
    """A line through points, dashed or not, or the points alone."""
    shapes = []
    if style != "dots" and len(points) > 1:
        dash = ' stroke-dasharray="3 3"' if style == "dashed" else ""
        shapes.append(f'<polyline class="line" stroke="{colour}"{dash} points="' +
                      " ".join(f"{a:.1f},{b:.1f}" for a, b in points) + '"/>')
    radius = 2.2 if style == "dots" else 2.6
    faint = ' fill-opacity=".6"' if style == "dots" else ""
    shapes += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{radius}" fill="{colour}"{faint}/>' for a, b in points]
    return "".join(shapes)


def draw_panel(panel, x0, width, top, height, y, low, high, colours, first):
    x_low, x_high = panel.extent(0)
    x = Scale(x_low, x_high, x0 + 12, x0 + width - 12, panel.x_log)
    out = [f'<text class="title" x="{x0 + 4}" y="{top - 10}">{escape(panel.title)}</text>']
    for value in steps(low, high, panel.y_log):
        out.append(f'<line class="grid" x1="{x0}" x2="{x0 + width}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        if first:
            out.append(f'<text class="end" x="{x0 - 6}" y="{y(value) + 4:.1f}">{written(value)}</text>')
    for value in panel.x_ticks or steps(x_low, x_high, panel.x_log):
        text = panel.x_text(value) if panel.x_text else written(value)
        out.append(f'<line class="grid" x1="{x(value):.1f}" x2="{x(value):.1f}" y1="{top}" y2="{top + height}"/>')
        out.append(f'<text class="middle" x="{x(value):.1f}" y="{top + height + 15}">{escape(text)}</text>')
    out.append(f'<rect class="axis" x="{x0}" y="{top}" width="{width}" height="{height}"/>')
    out.append(f'<text class="middle" x="{x0 + width / 2}" y="{top + height + 33}">{escape(panel.x_label)}</text>')
    for value, _ in panel.rules:
        out.append(f'<line class="rule" x1="{x0}" x2="{x0 + width}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
    for text, line in panel.roofs:
        points = [(x(a), y(b)) for a, b in line]
        out.append('<polyline class="axis" points="' + " ".join(f"{a:.1f},{b:.1f}" for a, b in points) + '"/>')
    for name, points, style in panel.series:
        out.append(mark(style, colours[name], [(x(a), y(b)) for a, b in points]))
    for value, text in panel.rules:
        out.append(f'<text class="end over" x="{x0 + width - 5}" y="{y(value) + 13:.1f}">{escape(text)}</text>')
    for text, line in panel.roofs:
        out.append(f'<text class="over" x="{x(line[0][0]) + 4:.1f}" y="{y(line[0][1]) - 5:.1f}">{escape(text)}</text>')
    return out
