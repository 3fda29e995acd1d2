"""Drives anonymeter 1.1.0 (PyPI): the peer of singling out, linkability and attribute inference.

    python anonymeter_adapter.py REAL.csv FOUND.json '{"synthetic": "…", "holdout": "…", …}'

Every row is attacked, so that nothing but ties and drawn descriptions is left to chance.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator

from peers import effort


def counted(evaluator: Any) -> dict[str, float]:
    """Successes and tries of two runs, and the risk with its interval."""
    found = evaluator.results(confidence_level=0.95)
    risk = found.risk()
    return {
        "main": int(found.n_success),
        "control": int(found.n_control),
        "tries": int(found.n_attacks_ori),
        "risk": risk.value,
        "low": risk.ci[0],
        "high": risk.ci[1],
    }


def singled(tables: list[pd.DataFrame], mode: str, told: dict[str, Any]) -> dict[str, float]:
    made = SinglingOutEvaluator(*tables[:2], n_attacks=told["tries"], control=tables[2], seed=0)
    made.evaluate(mode=mode)
    return counted(made)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    started = effort.cpu()
    found, told = Path(sys.argv[2]), json.loads(sys.argv[3])
    numbers = set(told["numbers"])
    tables = [pd.read_csv(p) for p in (sys.argv[1], told["synthetic"], told["holdout"])]
    kinds = {c: "float64" if c in numbers else "object" for c in tables[0]}
    real, made, held = tables = [t.astype(str).where(t.notna()).astype(kinds) for t in tables]
    scores = {
        "singling out by one column": singled(tables, "univariate", told),
        "singling out by several columns": singled(tables, "multivariate", told),
    }
    linking = LinkabilityEvaluator(
        real, made, (told["one"], told["other"]), len(real), 1, control=held
    )
    linking.evaluate(n_jobs=1)
    scores["linkability"] = counted(linking)
    for secret in told["secrets"]:
        known = [c for c in real if c not in told["secrets"]]
        asked = InferenceEvaluator(
            real, made, known, secret, secret in numbers, len(real), control=held
        )
        asked.evaluate(n_jobs=1)
        scores[f"attribute inference of {secret}"] = counted(asked)
    found.write_text(json.dumps(scores))
    effort.leave(found, started)
