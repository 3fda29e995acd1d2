"""The order of the screens, who sees which, and what surrounds every one of them."""

from functools import partial

import streamlit as st

from synth.api.team.members import Duty
from synth.errors import TeamError
from ui.code import show_code
from ui.help import show_way
from ui.shell.border import watched
from ui.shell.places import page
from ui.shell.signed_in import ask_to_sign_in, library_folder, member, questions_each, show_member
from ui.shell.strip import show_strip
from ui.shell.turn import turn
from ui.shell.visitor import say_started_anew, this_tab, visitor

# What is chosen is written in the colour of buttons, which is too dark for words on a dark ground.
CHOSEN = """<style>
button[data-variant][data-selected="true"] p, [role="tab"][data-selected="true"] p,
[data-testid="stSliderThumbValue"] p {color: light-dark(#0f766e, #7ad7cb)}
</style>"""

watched()
st.set_page_config(page_title="Synth", page_icon="🧵", layout="wide")
st.html(CHOSEN)

try:
    who = member()
except TeamError as error:  # nobody is let in by a setting that is wrong
    st.error(str(error))
    st.stop()
MAKERS = (Duty.CUSTODIAN,)
STEPS = {  # and who may see them, which each page asks again
    "data": MAKERS,
    "columns": MAKERS,
    "protect": MAKERS,
    "method": MAKERS,
    "compare": MAKERS,
    "release": MAKERS,
    "showcase": MAKERS,
    **({"library": tuple(Duty), "approve": (Duty.APPROVER,)} if library_folder() else {}),
    **({"questions": MAKERS} if library_folder() and questions_each() else {}),
    "verify": tuple(Duty),
    "help": tuple(Duty),
    "tour": MAKERS,
}
LINKED = ("tour",)  # found by a link alone
if who is None:  # under every address, so that no link ends in "not found"
    start = st.Page(ask_to_sign_in, title="Sign in", url_path="sign-in", default=True)
    asked = [st.Page(ask_to_sign_in, title="Sign in", url_path=name) for name in STEPS]
    st.navigation([start, *asked], position="hidden").run()
    st.stop()
seen = [name for name, duties in STEPS.items() if who.may(*duties)] or ["verify"]
steps = [
    st.Page(
        page(name),
        title=name.capitalize(),
        url_path=name,
        default=name == "data",
        visibility="hidden" if name in LINKED else "visible",
    )
    for name in seen
]
if "data" not in seen:  # whatever is the default has no address of its own, and links name these
    first = partial(st.switch_page, steps[0])
    steps.insert(
        0, st.Page(first, title="Start", url_path="start", default=True, visibility="hidden")
    )
shown = st.navigation(steps, position="top")
show_member(who)
with turn(this_tab()):
    visitor().collect()
    above = st.container()
    with above:  # now, as a screen that stops half-way ends all
        if "help" in seen:  # nobody's without a duty
            show_way(shown.url_path or "data")
        if who.may(*MAKERS):
            say_started_anew()
    try:
        shown.run()
        show_code(shown.url_path or "data")
    finally:  # also where a screen stops half-way
        with above:  # last, so that it tells of the table that this screen brought
            show_strip()
