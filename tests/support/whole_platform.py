"""The whole platform as a new user starts it: `spplus up` in a folder of its own, and the commands beside it."""

import os
import signal
import subprocess
import threading
from pathlib import Path

import httpx

BIN = Path(__file__).parents[2] / ".venv/bin"
RUNTIME = Path(__file__).parents[2] / ".spplus/runtime"
START_SECONDS = 120


class WholePlatform:
    """`spplus up` in a folder of its own, on free ports."""

    def __init__(self, folder, **environment):
        self.folder = folder
        self._given = environment
        self._process = None
        self._listener = None
        self._said = []
        self._ready = threading.Event()

    def start(self):
        ports = ("FEEDBACK", "INDICATORS", "NOTIFIER", "KAFKA", "POSTGRES")
        chosen = {f"SPPLUS_UP_{name}_PORT": "0" for name in ports} | {"SPPLUS_UP_RUNTIME": str(RUNTIME)}
        self._process = subprocess.Popen(
            [BIN / "spplus", "up"],
            cwd=self.folder,
            env=self._environment() | chosen | self._given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._ready.wait(START_SECONDS)
        if "ready\n" not in self._said:
            self.stop()
            raise AssertionError("the platform did not start: " + "".join(self._said))

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        finally:
            self._process.kill()
            self._process.wait()
            self._listener.join()
            self._process.stdout.close()

    def run(self, *words):
        """A command of the intake, run beside the platform as its README says."""
        return self.command("spplus-feedback", *words)

    def command(self, program, *words):
        """A command of one of the services, run beside the platform."""
        done = subprocess.run(
            [BIN / program, *map(str, words)],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
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
