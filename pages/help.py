"""The documentation, without leaving the app."""

from synth.api.team.members import Duty
from ui.help import show_page
from ui.shell.signed_in import need

need(*Duty)
show_page()
