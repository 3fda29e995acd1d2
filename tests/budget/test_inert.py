"""Text in which nothing acts, by another reader of Markdown than ours."""

import random

import pytest
from markdown_it import MarkdownIt

from synth.budget.inert import inert

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ACTING = {"link_open", "image", "html_inline", "html_block"}
PIECES = (
    *("`", "``", "[x](javascript:a)", "[x]: u", "[", "]", "(u)", "!", "<b>", "<http://a.b>", "\\"),
    *("|", "\n", "\n\n", "a", " ", "- ", "# ", "$", "\n| a | b |\n|---|---|\n| "),
)


def acting(text: str) -> set[str]:
    """What a reader would make of a text beside words."""
    found = READER.parse(text)
    return {t.type for t in (*found, *(c for t in found for c in t.children or ()))} & ACTING


def test_whatever_is_put_together_nothing_acts():
    rng = random.Random(5)
    made = ["".join(rng.choices(PIECES, k=rng.randint(1, 14))) for _ in range(4000)]
    assert sum(bool(acting(text)) for text in made) > 1000
    calm = [inert(text) for text in made]
    assert not any(map(acting, calm))
    assert list(map(inert, calm)) == calm


@pytest.mark.parametrize(
    "ours",
    [
        "**Step 1**: keep `age [years] < 5` and *no* other.\n\n- one\n- two",
        "| a | b |\n|---|---|\n| `x` | 1.5 |",
        "`date` in [release], or [[column]]. ε = 1: 10:30, 5 %, C:\\data and `` a`b ``",
    ],
)
def test_what_we_write_ourselves_stays_as_it_is(ours):
    assert inert(ours) == ours


@pytest.mark.parametrize(
    ("text", "calm"),
    [
        ("see https://a.b", "see https:\u2060//a.b"),
        ("WWW.a.b", "WWW\u2060.a.b"),
        ("costs $5 or $6", "costs \\$5 or \\$6"),
        (":red[now]", "\\:red[now]"),
    ],
)
def test_what_acts_without_brackets_does_not(text, calm):
    assert inert(text) == calm
