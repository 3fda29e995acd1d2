"""Drives mbi 2.0.0, the engine of Private-PGM, under MST or AIM on a coded table.

The wheel has no mechanisms, so they stand here. MST after McKenna, Miklau and Sheldon (2021,
arXiv:2108.04978) and the script of mbi's repository: a third of rho each for one-way marginals, the
choice of a tree, and its pairs; values with fewer rows than three standard deviations are merged.
AIM after McKenna, Mullins, Sheldon and Miklau (2022, arXiv:2201.12677), algorithms 2 and 4, for the
workload of all pairs and triples; models of at most 80 MB, as there; rare values merged as for MST.
The accountant is zero-concentrated, with the conversion of Canonne, Kamath and Steinke (2020).
"""

import itertools
import math
from typing import Any

import jax

jax.config.update("jax_enable_compilation_cache", False)

import mbi  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mbi import estimation, junction_tree  # noqa: E402

from peers.codes import Settings, drive  # noqa: E402

ITERATIONS = {"first": 1000, "last": 5000}
RARE = 3.0
ROUNDS, MEASURED, LARGEST = 16, 0.9, 80.0  # a column; of rho for counts; megabytes of a model
Clique = tuple[str, ...]


def rho_of(epsilon: float, delta: float) -> float:
    """Largest rho whose optimal zero-concentrated conversion stays within (epsilon, delta)."""

    def log_delta(rho: float) -> float:
        alphas = 1 + np.exp(np.linspace(-5, 12, 20_000))
        moments = (alphas - 1) * (alphas * rho - epsilon) + alphas * np.log1p(-1 / alphas)
        return float((moments - np.log(alphas - 1)).min())

    low, high = 1e-9, epsilon + 1
    for _ in range(100):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if log_delta(middle) <= math.log(delta) else (low, middle)
    return low


class Merged:
    """Rare values of each column merged into one code, and given back evenly at the end."""

    def __init__(self, ones: dict[str, np.ndarray[Any, Any]], sigma: float) -> None:
        self.maps, self.sizes = {}, {}
        for name, counts in ones.items():
            kept = counts >= RARE * sigma
            codes = np.where(kept, np.cumsum(kept) - 1, kept.sum())
            self.maps[name], self.sizes[name] = codes, int(codes.max()) + 1

    def encode(self, table: pd.DataFrame) -> dict[str, np.ndarray[Any, Any]]:
        return {name: codes[table[name].to_numpy()] for name, codes in self.maps.items()}

    def decode(self, data: dict[str, Any], rng: np.random.Generator) -> pd.DataFrame:
        made = {}
        for name, codes in self.maps.items():
            column, values = np.asarray(data[name]), np.empty(len(data[name]), dtype=np.int64)
            for code in range(self.sizes[name]):
                rows = np.flatnonzero(column == code)
                values[rows] = rng.choice(np.flatnonzero(codes == code), len(rows))
            made[name] = values
        return pd.DataFrame(made)


def synthesise(table: pd.DataFrame, sizes: dict[str, int], settings: Settings) -> pd.DataFrame:
    """One-way marginals, more of them as the mechanism chooses, mirror descent, rounding."""
    rng = np.random.default_rng(settings["seed"])
    np.random.seed(settings["seed"])  # noqa: NPY002 - the peer draws from the global state
    rho, names = rho_of(settings["epsilon"], settings["delta"]), list(sizes)
    aim = settings["method"] == "aim"
    each = MEASURED * rho / (ROUNDS * len(names)) if aim else rho / (3 * len(names))
    first = math.sqrt(1 / (2 * each))
    ones = {
        n: np.bincount(table[n], minlength=sizes[n]) + rng.normal(0, first, sizes[n]) for n in names
    }
    merged = Merged(ones, first)
    domain = mbi.Domain.fromdict(merged.sizes)
    data = mbi.Dataset(merged.encode(table), domain)
    singles = [
        mbi.LinearMeasurement(np.bincount(merged.maps[n], weights=ones[n]), (n,), first)
        for n in names
    ]
    if aim:
        model = adapted(data, singles, rho, each * len(names), rng)
    else:
        model = spanned(data, singles, rho, rng)
    return merged.decode(model.synthetic_data(rows=len(table)).to_dict(), rng)


