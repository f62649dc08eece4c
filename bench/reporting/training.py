# SPDX-License-Identifier: MIT
"""The products of training: forward, gradient of the input, gradient of the weights."""
from .data import geomean, grouped
from .markdown import at_tokens, percent, table, text

PRODUCTS = {"forward": "Forward, Y = W X", "input gradient": "Input gradient, dX = Wᵀ dY",
            "weight gradient": "Weight gradient, the slots of dW = dY Xᵀ"}


class Training:
    def __init__(self, measured):
        self.m = measured

    def cases(self, product):
        return [c for c in self.m.cases if c.part == "training/" + product]

    @staticmethod
    def plain(run):
        """The name of a format without the order of its activations."""
        return run.name.removesuffix(", tokens")

    def gains(self, cases, name):
        """Of each case, times faster than the best dense product in the better order, and the case."""
        found = []
        for c in cases:
            runs = [r for r in c.runs if r.role == "format" and self.plain(r) == name and r.x_dense]
            if runs:
                found.append((max(r.x_dense for r in runs), c))
        return found

    @staticmethod
    def cell(cases, name):
        """Over dense by rows / as tokens x features, and the share of the peak that the better of both reaches."""
        orders = [[r for c in cases if (r := c.named(name + order))] for order in ("", ", tokens")]
        means = [(geomean(r.x_dense for r in runs), geomean(r.of_peak for r in runs)) for runs in orders if runs]
        means = [(x, p) for x, p in means if x]
        if not means:
            return ""
        cell = " / ".join(text(x) for x, _ in means)
        best = max((p for _, p in means if p), default=None)
        return (f"**{cell}**" if max(x for x, _ in means) < 1 else cell) + (f" ({percent(best)})" if best else "")

    def lines(self):
        every = [c for product in PRODUCTS for c in self.cases(product)]
        if not every:
            return
        layers = ", ".join(sorted({c.layer for c in every}))
        yield "## Training: forward, input gradient, weight gradient\n"
        yield (f"What a layer multiplies while it is trained: `spmm`, `spmm` with `transposed(W)`, and `sddmm`, in float, beside the best "
               f"dense product of the same size, whose operands are transposed beforehand where it likes them so; geometric means over "
               f"layers of {layers}. How many times faster: activations by rows / as tokens x features (`linear`); in brackets the "
               "fraction of the peak of multiply-adds that the better of both reaches, zeros counting as nothing. **Bold**: slower than "
               "dense.\n")
        for product, title in PRODUCTS.items():
            yield from self.product(title, self.cases(product))
        yield from self.losses(every)

    def product(self, title, cases):
        sparsities = sorted({c.sparsity for c in cases})
        lines = []
        for n, of in grouped(cases, lambda c: c.tokens).items():
            for name in dict.fromkeys(self.plain(r) for c in of for r in c.runs if r.role == "format"):
                cells = [self.cell([c for c in of if c.sparsity == s], name) for s in sparsities]
                lines.append([f"{name}, {at_tokens(n)}", *cells])
            dense = [percent(geomean(b.of_peak for c in of if c.sparsity == s and (b := c.best(role="dense")))) for s in sparsities]
            lines.append([f"*best dense*, {at_tokens(n)}", *dense])
        yield from table([title, *(f"{s:g}" for s in sparsities)], lines)

    def losses(self, every):
        """Which of them a dense product is faster than, layer by layer."""
        lines = []
        for (product, n), cases in grouped(every, lambda c: (c.part.partition("/")[2], c.tokens)).items():
            for name in dict.fromkeys(self.plain(r) for c in cases for r in c.runs if r.role == "format"):
                lost = [(x, c) for x, c in self.gains(cases, name) if x < 1]
                if lost:
                    worst, case = min(lost, key=lambda l: l[0])
                    lines.append((product, str(n), name, f"{max(c.sparsity for _, c in lost):g}",
                                  f"{text(worst)} ({case.layer}, {case.sparsity:g})"))
        if lines:
            yield "Slower than dense in both orders, on any of these layers: up to which sparsity, and in the better order at worst.\n"
            yield from table(("product", "tokens", "format", "up to", "x dense"), lines)
        else:
            yield "Nothing here is slower than dense.\n"
