"""Figures of attacks, worked out on paper for small tables."""

import math

import numpy as np
import pandas as pd
import pytest

from synth import Budget, load
from synth.evaluate.attacks import Result, Run, Threat
from synth.evaluate.attacks.copying import exact_copies, near_copies
from synth.evaluate.attacks.disclosure import disclosed, replicated, secrets
from synth.evaluate.attacks.inference import right
from synth.evaluate.attacks.linkability import by_chance
from synth.evaluate.attacks.membership import area, threshold
from synth.evaluate.attacks.nearness import metric, nearest
from synth.evaluate.attacks.singling_out import Predicate, of_one, singled
from synth.evaluate.attacks.threat import SURE, beyond, judged, no_better, risk
from synth.evaluate.sides import beside

Z2 = 1.959964**2
NOBODY = Threat("a name", "Who.", "Know.", "Want.")


def sides(real, made, held=None):
    real, made = (pd.DataFrame(t) for t in (real, made))
    held = None if held is None else pd.DataFrame(held)
    return beside(load(real, Budget(math.inf)).private.schema, real, made, held)


def rng():
    return np.random.default_rng(0)


def figure(attempt, name):
    return {f.name: f for f in attempt.figures}[name].value


# -- shares, risks and what follows from them ------------------------------------------------------


def test_wilsons_interval_is_that_of_paper():
    assert Run(0, 4).interval() == pytest.approx((0, Z2 / (4 + Z2)))
    assert Run(4, 4).interval() == pytest.approx((4 / (4 + Z2), 1))
    half = math.sqrt(Z2) / (4 + Z2) * math.sqrt(1 + Z2 / 4)  # 2 of 4: n p (1 - p) is 1
    assert Run(2, 4).interval() == pytest.approx((0.5 - half, 0.5 + half))
    assert Run(0, 0).interval() == (0.0, 1.0)
    assert Run(1, 4, exact=True).interval() == (0.25, 0.25)
    assert Run(2, 8, shared=2.0).interval() == pytest.approx(Run(1, 4).interval())


def test_the_difference_of_two_shares_has_newcombes_interval():
    low, high = beyond(Run(56, 70), Run(48, 80))  # his table II, method 10
    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_risk_is_what_goes_beyond_strangers():
    found = risk(Run(60, 100), Run(20, 100))
    assert found.value == pytest.approx(0.5)  # (0.6 - 0.2) / (1 - 0.2)
    assert 0.3 < found.low < 0.5 < found.high < 0.7
    assert risk(Run(20, 100), Run(60, 100)).value == 0.0
    assert risk(Run(100, 100), Run(100, 100)) is None


ENDINGS = {
    "it gives people away": ((300, 1000), (100, 1000), (100, 1000), Result.SUCCEEDED),
    "strangers as well": ((300, 1000), (100, 1000), (290, 1000), Result.HOLDS),
    "no better than a guess": ((100, 1000), (100, 1000), (100, 1000), Result.HOLDS),
    "worse than a guess": ((300, 1000), (400, 1000), (100, 1000), Result.HOLDS),
    "chance may hide much": ((30, 60), (5, 60), (26, 60), Result.UNJUDGED),
    "a few tries": ((4, 40), (4, 40), (4, 40), Result.UNJUDGED),
    "a few strangers": ((100, 1000), (100, 1000), (4, 40), Result.UNJUDGED),
    "a few tries that tell": ((40, 40), (1, 40), (1, 40), Result.SUCCEEDED),
    "nobody set aside": ((900, 1000), (100, 1000), None, Result.UNJUDGED),
    "nobody, and no better": ((100, 1000), (100, 1000), None, Result.HOLDS),
    "nobody, and a few tries": ((4, 40), (4, 40), None, Result.UNJUDGED),
}


@pytest.mark.parametrize("case", ENDINGS)
def test_what_came_of_an_attack_follows_from_its_three_runs(case):
    main, naive, control, result = ENDINGS[case]
    found = judged(NOBODY, Run(*main), Run(*naive), control and Run(*control))
    assert found.result is result
    assert found.failed is ("guess" in case or "no better" in case)
    assert bool(found.remedy) is (result is Result.SUCCEEDED)
    told = {Result.SUCCEEDED: "The attack succeeded", Result.UNJUDGED: "Could not be judged"}
    assert found.plain.startswith(
        told.get(result, "The attack failed" if found.failed else "Holds")
    )


