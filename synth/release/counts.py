"""Protected counts in a release bundle: put in, read back, and held against the real rows."""

from __future__ import annotations

import json
from collections.abc import Mapping

from synth.budget.guarantee import KAnonymous
from synth.combinations.growth import NOTHING
from synth.errors import BundleError, NotReleasable
from synth.incoming import Refusal, document
from synth.lazily import np
from synth.learning.aggregates import Aggregates, read_aggregates
from synth.learning.records import RecordModel
from synth.release.bundle import Bundle
from synth.schema.domain import MISSING
from synth.vault import Counting, PrivateTable, Protection, axes_of
from synth.vault.attributes import Grown
from synth.wording import so_many

DAMAGED = Refusal(BundleError, "The counts are damaged.", "Ask for the bundle again.")
LINES, LINES_PARQUET, MEANING = "counts.csv", "counts.parquet", "counts.json"


def files_of(aggregates: Aggregates) -> dict[str, bytes]:
    """The counts as files of a bundle."""
    meaning = json.dumps(aggregates.document(), indent=1, ensure_ascii=False)
    return {
        LINES: aggregates.csv(),
        LINES_PARQUET: aggregates.parquet(),
        MEANING: meaning.encode(),
    }


def aggregates_of(bundle: Bundle) -> Aggregates | None:
    """The counts in a bundle; None where it has none.

    Raises:
        BundleError: they are damaged.
    """
    if MEANING not in bundle.files or LINES not in bundle.files:
        return None
    return read_aggregates(bundle.files[LINES], document(bundle.files[MEANING], DAMAGED))


def recheck(bundle: Bundle, real: PrivateTable) -> tuple[str, ...]:
    """Hold a bundle against the real rows it was made from; one sentence per promise that holds.

    Empty where no promise of k was made: see `uncounted`.

    Raises:
        NotReleasable: a promise does not hold.
    """
    held = []
    guarantee = bundle.statement.guarantee
    private = real.declared_by_custodian(bundle.schema)
    if isinstance(guarantee, KAnonymous):
        held.append(_rows_held(bundle, private, guarantee))
    aggregates = aggregates_of(bundle)
    if aggregates is not None and aggregates.protection is not Protection.NOISY:
        held.append(_counts_held(bundle, private, aggregates))
    return tuple(held)


def uncounted(bundle: Bundle) -> str:
    """Why there was nothing to count again among the real rows."""
    return (
        f"The promise is `{bundle.statement.guarantee.short}`, which no look at the rows can "
        "confirm or refute: only promises of k are counted again."
    )


def _several(bundle: Bundle) -> Mapping[str, str]:
    model = bundle.model
    names = model.names if isinstance(model, RecordModel) else ()
    counted = aggregates_of(bundle)
    told = (*names, *(counted.names if counted else ()))
    return {a.column: a.delimiter for a in told if a.delimiter}


def _rows_held(bundle: Bundle, private: PrivateTable, guarantee: KAnonymous) -> str:
    """Count every combination of the released rows among the real people."""
    counting = Counting(blanks=False, length=max(guarantee.length, 1), several=_several(bundle))
    rows = axes_of(bundle.rows, bundle.schema, counting)
    states = [a.codes.astype(np.int32) for a in rows.axes]
    told = [a.counted[a.codes] for a in rows.axes]
    records = np.where(np.column_stack(told), np.column_stack(states), np.int32(NOTHING))
    grown = Grown(rows.names, records)
    short = private.short_of(counting, grown, guarantee.k, guarantee.length)
    if short:
        raise NotReleasable(
            f"{so_many(short, 'combination')} in the rows {'is' if short == 1 else 'are'} shared "
            f"by fewer than {guarantee.k} people.",
            "Do not release this bundle; check that it belongs to this table.",
        )
    reach = (
        f"of up to {so_many(guarantee.length, 'value')}" if guarantee.length else "of any length"
    )
    return (
        f"Every combination {reach} in {len(records):,} rows is shared by at least "
        f"{guarantee.k} people."
    )


def _counts_held(bundle: Bundle, private: PrivateTable, aggregates: Aggregates) -> str:
    """Count every reported combination again, rounded as it was, or exactly."""
    counting = Counting(
        columns=tuple(dict.fromkeys(a.column for a in aggregates.names)),
        length=aggregates.length,
        blanks=any(MISSING in a.labels for a in aggregates.names),
        several=_several(bundle),
    )
    rounded = aggregates.protection is Protection.ROUNDED
    groups = private.groups(counting, aggregates.resolution if rounded else 1)
    again = Aggregates(
        groups.names,
        groups.found,
        aggregates.protection,
        aggregates.resolution,
        aggregates.statement,
    )
    different = _different(aggregates, again)
    if different:
        raise NotReleasable(
            f"{different:,} reported counts are not those of this table.",
            "Do not release this bundle; check that it belongs to this table.",
        )
    return f"{len(aggregates):,} reported counts are those of the table."


def _different(told: Aggregates, again: Aggregates) -> int:
    """Reported combinations that have another count, or none, in the table."""
    keys = [name for name in told.frame().columns if name != "count"]
    one, two = told.frame().fillna(""), again.frame().fillna("")
    both = one.merge(two, on=keys, how="left", suffixes=("", "_again"))
    return int((both["count"] != both["count_again"]).sum())
