"""When equal rows are more than chance would make."""

TOLERATED = 1.15  # copies of used rows, as a multiple of matches with held-out ones
SLACK = 3.0  # standard errors of chance allowed in that comparison
