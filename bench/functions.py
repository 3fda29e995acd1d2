"""Columns that are functions of others: in how many synthetic rows they still are.

    python bench/functions.py [--epsilon 1 5] [--runs 8] [--method adaptive]

Two drawn tables, everything undeclared. The settings were chosen on `people`, and are shown on
`goods`. A figure is the share of rows in which the column is what the real function gives.
"""

import argparse
import io
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from synth.runs import read_recipe, run

Right = Callable[[pd.DataFrame], dict[str, float]]
REGIONS, BANDS = np.array(["north", "east", "south"]), np.array(["young", "middle", "old"])
SIZES, ZONES = np.array(["XS", "S", "M", "L", "XL"]), np.array(list("ABCDEF"))
AGES, LENGTHS = [35, 65], [45, 60, 75, 95]


def number(frame: pd.DataFrame, name: str) -> np.ndarray:
    return pd.to_numeric(frame[name], errors="coerce").to_numpy(float, na_value=np.nan)


def within(cuts: np.ndarray | list[int], values: np.ndarray) -> np.ndarray:
    return np.searchsorted(cuts, values, side="right")


def people(rows: int = 3000) -> tuple[pd.DataFrame, Right]:
    """Region and density of a district, decile of an income, band of an age."""
    rng = np.random.default_rng(1)
    district = rng.integers(12, size=rows)
    income = np.round(np.exp(rng.normal(10 + 0.05 * (district % 3), 0.6, rows)))
    deciles = np.quantile(income, np.arange(1, 10) / 10)
    age = rng.integers(18, 95, rows)
    density = np.round(50 * 1.5 ** np.arange(12)) / 10
    frame = pd.DataFrame(
        {
            "district": [f"district {d}" for d in district],
            "region": REGIONS[district % 3],
            "income": income.astype(int),
            "decile": within(deciles, income) + 1,
            "age": age,
            "band": BANDS[within(AGES, age)],
            "sex": rng.choice(["f", "m"], rows),
            "density": density[district],
        }
    )

    def right(made: pd.DataFrame) -> dict[str, float]:
        named = made[made["district"].str.startswith("district", na=False)]
        place = named["district"].str.split().str[1].astype(int).to_numpy()
        return {
            "region": (named["region"] == REGIONS[place % 3]).mean(),
            "density": (np.abs(number(named, "density") - density[place]) < 0.01).mean(),
            "decile": (
                within(deciles, number(made, "income")) + 1 == number(made, "decile")
            ).mean(),
            "band": (made["band"] == BANDS[within(AGES, number(made, "age")).clip(0, 2)]).mean(),
        }

    return frame, right


def goods(rows: int = 4000) -> tuple[pd.DataFrame, Right]:
    """Size of a length, whether a price is high, year of a day, a mark passed, zone of a place."""
    rng = np.random.default_rng(2)
    length = np.round(rng.gamma(9, 8, rows), 1)
    price = np.round(np.exp(rng.normal(3, 1, rows)), 2)
    day = pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 1461, rows), "D")
    grade = rng.integers(0, 101, rows)
    place = rng.choice(24, rows, p=np.arange(1, 25) / 300)
    frame = pd.DataFrame(
        {
            "length": length,
            "size": SIZES[within(LENGTHS, length)],
            "price": price,
            "dear": np.where(price >= 40, "yes", "no"),
            "day": day.strftime("%Y-%m-%d"),
            "year": day.year,
            "grade": grade,
            "passed": np.where(grade >= 50, "pass", "fail"),
            "place": [f"p{i:02d}" for i in place],
            "zone": ZONES[place % 6],
        }
    )

    def right(made: pd.DataFrame) -> dict[str, float]:
        named = made[made["place"].str.startswith("p", na=False)]
        years = pd.to_datetime(made["day"], errors="coerce").dt.year.to_numpy(float)
        size = SIZES[within(LENGTHS, number(made, "length")).clip(0, 4)]
        return {
            "size": (made["size"] == size).mean(),
            "dear": ((number(made, "price") >= 40) == (made["dear"] == "yes")).mean(),
            "year": (years == number(made, "year")).mean(),
            "passed": ((number(made, "grade") >= 50) == (made["passed"] == "pass")).mean(),
            "zone": (named["zone"] == ZONES[named["place"].str[1:].astype(int) % 6]).mean(),
        }

    return frame, right


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--epsilon", nargs="+", default=["1", "5"])
    asked.add_argument("--runs", type=int, default=8)
    asked.add_argument("--method", default="adaptive")
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    for name, (frame, right) in {"people": people(), "goods": goods()}.items():
        content = frame.to_csv(index=False).encode()
        for epsilon in given.epsilon:
            text = f'[method]\nname = "{given.method}"\n[privacy]\nepsilon = {epsilon}\n'
            found = []
            for _ in range(given.runs):
                files = run(read_recipe(text), io.BytesIO(content)).release.files()
                found.append(right(pd.read_csv(io.BytesIO(files["synthetic.csv"]))))
            told = "  ".join(f"{c} {share:.3f}" for c, share in pd.DataFrame(found).mean().items())
            print(f"{name:8} {epsilon:>4}  {told}", flush=True)


if __name__ == "__main__":
    main()
