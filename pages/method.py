"""Step 4: choose a method and how strong the protection is, and make synthetic data."""

import streamlit as st

from synth.methods import Promise, method_named
from ui.method.ask import ask_family, ask_method, ask_release
from ui.method.coarser import offer_coarsening
from ui.method.counts import ask_counts
from ui.method.progress import show_job
from ui.method.promise import ask_privacy
from ui.method.purpose import ask_purpose
from ui.method.rules import ask_rules
from ui.people import kept_rows
from ui.shell.places import go_to
from ui.shell.settings import writing
from ui.shell.signed_in import need_custodian
from ui.shell.visitor import explained, need_table
from ui.words import show_words

need_custodian()
REPEATED = (
    "This is the release you already had: the same query with the same settings. Nobody's rows "
    "were looked at again, and nothing was spent. Another seed or setting makes a new one."
)
who, loaded = need_table()
st.title("How should the synthetic rows be made?")
show_words("method")
with explained():
    ask_purpose(who)
family = ask_family(who.recipe.method)
left, right = st.columns(2, gap="large")
with left:
    names = [c.name for c in who.schema.modelled]
    who.decide(method=ask_method(who.recipe.method, family, names))
noise_protects = method_named(who.recipe.method.name).promise is Promise.PRIVATE
with right, explained():
    who.decide(privacy=ask_privacy(who, kept_rows(loaded, who.recipe.people)))
    if warning := who.recipe.budget.warning:
        st.warning(warning)
offer_coarsening(who)
rules, understood = ask_rules(who)
who.decide(rules=rules)
who.decide(release=ask_release(who.recipe.release, kept_rows(loaded, who.recipe.people)))
who.decide(counts=ask_counts(who.recipe.counts, noise_protects=noise_protects))
if not understood:
    st.warning("A rule is not understood: correct its line under *Rules*, or remove it.")
blocked = who.busy or not understood
if st.button("Make synthetic data", type="primary", key="make", disabled=blocked):
    with explained():
        who.run(writing())
        st.rerun()
show_job(who)
if who.made is not None and not who.busy:
    word = "An earlier run is ready; settings changed since." if who.stale else "Done."
    if who.repeated and not who.stale:
        st.info(REPEATED)
    st.success(f"{word} {who.made.bundle.facts['rows']:,} synthetic rows are ready.")
    if st.button("Next: compare with the real table", key="next"):
        go_to("compare")
