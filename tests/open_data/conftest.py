"""The platform as a new user starts it, with the official files imported by the commands."""

import time

import pytest

from tests.support.whole_platform import WholePlatform

SETTLE_SECONDS = 150
ROOT_OF_CONSULATES = "hcxcV5NcXy"


@pytest.fixture(scope="session")
def platform(tmp_path_factory):
    platform = WholePlatform(tmp_path_factory.mktemp("platform"))
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture(scope="session")
def structures_file(open_data):
    [found] = open_data.glob("export-structures_*.csv")
    return found


@pytest.fixture(scope="session")
def experiences_file(open_data):
    [found] = open_data.glob("export-experiences-sample.csv")
    return found


@pytest.fixture(scope="session")
def imported(platform, structures_file, experiences_file):
    """The platform after both imports, once all its figures are published; with what the commands printed."""
    platform.structures_said = platform.run("import-structures", structures_file)
    platform.experiences_said = platform.run("import-experiences", experiences_file)
    settle(platform)
    return platform


def settle(platform):
    """Wait until the figures of the root of the consulates and of all above have come to rest."""
    deadline = time.monotonic() + SETTLE_SECONDS
    before = None
    while time.monotonic() < deadline:
        time.sleep(12)  # longer than the least interval between two revisions of a root
        figures = platform.figures(indicator_code="experience_count", period_kind="year")
        now = sorted((item["structure_code"], item["period"]["start"], item["revision"], item["n"]) for item in figures)
        counted = sum(item["n"] for item in figures if item["structure_code"] == ROOT_OF_CONSULATES)
        if now == before and counted == 800:
            return
        before = now
    pytest.fail(f"figures still move, or count other than 800 experiences, after {SETTLE_SECONDS} s: {before}")
