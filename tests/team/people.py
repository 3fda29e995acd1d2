"""Four members of a team, and bundles for them to share."""

from functools import cache

from synth.api.team.members import Duty, Member
from synth.runs import Recipe, run
from tests.people import some_people


def somebody(name: str, *duties: Duty) -> Member:
    return Member(f"https://id {name}", f"{name}@x", frozenset(duties))


CUSTODIAN = somebody("cleo", Duty.CUSTODIAN)
APPROVER = somebody("amir", Duty.APPROVER)
RECIPIENT = somebody("rosa", Duty.RECIPIENT)
ADMINISTRATOR = somebody("adam", Duty.ADMINISTRATOR)
BOTH = somebody("bea", Duty.CUSTODIAN, Duty.APPROVER)


@cache
def zipped(k: int = 5, people: int = 400, protection: str = "withheld") -> bytes:
    """A release of rows and counts that k people share."""
    recipe = Recipe.model_validate(
        {
            "method": {"name": "value_seeded", "k": k},
            "counts": {"k": k, "protection": protection, "length": 2},
        }
    )
    return run(recipe, some_people().head(people)).release.zipped()


@cache
def noisy(epsilon: float) -> bytes:
    """A release with a promise of epsilon."""
    told = {"method": {"name": "independent"}, "privacy": {"epsilon": epsilon}}
    return run(Recipe.model_validate(told), some_people()).release.zipped()
