"""Methods that other packages add, through the entry point group `synth.methods`.

A package that lists `mine = "my_package:MyMethod"` there is found as soon as it is installed: on
the screens with its settings as a form, in recipes, and in `synth methods`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, is_dataclass
from importlib.metadata import EntryPoint, entry_points

from synth.learning.method import Method, Model

GROUP = "synth.methods"


@dataclass(frozen=True)
class Plugged:
    """What was found: methods that can be used, and a sentence for each that cannot."""

    methods: tuple[type[Method], ...]
    refused: tuple[str, ...]


def plugged(
    taken: Iterable[str],
    found: Iterable[EntryPoint] | None = None,
    models: Iterable[type[Model]] = (),
) -> Plugged:
    """Methods of other packages.

    Args:
        taken: names that are in use already.
        found: entry points to look at; those installed, if left out.
        models: of the methods that are there already. A saved model is known by its kind, so a
            plug-in may share a model, but not call another one the same.
    """
    names, methods, refused = set(taken), [], []
    kinds = {m.kind: m for m in models}
    for point in entry_points(group=GROUP) if found is None else found:
        method, why = _loaded(point, names, kinds)
        if method is None:
            refused.append(f"The plug-in `{point.name}` is left out: {why}")
        else:
            methods.append(method)
            names.add(method.name)
            kinds[method.model.kind] = method.model
    return Plugged(tuple(methods), tuple(refused))


def _loaded(
    point: EntryPoint, taken: set[str], kinds: Mapping[str, type[Model]]
) -> tuple[type[Method] | None, str]:
    try:
        method = point.load()
    except Exception as error:  # another package's fault must not keep synth from starting
        return None, f"it cannot be imported ({type(error).__name__}: {error})."
    if not (inspect.isclass(method) and issubclass(method, Method) and is_dataclass(method)):
        return None, "it is not a dataclass derived from synth.methods.Method."
    lacking = [
        n for n in ("name", "title", "summary", "promise", "model") if not hasattr(method, n)
    ]
    if lacking or inspect.isabstract(method):
        return None, f"it lacks {', '.join(lacking) or 'a fit'}."
    if method.name in taken:
        return None, f"there is already a method `{method.name}`."
    kind = getattr(method.model, "kind", None)
    if kind is None or kinds.get(kind, method.model) is not method.model:
        return None, f"its model's kind is {'not told' if kind is None else f'taken: `{kind}`'}."
    return method, ""
