"""What of a release can be checked without the real rows: all of it is made again and compared.

What is left is what only a signature tells: whether the custodian made it. Whoever writes another
model, another ledger and all that follows from them makes a release that hangs together as well.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from synth.budget import Audience, Budget, Chosen, Grouped, Statement
from synth.budget.accounting import gaussian_sigma
from synth.budget.figures import up
from synth.errors import BundleError, SchemaError, SynthError
from synth.incoming import Refusal, reading, whole
from synth.ingest import load
from synth.lazily import compiled, pa
from synth.learning.aggregates import Aggregates
from synth.learning.method import DRAWING, Model, Promise
from synth.learning.records import RecordModel
from synth.learning.seeded import Seeded
from synth.methods import all_methods
from synth.protect.steps import Shelf, protect, step_of, steps_of
from synth.release import Bundle, Release
from synth.release.archive import SIGNED, SUMS, Unpacked, digest_of
from synth.release.bundle import consistent
from synth.release.children import Children
from synth.release.counts import aggregates_of, files_of
from synth.release.release import libraries
from synth.release.showcase import LOOK, Look, look_file, look_of
from synth.release.signature import same_fingerprint, signed_words
from synth.runs.recipe import People, Recipe
from synth.runs.recipe_file import handed_on, read_recipe
from synth.runs.running import DEFAULT_ROWS
from synth.runs.verifying_linked import check_second, check_there, counted_with, said_of_second
from synth.schema.written import written_of
from synth.vault import PrivateTable, Protection
from synth.vault.attributes import told_alone
from synth.wording import so_many

RECIPE = "recipe.toml"
VERSION = compiled(r"\d+(\.[0-9A-Za-z+-]{1,20}){0,6}")
CLOSE = 1 + 1e-6  # epsilon of a sum of rho against the epsilon that was asked for
ASK = "Ask the custodian for the bundle again."
NO_RELEASE = Refusal(BundleError, "`release.json` does not describe a release.", ASK)


@consistent()
def verify(bundle: Bundle, signed_by: str = "") -> tuple[str, ...]:
    """Make every file of a release again, and compare; one sentence per thing that holds.

    Args:
        signed_by: the fingerprint of the key that it must be signed with; "" for any or none.

    Raises:
        BundleError: something does not hold.
    """
    signed = _signature(bundle, signed_by)
    if isinstance(bundle.files, Unpacked) and not bundle.files.tight:
        raise BundleError("The archive holds more than its files.", ASK)
    release = described(bundle)
    listed = _listed(bundle)
    check_there(bundle)
    _promise(bundle)
    counts, recipe = aggregates_of(bundle), recipe_in(bundle)
    second = check_second(bundle, recipe, release.copies)
    if counts is not None:
        _counts(bundle, counts)
    if recipe is not None:
        _agreed(bundle, release, recipe, counts)
    _made_again(bundle, release, listed)
    return tuple(_held(bundle, release, counts, signed, second))


def _signature(bundle: Bundle, signed_by: str) -> str:
    found = bundle.signed_by
    if signed_by and not same_fingerprint(found, signed_by):
        whose = f"by another key, {found}" if found else "by nobody"
        raise BundleError(f"The release is signed {whose}.", ASK)
    return signed_words(found) if found else ""


def _listed(bundle: Bundle) -> list[str]:
    """The list of checksums, line by line, as the files are."""
    names = [n for n in bundle.files if n not in (SUMS, SIGNED)]
    lines = [f"{digest_of(bundle.files, n)}  {n}" for n in names]
    if "".join(f"{line}\n" for line in lines).encode() != bundle.files[SUMS]:
        raise BundleError("The list of checksums is not that of the files.", ASK)
    return lines


def as_released(
    bundle: Bundle, table: Path, people: People, second: Path | None = None
) -> PrivateTable:
    """The real table after the steps of the release's recipe, to count again what it promises.

    Raises:
        BundleError: nobody knows any more who was in the release, or a second table is missing.
        StepError: a step does not fit the table, or cannot be repeated.
    """
    recipe = recipe_in(bundle) or Recipe()
    if recipe.evaluate.holdout:
        raise BundleError(
            "People were set aside before this release was made, and nobody wrote down whom.",
            "Its counts cannot be made again from the table; leave it out.",
        )
    loaded = load(
        table,
        Budget(1.0, rows_per_person=people.rows),
        missing=recipe.source.missing,
        choices=recipe.source.choices,
        person=people.column,
    )
    steps = steps_of(recipe.protect, Shelf(table.parent))
    last = protect(loaded, (), steps, Audience.CUSTODIAN, lenient=True)[-1].private
    return counted_with(last if steps else loaded.private, bundle, recipe, second)


def described(bundle: Bundle) -> Release:
    """The release that release.json, the model and the custodian's own files describe.

    Raises:
        BundleError: they describe none, or another version of the drawing made it.
    """
    facts = bundle.facts
    if (made := facts.get("drawing", 0)) != DRAWING:
        raise BundleError(
            f"The release was made by version {made if isinstance(made, int) else '?'} of the "
            f"drawing, and this is version {DRAWING}: its rows cannot be drawn again here.",
            "Check it with the synth it was made by, or ask for it to be made again.",
        )
    try:
        with reading(NO_RELEASE):
            made_with = {str(k): str(v) for k, v in facts["libraries"].items()}
            release = Release(
                bundle.model,
                whole(facts["rows"]),
                seed=whole(facts["seed"]),
                copies=whole(facts["copies"]),
                recipe=bundle.files.get(RECIPE, b"").decode(),
                title=str(facts["title"]),
                order=_texts(facts["order"]),
                libraries=made_with,
                written=written_of(facts["written"]),
                safe=bool(facts["safe"]),
                rules=bundle.rules,
                about=bundle.about,
                children=bundle.children,
            )
    except SchemaError as error:
        raise NO_RELEASE.of(error) from None
    known = set(made_with) == set(libraries()) and all(map(VERSION.fullmatch, made_with.values()))
    if not known or not _as_long(bundle, release):
        raise BundleError("`release.json` describes another release.", ASK)
    return release


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise TypeError("no list of texts")
    return tuple(value)


def _as_long(bundle: Bundle, release: Release) -> bool:
    """Whether the tables have as many rows as is said; asked before so many are drawn."""
    names = [n for n in bundle.files if n.startswith("synthetic") and n.endswith(".parquet")]
    if len(names) != release.copies:
        return False
    try:
        found = {pa.parquet.read_metadata(io.BytesIO(bundle.files[n])).num_rows for n in names}
    except (pa.ArrowException, OSError):
        return False
    return found == {release.rows}


def _promise(bundle: Bundle) -> None:
    """The promise is worked out from the ledger; what is written must be that."""
    statement = bundle.statement
    written = bundle.document["statement"]
    if written != statement.document():
        raise BundleError(
            f"The ledger of the model comes to `{statement.guarantee.short}`, and the model says "
            "something else.",
            ASK,
        )
    check_promise(bundle.model)
    if bundle.children is not None:
        check_promise(bundle.children.model)


def check_promise(model: Model) -> None:
    """What the statement of a model says is what its ledger and its schema come to.

    Raises:
        BundleError: it says more than holds.
    """
    statement = model.statement
    spent = statement.cost
    if spent is not None and spent > statement.budget.epsilon * CLOSE:
        raise BundleError(
            f"The ledger comes to epsilon {up(spent)}, more than the limit of "
            f"{up(statement.budget.epsilon)}.",
            ASK,
        )
    schema = model.schema
    if statement.formal and (schema.looked_at if statement.measured else schema.observed):
        raise BundleError("The schema was read off the rows, and the promise leaves that out.", ASK)
    made_by = [m for m in all_methods() if m.model.kind == model.kind]
    if not any(_could_say(m.promise, statement) for m in made_by):
        raise BundleError("No method that leads to such a model leaves such a ledger.", ASK)


def _could_say(promise: Promise, statement: Statement) -> bool:
    """Whether a method of this promise may leave this ledger."""
    match promise:
        case Promise.PRIVATE:
            return bool(statement.measured) or not statement.formal  # without noise: exact tables
        case Promise.K_PEOPLE:
            return any(isinstance(e, Grouped) for e in statement.ledger)
        case Promise.NONE:
            return not statement.formal
        case _:
            return True


def _counts(bundle: Bundle, counts: Aggregates) -> None:
    """Counts of real people cannot be made again: what they say must be what is promised."""
    noisy, k = counts.protection is Protection.NOISY, counts.resolution
    blocks = counts.found.blocks.values()
    grouped = [e for e in bundle.statement.ledger if isinstance(e, Grouped)]
    step = k if counts.protection is Protection.ROUNDED else 1
    kept = noisy or (
        k >= 1
        and all((b.counts >= k).all() and not (b.counts % step).any() for b in blocks)
        and not counts.people % step
        and any(e.k <= k for e in grouped)
    )
    if not kept or (noisy and not _noise_known(bundle.statement, counts)):
        raise BundleError("The counts are not protected as is promised.", ASK)
    if counts.statement != bundle.statement:
        raise BundleError("The counts promise something else than the rows.", ASK)
    told = told_alone(counts.names, counts.found).names
    if told != counts.names or not all(_known(bundle, a.column, a.labels) for a in told):
        raise BundleError("The counts are of columns or values that the schema has not.", ASK)


def _noise_known(statement: Statement, counts: Aggregates) -> bool:
    """Whether the noise that is stated is that of answers in the ledger."""
    rows = statement.budget.rows_per_person
    paid = {gaussian_sigma(e.rho, rows) for e in statement.measured if e.rho < math.inf}
    found = counts.sigma
    return bool(found) and all(any(math.isclose(s, p) for p in paid) for s in found)


def _known(bundle: Bundle, column: str, labels: tuple[str | None, ...]) -> bool:
    if column not in bundle.schema or not bundle.schema[column].modelled:
        return False
    told = set(bundle.schema.domain(column).labels)
    # rows of k people tell the values that k people share, and counts may be of another k
    return isinstance(bundle.model, RecordModel) or {x for x in labels if x is not None} <= told


def recipe_in(bundle: Bundle) -> Recipe | None:
    """The recipe in a bundle; None where it has none. Raises BundleError for what is none."""
    if RECIPE not in bundle.files:
        return None
    try:
        text = bundle.files[RECIPE].decode()
        recipe = read_recipe(text)
    except (SynthError, UnicodeDecodeError):
        raise BundleError("`recipe.toml` is no recipe.", ASK) from None
    second = bundle.children.schema if bundle.children else None
    if handed_on(recipe, bundle.schema, second) != text:
        raise BundleError("`recipe.toml` holds more than a recipe, or less.", ASK)
    return recipe


def _agreed(bundle: Bundle, release: Release, recipe: Recipe, counts: Aggregates | None) -> None:
    """The recipe decides what the other files are about."""
    differing = [
        what
        for what, holds in (
            ("the rows", _same_drawing(release, recipe)),
            ("the papers", _same_words(release, recipe)),
            ("the limit", _same_limit(bundle.statement, recipe)),
            ("the method", _same_method(bundle, recipe)),
            ("the steps", _same_steps(bundle.statement, recipe)),
            ("the rules", tuple(release.rules) == recipe.rules_said),
            ("the counts", _same_counts(recipe, counts)),
            ("the showcase", _same_look(bundle, recipe)),
        )
        if not holds
    ]
    if differing:
        raise BundleError(
            f"`recipe.toml` says something else of {', '.join(differing)} than the bundle holds.",
            ASK,
        )


def _same_drawing(release: Release, recipe: Recipe) -> bool:
    told = recipe.release
    asked = told.rows or release.model.rows or DEFAULT_ROWS
    mine = (told.seed, told.copies, told.order, asked)
    return mine == (release.seed, release.copies, release.order, release.rows)


def _same_words(release: Release, recipe: Recipe) -> bool:
    """Whether the custodian's own words are those of the recipe."""
    return (recipe.release.title, recipe.release.about) == (release.title, release.about)


