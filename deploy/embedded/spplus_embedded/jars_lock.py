"""Writing `kafka.lock`: jgo resolves Kafka's runtime jars, and their hashes are written down."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from spplus_embedded.jars import COORDINATES, Jar, download, render_lock, sha256_of
from spplus_embedded.java import find_java


def lock_jars(target: Path) -> int:
    """Resolve, fetch, hash, write; returns the number of jars."""
    import jgo  # noqa: PLC0415  # slow to import, needed by this command only

    java = find_java()
    os.environ["JAVA_HOME"] = str(java.parent.parent)
    os.environ["PATH"] = f"{java.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    found = [Jar(one.groupId, one.artifactId, one.version, "") for one in jgo.resolve("+".join(COORDINATES))]
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(8) as pool:
        jars = list(pool.map(lambda jar: _hashed(jar, Path(scratch)), found))
    target.write_text(render_lock(jars))
    return len(jars)


def _hashed(jar: Jar, repository: Path) -> Jar:
    return Jar(jar.group, jar.artifact, jar.version, sha256_of(download(jar, repository)))