def test_without_strangers_the_sentence_says_what_to_do():
    assert "--holdout" in judged(NOBODY, Run(900, 1000), Run(100, 1000), None).plain


def test_success_takes_more_than_a_usual_interval():
    main, control = Run(130, 1000), Run(100, 1000)
    assert beyond(main, control)[0] > 0 > beyond(main, control, SURE)[0]
    assert judged(NOBODY, main, Run(10, 1000), control).result is Result.HOLDS
    assert not no_better(main, control)


# -- distances -------------------------------------------------------------------------------------

REAL = {"n": [0.0, 10.0, 5.0, None], "c": ["a", "b", "a", "b"]}


def test_rows_are_as_far_apart_as_gower_says():
    both = sides(REAL, {"n": [0.0, 5.0, None, 10.0], "c": ["a", "b", "b", "c"]})
    where = metric(both, both.names)
    _, far = nearest(where, both.real, both.synthetic, 4, np.arange(4))
    assert far.tolist() == [
        [0.0, 0.75, 1.0, 1.0],  # itself; half the range and another value; a gap; the whole range
        [0.25, 0.5, 0.5, 1.0],
        [0.25, 0.5, 0.75, 1.0],
        [0.0, 0.5, 1.0, 1.0],  # two gaps are alike, a gap and a number as far as can be
    ]
    places, _ = nearest(where, both.real, both.synthetic, 1, np.arange(4))
    assert places[0, 0] == 0
    assert places[3, 0] == 2


# -- each attack -----------------------------------------------------------------------------------


def test_a_description_singles_out_who_alone_it_fits():
    both = sides(REAL, {"n": [1.0, 1.0, 7.0, None], "c": ["a", "b", "b", "b"]})
    made = {d[0] for d in of_one(both.synthetic, both.names, rng())}
    a = float(both.values["c"].index("a"))
    assert {(p.name, p.sign, p.value) for p in made if not math.isnan(p.value)} == {
        ("n", "=", 7.0),
        ("n", "≥", 7.0),  # the highest, which one row alone reaches; two have the lowest
        ("c", "=", a),
    }
    gap = [p for p in made if math.isnan(p.value)]
    assert [p.name for p in gap] == ["n"]
    asked = [(gap[0],), (Predicate("n", "≥", 7.0),), (Predicate("c", "=", a),)]
    assert singled(both.real, asked).tolist() == [3, 1, -1]
    assert singled(both.real, [(Predicate("n", "≤", 5.0), Predicate("n", "=", 5.0))]).tolist() == [
        2
    ]


def test_k_rows_and_k_others_share_one_by_chance():
    assert by_chance(4, 1).share == pytest.approx(1 / 4)
    assert by_chance(4, 2).share == pytest.approx(5 / 6)  # 1 - C(2, 2) / C(4, 2)
    assert by_chance(2, 5).share == 1.0


def test_a_number_is_right_within_a_twentieth_of_the_real_range():
    both = sides(
        {"n": [0.0, 100.0, 50.0, None], "c": ["a", "a", "b", "b"]},
        {"n": [5.0, 94.0, 50.0, None], "c": ["a", "b", "b", None]},
    )
    own = np.arange(4)
    assert right(both, both.real, "n", own).tolist() == [True, False, True, True]
    assert right(both, both.real, "c", own).tolist() == [True, False, True, False]


def test_members_are_told_where_one_stranger_in_a_hundred_is_accused():
    strangers = np.arange(100) / 100 + 0.005
    assert threshold(strangers) == strangers[1]  # one of the hundred is nearer
    assert threshold(strangers[:50]) == strangers[0]  # one of fifty were too many
    members = np.array([0.0, 0.01, 0.015, 0.5])
    assert (members < threshold(strangers)).sum() == 2
    assert area(np.array([0.0, 1.0]), np.array([1.0, 2.0])) == 7 / 8  # 1, 1, a tie and 1
    assert area(strangers, strangers) == 0.5


