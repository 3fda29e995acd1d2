"""Streamlit's own test of a screen, which looks for components of other packages only once.

It reads what every installed package says of itself for each new screen: a fifth of what
such a test takes.
"""

from __future__ import annotations

from functools import cache

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

__all__ = ["AppTest"]
