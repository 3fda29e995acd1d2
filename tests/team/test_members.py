"""Who somebody is, and what they may do: one function of what a provider says and the time."""

import pytest

from synth.api.team.members import HOLDS, Duty, Entrance, member_of, sign_in_of
from synth.errors import NotAllowed, TeamError

NOW = 1_000.0
NEVER = 1e11
ANN = {"is_logged_in": True, "sub": "7", "iss": "https://id", "email": "ann@x", "exp": 2_000}
OPENID = sign_in_of({}, provider=True)


def known(**claims):
    return member_of({**ANN, **claims}, OPENID, NOW)


@pytest.mark.parametrize(
    ("groups", "duties"),
    [
        (["synth-custodians"], {Duty.CUSTODIAN}),
        (["synth-approvers", "staff", "synth-recipients"], {Duty.APPROVER, Duty.RECIPIENT}),
        ("synth-administrators, staff", {Duty.ADMINISTRATOR}),
        (["custodian", "SYNTH-CUSTODIANS"], set()),
        ([["synth-custodians"], {"a": 1}], set()),
        ({"synth-custodians": True}, set()),
        (None, set()),
    ],
)
def test_groups_make_duties_and_nothing_else_does(groups, duties):
    assert known(groups=groups).duties == duties


@pytest.mark.parametrize(
    "claims",
    [
        {"is_logged_in": False},
        {"is_logged_in": "yes"},
        {"exp": 1_000},
        {"exp": None},
        {"exp": True},
        {"exp": "2000"},
        {"sub": ""},
        {"sub": None},
    ],
)
def test_whom_the_provider_does_not_vouch_for_now_is_nobody(claims):
    assert known(**claims) is None
    assert known() is not None


def test_two_people_of_one_name_are_two():
    one, two = known(sub="7"), known(sub="8")
    assert one.name == two.name
    assert one.id != two.id != known(sub="8", iss="https://other").id


def test_a_proxy_says_who_it_is_and_a_machine_of_ones_own_asks_nobody():
    proxy = sign_in_of({"SYNTH_SIGN_IN": "proxy", "SYNTH_CUSTODIANS": "wards, data"})
    told = member_of({"email": "ann@x", "groups": "data,other"}, proxy, NOW)
    assert (told.id, told.duties) == ("ann@x", {Duty.CUSTODIAN})
    assert member_of({"groups": "data"}, proxy, NOW) is None
    local = sign_in_of({})
    assert local.way is Entrance.LOCAL
    assert member_of({}, local, NOW).duties == set(Duty)


def test_what_a_proxy_said_ends_for_a_page_that_stays_open():
    """A page that was open kept its duties for ever: whoever was put out of a group stayed in."""
    proxy, told = sign_in_of({"SYNTH_SIGN_IN": "proxy"}), {"email": "a@x", "groups": "synth-c"}
    opened = member_of(told, proxy, NOW, since=NOW)
    assert member_of(told, proxy, NOW + HOLDS - 1, since=NOW).until == opened.until == NOW + HOLDS
    assert member_of(told, proxy, NOW + HOLDS, since=NOW) is None


def test_a_way_to_sign_in_that_is_none_lets_nobody_in():
    with pytest.raises(TeamError, match="no way to sign in"):
        sign_in_of({"SYNTH_SIGN_IN": "none"})


def test_a_service_asks_again():
    approver = known(groups="synth-approvers", exp=NEVER)
    approver.need(Duty.CUSTODIAN, Duty.APPROVER)
    with pytest.raises(NotAllowed, match="for custodians, and you are signed in as ann@x"):
        approver.need(Duty.CUSTODIAN)


def test_a_page_that_was_opened_in_time_gives_nothing_out_afterwards():
    late = known(groups="synth-recipients")  # whose word held then, and does not now
    assert late.duties == {Duty.RECIPIENT}
    with pytest.raises(NotAllowed, match="run out"):
        late.need(Duty.RECIPIENT)


def test_an_address_is_one_person_however_a_proxy_spells_it():
    proxy = sign_in_of({"SYNTH_SIGN_IN": "proxy"})
    one, two = (member_of({"email": e}, proxy, NOW) for e in ("Ann@X", "ann@x"))
    assert one.id == two.id