def _same_limit(statement: Statement, recipe: Recipe) -> bool:
    budget, asked = statement.budget, recipe.budget
    people = (recipe.people.column, recipe.people.rows)
    return (
        budget.epsilon == asked.epsilon
        and budget.delta + statement.aside <= asked.delta * CLOSE
        and people == (statement.person, budget.rows_per_person)
    )


def _same_method(bundle: Bundle, recipe: Recipe) -> bool:
    chosen = recipe.chosen
    return chosen.model.kind == bundle.model.kind and _could_say(chosen.promise, bundle.statement)


def _same_steps(statement: Statement, recipe: Recipe) -> bool:
    """Whether each choice made after looking at the rows is told, and no other."""
    chosen = {step.choice for step in map(step_of, recipe.protect) if step.seen}
    chosen |= {rule.choice for rule in recipe.rules_said if rule.seen}
    return chosen == {e.what for e in statement.ledger if isinstance(e, Chosen)}


def _same_counts(recipe: Recipe, counts: Aggregates | None) -> bool:
    asked, chosen = recipe.counts, recipe.chosen
    k = asked.k or (chosen.k if isinstance(chosen, Seeded) else 0)
    if counts is None:
        return not k
    at = 0 if asked.protection is Protection.NOISY else k
    return bool(k) and (counts.protection, counts.resolution) == (asked.protection, at)


