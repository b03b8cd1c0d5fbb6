import hashlib
import re
from pathlib import Path

import pytest

from spplus_embedded import jars
from spplus_embedded.errors import PartsError
from spplus_embedded.jars import COORDINATES, Jar, fetch_jars, locked_file, read_lock, render_lock

BYTES = b"the bytes of a jar"


def a_jar(name: str = "one", content: bytes = BYTES) -> Jar:
    return Jar("org.example", name, "1.0", hashlib.sha256(content).hexdigest())


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A local Maven repository, and a network that is down."""
    folder = tmp_path / "m2"
    monkeypatch.setenv("M2_REPO", str(folder))
    monkeypatch.setattr(jars, "download", refuse_download)
    return folder


def refuse_download(jar: Jar, _repository: Path) -> Path:
    raise PartsError(f"cannot fetch {jar.filename}")


def lock_of(monkeypatch: pytest.MonkeyPatch, *locked: Jar) -> None:
    monkeypatch.setattr(jars, "read_lock", lambda: locked)


def put(repository: Path, jar: Jar, content: bytes) -> None:
    (repository / jar.path).parent.mkdir(parents=True)
    (repository / jar.path).write_bytes(content)


def test_shipped_lock_has_kafka_and_a_log_binding() -> None:
    locked = {f"{jar.group}:{jar.artifact}:{jar.version}" for jar in read_lock()}
    assert set(COORDINATES) <= locked


def test_shipped_lock_names_no_address() -> None:
    assert not re.search(r"https?:|//|\bwww\.", locked_file().read_text())


def test_lock_survives_writing_and_reading() -> None:
    locked = (a_jar("one"), a_jar("two", b"other"))
    assert read_lock(render_lock(reversed(locked))) == locked


@pytest.mark.parametrize("line", ["org.example:one", "org.example:one:1.0 abc", "one 1.0 " + "0" * 64])
def test_lock_with_a_line_that_is_no_jar_is_refused(line: str) -> None:
    with pytest.raises(PartsError, match=re.escape(repr(line))):
        read_lock(line)


def test_jar_of_the_local_repository_is_taken(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_of(monkeypatch, a_jar())
    put(repository, a_jar(), BYTES)
    folder = fetch_jars(tmp_path / "runtime")
    assert (folder / "one-1.0.jar").read_bytes() == BYTES


def test_altered_jar_of_the_local_repository_is_not_taken(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_of(monkeypatch, a_jar())
    put(repository, a_jar(), b"altered")
    with pytest.raises(PartsError, match=r"cannot fetch one-1\.0\.jar"):
        fetch_jars(tmp_path / "runtime")


@pytest.mark.usefixtures("repository")
def test_altered_download_is_refused_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deliver(jar: Jar, repository: Path) -> Path:
        file = repository / jar.filename
        file.write_bytes(b"altered")
        return file

    lock_of(monkeypatch, a_jar())
    monkeypatch.setattr(jars, "download", deliver)
    with pytest.raises(PartsError, match="sha256 differs"):
        fetch_jars(tmp_path / "runtime")
    assert not list((tmp_path / "runtime").rglob("*.jar"))


@pytest.mark.usefixtures("repository")
def test_fetching_again_after_a_failure_completes_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deliver(jar: Jar, repository: Path) -> Path:
        file = repository / jar.filename
        file.write_bytes(BYTES)
        return file

    lock_of(monkeypatch, a_jar("one"), a_jar("two"))
    with pytest.raises(PartsError):
        fetch_jars(tmp_path / "runtime")
    monkeypatch.setattr(jars, "download", deliver)
    counts: list[tuple[int, int]] = []
    folder = fetch_jars(tmp_path / "runtime", lambda ready, total: counts.append((ready, total)))
    assert sorted(file.name for file in folder.glob("*.jar")) == ["one-1.0.jar", "two-1.0.jar"]
    assert counts == [(1, 2), (2, 2)]


def test_checked_folder_is_not_looked_at_again(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_of(monkeypatch, a_jar())
    put(repository, a_jar(), BYTES)
    first = fetch_jars(tmp_path / "runtime")
    (repository / a_jar().path).unlink()
    assert fetch_jars(tmp_path / "runtime") == first
