"""The jars of Apache Kafka: which ones, proved by their hashes, kept in one place for all processes.

`kafka.lock` beside this module lists them: `group:artifact:version sha256`, no addresses. jgo knows the repositories
(its settings file may name a mirror) and a local Maven repository is used first. Nothing runs before its hash is right.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from spplus_embedded.errors import PartsError, is_disk_full
from spplus_embedded.locked import exclusive

COORDINATES: Final = ("org.apache.kafka:kafka_2.13:4.3.1", "org.slf4j:slf4j-simple:1.7.36")
Progress = Callable[[int, int], None]
"""Called with how many jars are ready, and of how many."""


@dataclass(frozen=True, slots=True, order=True)
class Jar:
    """One jar and the hash of its bytes."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        """Name of the file."""
        return f"{self.artifact}-{self.version}.jar"

    @property
    def path(self) -> Path:
        """Place in a Maven repository."""
        return Path(*self.group.split("."), self.artifact, self.version, self.filename)

    def matches(self, file: Path) -> bool:
        """Whether the file is there and is this jar, byte for byte."""
        return file.is_file() and sha256_of(file) == self.sha256


def sha256_of(file: Path) -> str:
    """Hash of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_lock(text: str | None = None) -> tuple[Jar, ...]:
    """Read the lock that the package ships (or the given text); PartsError on a line that is not a jar."""
    if text is None:
        text = locked_file().read_text()
    lines = (line.strip() for line in text.splitlines())
    return tuple(_read_line(line) for line in lines if line and not line.startswith("#"))


def locked_file() -> Path:
    """Where the lock is."""
    return Path(__file__).with_name("kafka.lock")


def render_lock(jars: Iterable[Jar]) -> str:
    """Text of a lock."""
    lines = [f"{jar.group}:{jar.artifact}:{jar.version} {jar.sha256}" for jar in sorted(jars)]
    return "\n".join(["# Jars of Apache Kafka and their sha256. Written by `spplus parts lock`.", *lines, ""])


def fetch_jars(runtime: Path, progress: Progress | None = None) -> Path:
    """Folder with every jar of the lock, checked. Fetches what is missing; safe when several processes ask at once."""
    jars = read_lock()
    digest = hashlib.sha256(render_lock(jars).encode()).hexdigest()[:12]
    folder = runtime / f"kafka-{digest}"
    stamp = folder / ".checked"
    if stamp.exists():
        return folder
    try:
        with exclusive(runtime / ".lock"):
            if not stamp.exists():
                folder.mkdir(parents=True, exist_ok=True)
                _fetch_missing(jars, folder, progress)
                stamp.touch()
    except OSError as error:
        if is_disk_full(error):
            raise PartsError(f"the disk of {runtime} is full: 100 MB are needed for the jars of Kafka") from error
        raise
    return folder


def _read_line(line: str) -> Jar:
    coordinate, _, sha256 = line.partition(" ")
    parts = coordinate.split(":")
    if len(parts) != 3 or len(sha256) != 64:  # noqa: PLR2004  # group, artifact, version; hexadecimal sha256
        raise PartsError(f"kafka.lock: not a jar and its sha256: {line!r}")
    group, artifact, version = parts
    return Jar(group, artifact, version, sha256)


def _fetch_missing(jars: tuple[Jar, ...], folder: Path, progress: Progress | None) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch, ThreadPoolExecutor(8) as pool:
        tasks = [pool.submit(_fetch, jar, folder, Path(scratch)) for jar in jars]
        for count, task in enumerate(as_completed(tasks), start=1):
            task.result()
            if progress is not None:
                progress(count, len(jars))


def _fetch(jar: Jar, folder: Path, scratch: Path) -> None:
    """Put one jar into the folder: from there, from a local Maven repository, or from the network."""
    target = folder / jar.filename
    if jar.matches(target):
        return
    from jgo.config import GlobalSettings  # noqa: PLC0415  # slow to import, needed the first time only

    local = Path(GlobalSettings.load().repo_cache) / jar.path
    source = local if jar.matches(local) else download(jar, scratch)
    if not jar.matches(source):
        raise PartsError(f"{jar.filename} is not the file that kafka.lock describes (sha256 differs): refused")
    incoming = target.with_suffix(".incoming")
    shutil.copyfile(source, incoming)
    os.replace(incoming, target)  # noqa: PTH105  # the same as Path.replace, said as the atomic step it is


def download(jar: Jar, repository: Path) -> Path:
    """Let jgo fetch a jar into a Maven repository of ours; PartsError where it cannot."""
    from jgo.config import GlobalSettings  # noqa: PLC0415  # slow to import, needed the first time only
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415  # the same
    from jgo.maven import MavenContext  # noqa: PLC0415  # the same

    remotes = {**GlobalSettings.load().repositories, "central": MAVEN_CENTRAL_URL}
    maven = MavenContext(repo_cache=repository, remote_repos=remotes)
    try:
        return Path(maven.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())
    except Exception as error:
        raise PartsError(
            f"cannot fetch {jar.filename} ({type(error).__name__}: {error}). Is the network there? "
            "A mirror may be named in jgo's settings file ([repositories] in ~/.config/jgo.conf)"
        ) from error