def _same_look(bundle: Bundle, recipe: Recipe) -> bool:
    look, told = look_of(bundle), recipe.showcase
    mine = (told.text, told.attributes, told.colour, told.dark, bool(told.logo))
    theirs = (look.text, look.attributes, look.colour, look.dark, bool(look.logo))
    named = (recipe.release.title or Look().title, Look().people_per_row)
    return LOOK in bundle.files and mine == theirs and named == (look.title, look.people_per_row)


REASONS = {  # why a file is not what it should be
    r"synthetic.*": "The synthetic rows are not those that the model draws with the stated seed",
    r"PRIVACY\.md": "PRIVACY.md promises something else than the model",
    r"README\.md|dictionary\.csv|datapackage\.json|croissant\.json": (
        "A paper of the release says something else than the release"
    ),
    r"schema\.json": "The schema is not the model's",
    r"children\.json": "The second table is described with more than it takes, or less",
    r"children.*": "The rows of the second table are not those that its model draws",
    r"model\.json": "The model holds more than a model, or less",
    r"release\.json": "`release.json` holds more than a release, or less",
    r"counts\..*": "The files of the counts do not say the same",
    r"showcase\.json": "The look of the showcase holds more than a look, or less",
}


def _made_again(bundle: Bundle, release: Release, listed: list[str]) -> None:
    """Compare the checksum of each file with that of the file made again."""
    extras: dict[str, bytes] = {}
    if (counts := aggregates_of(bundle)) is not None:
        extras |= files_of(counts)
    if LOOK in bundle.files:
        extras |= look_file(look_of(bundle))
    again = _sums(replace(release, extras=extras)).splitlines()
    if again == listed:
        return
    made, held = ({n: d for d, _, n in (x.partition("  ") for x in y)} for y in (again, listed))
    if more := sorted(set(held) - set(made)):
        raise BundleError(f"`{more[0]}` is no file that such a release holds.", ASK)
    if gone := sorted(set(made) - set(held)):
        raise BundleError(f"The bundle lacks {', '.join(gone)}.", ASK)
    different = [n for n in made if made[n] != held[n]]
    if different and dict(release.libraries) != libraries():
        told = ", ".join(f"{k} {v}" for k, v in release.libraries.items())
        raise BundleError(
            f"`{different[0]}` does not come out the same, and this release was made with other "
            f"versions of what draws and writes rows ({told}).",
            "Check it where these versions are installed.",
        )
    reasons = (why for n in different for p, why in REASONS.items() if re.fullmatch(p, n))
    raise BundleError(f"{next(reasons, 'The files are not in their order')}.", ASK)


def _sums(release: Release) -> str:
    try:
        return release.sums
    except (ArithmeticError, LookupError, MemoryError, TypeError, ValueError) as error:
        raise BundleError(
            f"The model cannot be drawn from ({type(error).__name__}).", ASK
        ) from None


def _held(
    bundle: Bundle,
    release: Release,
    counts: Aggregates | None,
    signed: str,
    second: Children | None,
) -> Iterator[str]:
    files = len([n for n in bundle.files if n not in (SUMS, SIGNED)])
    copies = f" in each of {release.copies} tables" if release.copies > 1 else ""
    yield f"{files} files match their checksums, and there is no other."
    yield f"The statement is what the ledger comes to: {bundle.statement.guarantee.short}."
    rows = so_many(release.rows, "row")
    yield f"The model draws the same {rows} again with the stated seed{copies}."
    if second is not None:
        yield from said_of_second(bundle, second)
    yield "Every other file is what the model, the recipe and the statement make of it."
    if counts is not None:
        yield f"{len(counts):,} counts are protected as is promised; only `--against` counts again."
    if logo := look_of(bundle).logo:
        yield f"The logo ({len(logo):,} bytes) is the custodian's own: nothing can confirm it."
    if signed:
        yield signed
