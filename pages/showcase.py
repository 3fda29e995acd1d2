"""What recipients see: built from the finished bundle, and from nothing else."""

import streamlit as st

from ui.gate import may_leave
from ui.shell.signed_in import need_custodian
from ui.shell.visitor import explained, need_made
from ui.showcase import ask_look, chosen, offer_page, page_of, show_kept, show_page
from ui.words import show_words

need_custodian()
who, made = need_made()
st.title("What recipients see")
st.markdown(
    "This page is one file made from the release alone. It opens from disk without a network, and "
    "holds nothing that is not shown here."
)
show_words("showcase")
part, title = ask_look(who.recipe.showcase, who.recipe.release.title, made.bundle, who.files)
release = who.recipe.release.model_copy(update={"title": title})
who.decide(showcase=part, release=release)
with explained():
    show_kept(made.bundle)
    page = page_of(made.bundle, chosen(part, title, made.bundle, who.files))
    offer_page(page, ready=may_leave(made))
    show_page(page)
