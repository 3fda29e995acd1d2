"""The pages of docs/ inside the app, and the way from each screen to the one that explains it."""

from __future__ import annotations

import re

import streamlit as st

from ui.shell.border import our_own
from ui.shell.places import DOCS, page

PAGES = {  # as they are offered, each with its title
    "index": "Where to begin",
    "tutorials/steward": "A first release",
    "tutorials/protection-officer": "What may be signed",
    "tutorials/researcher": "Work with a release",
    "tutorials/developer": "A mock API",
    "tutorials/data-scientist": "From Python",
    "promise": "What is promised",
    "choosing-epsilon": "Choosing ε",
    "glossary": "Words",
    "evaluate": "Could people be found out?",
    "rules": "Rules between columns",
    "recipients": "You were given a release",
    "rows-that-stay": "Rows that stay where they are",
    "linked-tables": "Two tables of the same people",
    "team": "A team on one server",
    "hosting": "A server of your own",
    "threats": "Attacks on a server",
    "command-line": "Scripts",
    "reference": "Reference",
}
EXPLAINED = {  # screen by screen
    "data": "tutorials/steward",
    "columns": "promise",
    "protect": "glossary",
    "method": "choosing-epsilon",
    "compare": "evaluate",
    "release": "promise",
    "showcase": "recipients",
    "verify": "recipients",
}
LINK = re.compile(r"\]\((?!https?:)([\w./-]+?)\.md(?:#[\w-]*)?\)")


def show_way(screen: str) -> None:
    """A link to the page that explains a screen; nothing where there is none."""
    name = EXPLAINED.get(screen, "")
    if name and DOCS.is_dir():
        st.page_link(
            page("help"),
            label=f"Read: {PAGES[name]}",
            icon=":material/menu_book:",
            query_params={"page": name},
        )


def show_page() -> None:
    """The page that the address asks for, or the first; another is one choice away."""
    if not DOCS.is_dir():
        st.info("The pages of the documentation are not installed here: they lie in `docs/`.")
        return
    asked = st.query_params.get("page", "index")
    names = list(PAGES)
    chosen = st.selectbox(
        "What would you like to read?",
        names,
        index=names.index(asked) if asked in names else 0,
        format_func=PAGES.__getitem__,
    )
    text = (DOCS / f"{chosen}.md").read_text(encoding="utf-8")
    with our_own():
        st.markdown(inside(text, chosen))


def inside(text: str, name: str) -> str:
    """A page whose links to other pages stay in the app; those to the code become plain words.

    Args:
        name: the page's own, from which its links start.
    """
    folder = name.rpartition("/")[0]

    def led(found: re.Match[str]) -> str:
        parts = [p for p in f"{folder}/{found[1]}".split("/") if p]
        while ".." in parts:
            at = parts.index("..")
            del parts[max(at - 1, 0) : at + 1]
        told = "/".join(parts)
        return f"](help?page={told})" if told in PAGES else "](help)"

    return LINK.sub(led, text)
