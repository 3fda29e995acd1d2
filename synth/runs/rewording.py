"""Other words about a release that is made already: rows, model and promise stay as they are.

A title or a contact is often known last, and a run would cost once more. All is made again from the
bundle, as `verify` does; no real row is there to be looked at.
"""

from __future__ import annotations

from dataclasses import replace

from synth.release import Bundle
from synth.release.bundle import consistent
from synth.release.counts import aggregates_of, files_of
from synth.release.papers.about import About
from synth.release.showcase import Look, look_file, look_of
from synth.release.signature import SigningKey
from synth.runs.recipe_file import handed_on
from synth.runs.verifying import described, recipe_in


@consistent()
def reworded(bundle: Bundle, title: str, about: About, key: SigningKey | None = None) -> bytes:
    """The bundle with another title and other words of the custodian's, as a zip file.

    Args:
        key: signs it; a signature that it had is of the old words.

    Raises:
        BundleError: the bundle does not describe a release, or cannot be made again here.
    """
    old, recipe = described(bundle), recipe_in(bundle)
    text = ""
    if recipe is not None:
        said = recipe.release.model_copy(update={"title": title, **vars(about)})
        second = bundle.children.schema if bundle.children else None
        text = handed_on(recipe.model_copy(update={"release": said}), bundle.schema, second)
    look = replace(look_of(bundle), title=title or Look().title)
    counts = aggregates_of(bundle)
    extras = {**(files_of(counts) if counts is not None else {}), **look_file(look)}
    new = replace(old, title=title, about=about, recipe=text, extras=extras)
    return new.zipped(key)
