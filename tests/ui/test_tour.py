"""The tour: somebody is found in a table without names, and no longer when it is coarser."""

from tests.ui.test_pages import ran, screen, words
from ui.shell.visitor import KEY
from ui.tour import KNOWN, SOMEBODY, coarser, match, sample


def test_somebody_is_found_and_then_lost_in_a_crowd():
    app = screen("tour")
    assert "One visit fits. You found them." in words(app)
    app.toggle(key="bands").set_value(True).run()
    app.toggle(key="areas").set_value(True).run()
    assert "you can only guess" in words(ran(app))
    app.button(key="sample").click().run()
    assert ran(app).session_state[KEY].loaded.rows == 10_000


def test_what_is_found_is_counted():
    table = sample()
    known = {name: table.iloc[SOMEBODY][name] for name in KNOWN}
    assert match(table, known).rows == 1
    assert match(table, {**known, "Age": "999"}).plain.startswith("Nobody fits")
    coarse = coarser(table, bands=True, areas=True)
    assert (
        coarse["Age"].str.fullmatch(r"\d+ to \d+").all() and coarse["Postcode"].str.isalpha().all()
    )
    assert "Health Service ID" not in table


def test_it_is_offered_before_there_is_a_table():
    labels = [link.proto.label for link in screen("data").get("page_link")]
    assert "New here? A tour of three minutes" in labels