def test_who_is_alone_in_both_tables_is_replicated():
    both = sides({"c": ["a", "a", "b", "c"]}, {"c": ["a", "b", "b", "c"]}, {"c": ["c", "d"]})
    found = replicated(both, ("c",), rng())
    assert found.main.share == 1 / 4  # "c"; "b" is alone in the real table only
    assert figure(found, "alone in the real table") == 1 / 2
    assert found.control.share == 0.0  # "c" is in the real table, "d" not in the synthetic one
    assert figure(found, "k of the real rows") == figure(found, "k of the synthetic rows") == 1


def test_what_all_synthetic_rows_say_rightly_is_disclosed():
    real = {"c": ["a", "a", "b", "c"], "s": ["ill", "ill", "well", "ill"]}
    made = {"c": ["a", "b", "b", "d"], "s": ["ill", "ill", "well", "well"]}
    held = {"c": ["a", "a", "d", "b"], "s": ["well", "ill", "well", "ill"]}
    found = disclosed(sides(real, made, held), ("c",), "s", rng())
    assert found.main.share == 2 / 4  # both "a"; of "b" the rows disagree, and there is no "c"
    assert found.control.share == 2 / 4  # one "a", and "d"
    assert figure(found, "disclosed by the real rows") == 1.0
    assert figure(found, "l of the real rows") == figure(found, "l of the synthetic rows") == 1.0


def test_what_nearly_all_hold_is_no_disclosure():
    real = {"c": ["a", "b"] * 30, "s": ["well"] * 59 + ["ill"]}
    found = disclosed(sides(real, {"c": ["a"] * 60, "s": ["well"] * 60}), ("c",), "s", rng())
    assert found.main.share == 0.0
    assert figure(found, "with trivial disclosures") == 1 / 2
    few = {"c": ["a"] * 49, "s": ["well"] * 49}  # too few for everybody to know
    assert disclosed(sides(real, few), ("c",), "s", rng()).main.share == 1 / 2


def test_k_and_l_are_those_of_the_smallest_group():
    real = {"c": ["a", "a", "a", "b", "b"], "s": ["x", "y", "z", "x", "y"]}
    made = {"c": ["a", "a", "b", "b", "b"], "s": ["x", "x", "x", "y", "z"]}
    both = sides(real, made)
    found = disclosed(both, ("c",), "s", rng())
    assert (figure(found, "l of the real rows"), figure(found, "l of the synthetic rows")) == (2, 1)
    found = replicated(both, ("c",), rng())
    assert (figure(found, "k of the real rows"), figure(found, "k of the synthetic rows")) == (2, 2)


def test_a_secret_number_is_one_of_twenty_intervals():
    both = sides({"n": [0.0, 4.9, 5.0, 100.0, None]}, {"n": [-1.0]})
    assert len(set(secrets(both, both.real, "n").tolist())) == 4  # 0 and 4.9 are in one
    assert secrets(both, both.real, "n")[3] == 19


def test_copies_are_counted_by_people_beside_strangers():
    real = {"c": ["a", "b", "c", "d"], "n": [1.0, 2.0, 3.0, 4.0]}
    made = {"c": ["a", "a", "b", "x"], "n": [1.0, 1.0, 2.0, 9.0]}
    held = {"c": ["b", "c"], "n": [2.0, 9.0]}
    found = exact_copies(sides(real, made, held), rng())
    assert found.main.share == 2 / 4
    assert found.control.share == 1 / 2
    alone = exact_copies(sides(real, made), rng())
    assert alone.main.share == 3 / 4  # of the synthetic rows
    assert alone.control is None


def test_what_shows_otherwise_that_an_attack_succeeded_is_not_said_beside_shares_of_nothing():
    none = Run(0, 100)
    told = judged(NOBODY, none, Run(1, 100), none, told_otherwise="A member is nearer.")
    assert told.result is Result.SUCCEEDED
    assert told.plain == "The attack succeeded. A member is nearer."


def test_near_copies_are_nearer_to_the_table_than_strangers_are():
    real = {"n": [0.0, 10.0, 4.0], "c": ["a", "a", "a"]}
    held = {"n": [6.0], "c": ["a"]}
    made = {"n": [0.0, 5.0, 6.0, 9.0], "c": ["a", "a", "a", "a"]}
    found = near_copies(sides(real, made, held), rng())
    # the first and the last are nearer to the table; of the second, one of two people is drawn
    assert found.main.successes in (2, 3)
    assert found.control.share == 3 / 4
    assert "proves little" in found.plain