def spanned(data: mbi.Dataset, singles: list[Any], rho: float, rng: np.random.Generator) -> Any:
    """MST: a tree chosen edge by edge, and its pairs."""
    solver, names = estimation.MirrorDescent(), list(data.domain)
    model = solver.estimate(data.domain, singles, iters=ITERATIONS["first"])
    edges = chosen_tree(data, model, names, rho / 3, rng)
    last = math.sqrt(3 * len(edges) / (2 * rho))
    pairs = [measured(data, edge, last, rng) for edge in edges]
    return solver.estimate(data.domain, [*singles, *pairs], iters=ITERATIONS["last"])


def measured(data: mbi.Dataset, clique: Clique, sigma: float, rng: np.random.Generator) -> Any:
    counts = np.asarray(data.project(clique).datavector())
    return mbi.LinearMeasurement(counts + rng.normal(0, sigma, counts.size), clique, sigma)


def adapted(
    data: mbi.Dataset, singles: list[Any], rho: float, used: float, rng: np.random.Generator
) -> Any:
    """AIM: round by round the set that the model errs on most, while the budget lasts."""
    names, solver = list(data.domain), estimation.MirrorDescent()
    sets = [c for k in (1, 2, 3) for c in itertools.combinations(names, k)]
    workload = [set(c) for c in sets if len(c) > 1]
    weights = {c: float(sum(len(w & set(c)) for w in workload)) for c in sets}
    truth = {c: np.asarray(data.project(c).datavector()) for c in sets}
    rounds = ROUNDS * len(names)
    sigma = math.sqrt(rounds / (2 * MEASURED * rho))
    epsilon = math.sqrt(8 * (1 - MEASURED) * rho / rounds)
    found, told = list(singles), [m.clique for m in singles]
    model = solver.estimate(data.domain, found, iters=ITERATIONS["first"])
    last = False
    while not last:
        if rho - used < 2 * (1 / (2 * sigma**2) + epsilon**2 / 8):
            left, last = rho - used, True
            sigma = math.sqrt(1 / (2 * MEASURED * left))
            epsilon = math.sqrt(8 * (1 - MEASURED) * left)
        used += 1 / (2 * sigma**2) + epsilon**2 / 8
        room = LARGEST * used / rho
        open_sets = [
            c for c in sets if junction_tree.hypothetical_model_size(data.domain, [*told, c]) < room
        ]
        noise = {c: math.sqrt(2 / math.pi) * sigma * truth[c].size for c in open_sets}
        errors = {c: apart(truth[c], model, c) - noise[c] for c in open_sets}
        scale = epsilon / (2 * max(weights[c] for c in open_sets))
        scores = [scale * weights[c] * errors[c] + rng.gumbel() for c in open_sets]
        clique = open_sets[int(np.argmax(scores))]
        before = np.asarray(model.project(clique).datavector())
        found.append(measured(data, clique, sigma, rng))
        told.append(clique)
        model = solver.estimate(data.domain, found, iters=ITERATIONS["last" if last else "first"])
        if apart(before, model, clique) <= noise[clique]:
            sigma, epsilon = sigma / 2, epsilon * 2
    return model


def apart(counts: Any, model: Any, clique: Clique) -> float:
    """The distance of a model from some counts, in rows."""
    return float(np.abs(counts - np.asarray(model.project(clique).datavector())).sum())


def chosen_tree(
    data: mbi.Dataset, model: Any, names: list[str], rho: float, rng: np.random.Generator
) -> list[tuple[str, str]]:
    """Kruskal's edges, each by the exponential mechanism on the error of the model so far."""
    scores = {}
    for pair in itertools.combinations(names, 2):
        counts = np.asarray(data.project(pair).datavector())
        scores[pair] = float(np.abs(counts - np.asarray(model.project(pair).datavector())).sum())
    epsilon, part = math.sqrt(8 * rho / (len(names) - 1)), {n: n for n in names}
    edges: list[tuple[str, str]] = []
    while len(edges) < len(names) - 1:
        open_pairs = [p for p in scores if part[p[0]] != part[p[1]]]
        noisy = [epsilon * scores[p] / 2 + rng.gumbel() for p in open_pairs]
        a, b = open_pairs[int(np.argmax(noisy))]
        old = part[b]
        part = {n: part[a] if p == old else p for n, p in part.items()}
        edges.append((a, b))
    return edges


if __name__ == "__main__":
    drive(synthesise)
