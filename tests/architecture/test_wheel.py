"""The contracts are a package that an agency installs: it builds, is typed and brings pydantic alone."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_of_the_contracts_holds_its_modules_and_needs_pydantic_only(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path],
        cwd=ROOT / "contracts",
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("spplus_contracts-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        [about] = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = packed.read(about).decode()
    modules = {f"spplus_contracts/{path.name}" for path in (ROOT / "contracts" / "spplus_contracts").glob("*.py")}
    assert modules | {"spplus_contracts/py.typed"} <= names
    needs = [line.split()[1].split(">")[0] for line in metadata.splitlines() if line.startswith("Requires-Dist:")]
    assert needs == ["pydantic"]
