"""The platform as a new user starts it, with the official files imported by the commands."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest

BIN = Path(__file__).parents[2] / ".venv/bin"
RUNTIME = Path(__file__).parents[2] / ".spplus/runtime"
START_SECONDS = 120
SETTLE_SECONDS = 150
ROOT_OF_CONSULATES = "hcxcV5NcXy"


class Platform:
    """`spplus up` in a folder of its own, on free ports."""

    def __init__(self, folder):
        self.folder = folder
        self._process = None
        self._said = []
        self._ready = threading.Event()

    def start(self):
        ports = ("FEEDBACK", "INDICATORS", "NOTIFIER", "KAFKA", "POSTGRES")
        chosen = {f"SPPLUS_UP_{name}_PORT": "0" for name in ports} | {"SPPLUS_UP_RUNTIME": str(RUNTIME)}
        self._process = subprocess.Popen(
            [BIN / "spplus", "up"],
            cwd=self.folder,
            env=self._environment() | chosen,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        assert self._ready.wait(START_SECONDS), "".join(self._said)

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()

    def run(self, *words):
        """A command of the intake, run beside the platform as its README says."""
        done = subprocess.run(
            [BIN / "spplus-feedback", *map(str, words)],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def setting(self, name):
        lines = (self.folder / ".spplus/platform.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)[name].strip("'\"")

    def address(self, service):
        return f"http://127.0.0.1:{self.setting(f'SPPLUS_{service.upper()}_HTTP_PORT')}"

    def figures(self, **params):
        """All published figures of a question, page by page."""
        items, cursor = [], None
        with httpx.Client(base_url=self.address("notifier"), timeout=30) as client:
            while True:
                page = client.get("/v1/indicators", params=params | ({"cursor": cursor} if cursor else {}))
                page.raise_for_status()
                items += page.json()["items"]
                cursor = page.json()["next"]
                if cursor is None:
                    return items

    def _listen(self):
        for line in self._process.stdout:
            self._said.append(line)
            if line.strip() == "ready":
                self._ready.set()
        self._ready.set()

    @staticmethod
    def _environment():
        return {name: value for name, value in os.environ.items() if not name.startswith("SPPLUS_")}


@pytest.fixture(scope="session")
def platform(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("platform"))
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
