"""When rows that equal real ones are more than chance would make."""

TOLERATED = 1.15  # copies, as a multiple of what chance alone makes
SLACK = 3.0  # standard errors allowed in that comparison


def too_many(share: float, chance: float, error: float) -> bool:
    """Whether a share of copies is above what chance explains.

    Args:
        chance: the share that chance alone would make.
        error: standard error of their difference.
    """
    return share > TOLERATED * chance + SLACK * error
