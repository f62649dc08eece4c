# SPDX-License-Identifier: MIT
"""What compare wrote, and the sums over it."""
import json
import math
from collections import defaultdict

BANDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
ONEDNN = ("oneDNN", "oneDNN packed")


def geomean(values):
    values = [v for v in values if v and v > 0]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def median(values):
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def band_of(sparsity):
    """The nearest of BANDS by what is kept: a layer of 0.68 counts as 0.7."""
    kept = max(1 - sparsity, 1e-3)
    return min(BANDS, key=lambda b: abs(math.log((1 - b) / kept)))


class Run:
    """One contestant of one case."""

    def __init__(self, entry, case):
        self.case = case
        self.name, self.role, self.kernel = entry["name"], entry["role"], entry["kernel"]
        self.seconds, self.rounds = entry["seconds"], entry["rounds"]
        self.sparsity, self.useful = entry["sparsity"], entry["useful"]
        self.weight_bytes, self.bytes = entry["weight_bytes"], entry["weight_bytes"] + entry["other_bytes"]
        self.gflops, self.of_peak, self.of_limit = entry.get("gflops"), entry.get("of_peak"), entry.get("of_limit")
        self.x_dense, self.x_sparse = entry.get("x_dense"), entry.get("x_sparse")

    @property
    def format(self):
        """The name without a sparsity: "bsr 4x1" of "bsr 4x1 0.8"."""
        head, _, tail = self.name.rpartition(" ")
        try:
            float(tail)
            return head
        except ValueError:
            return self.name

    @property
    def band(self):
        return band_of(self.sparsity)

    @property
    def x_read(self):
        """Times faster than a loop that only reads dense weights of the same type, if one ran beside it."""
        read = self.case.named("read")
        return self.times_faster_than(read) * (0.5 if "bf16" in self.name else 1) if read else None

    @property
    def of_read(self):
        """The fraction of the rate at which that loop reads."""
        read = self.case.named("read")
        return self.times_faster_than(read) * self.weight_bytes / read.weight_bytes if read else None

    def times_faster_than(self, other):
        """The median over rounds of the other's time divided by this one's; NaN if none took time that the clock counts."""
        ratios = [b / a for a, b in zip(self.rounds, other.rounds) if a]
        return median(ratios) if ratios else math.nan


class Case:
    def __init__(self, entry):
        self.part, self.layer = entry["part"], entry["layer"]
        self.rows, self.cols, self.tokens, self.threads = (entry[k] for k in ("rows", "cols", "tokens", "threads"))
        self.sparsity, self.cold, self.peak = entry["sparsity"], entry["cold"], entry["peak"]
        self.loads = entry.get("loads")  # bytes a second from L1
        self.runs = [Run(r, self) for r in entry["runs"]]

    @property
    def band(self):
        return band_of(self.sparsity)

    def named(self, name):
        return next((r for r in self.runs if r.name == name), None)

    def threads_gain(self, of=""):
        """How much faster two threads are than one: the product, or what `of` is the beginning of the names of."""
        two, one = self.named(of + "2 threads"), self.named(of + "1 thread")
        return two.times_faster_than(one) if two and one else None

    def best(self, names=None, role=None):
        """The fastest of some names or of a role."""
        found = [r for r in self.runs if (names is None or r.name in names) and (role is None or r.role == role)]
        return min(found, key=lambda r: r.seconds, default=None)


class Measured:
    """All cases that one build of compare wrote. `others` holds what builds for other instruction sets did, by the name of the set."""

    def __init__(self, documents):
        self.context = max(documents, key=lambda d: len(d["cases"]))["context"]
        self.limits, self.failures, self.cases, self.others = {}, [], [], {}
        for document in documents:
            self.limits.update({l["name"]: l for l in document["limits"]})
            self.failures += document["failures"]
            self.cases += [Case(c) for c in document["cases"]]

    @property
    def set(self):
        """The name of the instruction set."""
        return self.context.get("instruction set", "")

    def of(self, part, tokens=None, cold=False):
        return [c for c in self.cases if c.part == part and c.cold == cold and tokens in (None, c.tokens)]

    def tokens(self, part, cold=False):
        return sorted({c.tokens for c in self.of(part, cold=cold)})

    def bands(self, part):
        return sorted({c.band for c in self.of(part)})

    def names(self, part, role):
        """In the order in which they first appear."""
        return list(dict.fromkeys(r.format for c in self.of(part) for r in c.runs if r.role == role))

    def runs(self, part, name, tokens, band=None, cold=False):
        """Those of one format or peer, in all layers of a band. Peers of dense weights have the band of the layer."""
        found = []
        for c in self.of(part, tokens, cold):
            for r in c.runs:
                if r.format == name and band in (None, r.band if r.role == "format" else c.band):
                    found.append(r)
        return found

    def best_of(self, part, names, tokens, band, cold=False):
        """For each layer the fastest of some formats."""
        found = []
        for c in self.of(part, tokens, cold):
            best = c.best(names=names)
            if best and c.band == band:
                found.append(best)
        return found


def read(paths):
    """What was measured by the build that wrote the most cases, with the others beside it."""
    documents = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            documents.append(json.load(file))
    builds = grouped(documents, lambda d: d["context"].get("instruction set", ""))
    every = sorted((Measured(of) for of in builds.values()), key=lambda m: -len(m.cases))
    main = every[0]
    main.others = {m.set: m for m in every[1:]}
    for other in every[1:]:
        main.failures += other.failures
    return main


def grouped(items, key):
    groups = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(sorted(groups.items()))
