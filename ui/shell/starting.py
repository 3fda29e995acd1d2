"""The start of a server: what is wrong with its settings is said in a sentence, and ends it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from synth.errors import SynthError


@contextmanager
def starting() -> Iterator[None]:
    """End with a sentence where a setting cannot be used.

    Streamlit would show a traceback; and what says that a folder may not be written to it takes for
    a port that is not free.
    """
    try:
        import_module("ui.shell.signed_in").sign_in()  # which reads settings as it is imported
        yield
    except (SynthError, ValueError) as error:
        sys.exit(f"Error: {error}")
    except OSError as error:
        sys.exit(
            "Error: A file or folder that a setting names cannot be used "
            f"({type(error).__name__}). See that the user whom this server runs as may read and "
            "write it."
        )
