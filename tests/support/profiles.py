"""How many examples a property is tried on: few at each run, many where there is a night for it.

`pytest --hypothesis-profile=nightly` chooses the night.
"""

from hypothesis import settings

NIGHTLY = "nightly"


def register() -> None:
    """Make the profile known; before the tests are collected."""
    settings.register_profile(NIGHTLY, settings.get_profile("default"), print_blob=True)


def examples(few: int, nightly: int) -> int:
    """Examples of the profile that this run has."""
    return nightly if settings.get_current_profile_name() == NIGHTLY else few
