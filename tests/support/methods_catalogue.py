"""Writes the notifier's copy of the methods: ``python -m tests.support.methods_catalogue`` from the root."""

import json
from dataclasses import asdict
from pathlib import Path

from spplus_indicators.methods import METHODS

CATALOGUE = Path(__file__).parents[2] / "services/notifier/spplus_notifier/methods.json"


def catalogue() -> str:
    """The whole file."""
    methods = [asdict(method) for method in METHODS.values()]
    return json.dumps(methods, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    CATALOGUE.write_text(catalogue(), encoding="utf-8")
