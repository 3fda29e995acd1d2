"""Is a planted fault in the noise seen? One training of each method with all of it, and with less.

    python bench/noise.py [sample_data/hospital_admissions.csv] [--epsilon 1] [--shares 0.9 0.5]

Prints, for each method and share of the noise, how far it spreads beside what the ledger says.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from synth.runs import read_recipe  # noqa: E402
from synth.runs.noise_seen import noise_seen  # noqa: E402

Whole: TypeAlias = "npt.NDArray[np.int64]"
METHODS = ("adaptive", "tree", "correlated", "independent", "mixture", "twins")


class Less:
    """The planted fault: a share of the noise that is asked for."""

    def __init__(self, share: float) -> None:
        self.rng, self.share = np.random.default_rng(), share

    def discrete_gaussian(self, counts: Whole, sigma: float) -> Whole:
        drawn = self.rng.normal(0, self.share * sigma, np.shape(counts))
        return np.asarray(counts + np.rint(drawn).astype(np.int64))

    def discrete_laplace(self, counts: Whole, scale: float) -> Whole:
        drawn = self.rng.laplace(0, self.share * scale, np.shape(counts))
        return np.asarray(counts + np.rint(drawn).astype(np.int64))

    def noisy_max(self, scores: Sequence[int], epsilon: float, sensitivity: int = 1) -> int:
        return int(np.argmax(scores))


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    sample = ROOT / "sample_data" / "hospital_admissions.csv"
    parser.add_argument("data", nargs="?", type=Path, default=sample)
    parser.add_argument("--epsilon", type=float, default=1.0)
    parser.add_argument("--shares", type=float, nargs="*", default=[0.9, 0.5])
    asked = parser.parse_args()
    print("| method | noise | spread | surely between | numbers | broken | CPU s |")
    print("|---|---|---|---|---|---|---|")
    for method in METHODS:
        text = f'[privacy]\nepsilon = {asked.epsilon}\n[method]\nname = "{method}"\n'
        for share in (None, *asked.shares):
            begun = time.process_time()
            planted = None if share is None else Less(share)
            found = noise_seen(read_recipe(text), asked.data, noise=planted)
            spent = time.process_time() - begun
            noise = "all" if share is None else f"{share:g}"
            print(
                f"| {method} | {noise} | {found.spread:.3f} | {found.low:.3f} to {found.high:.3f} "
                f"| {found.some:,} of {found.numbers:,} | {found.broken} | {spent:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
