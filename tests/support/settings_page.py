"""Writes docs/settings.md from the settings classes: ``python -m tests.support.settings_page`` from the root."""

from pathlib import Path
from typing import Any

from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from spplus_chassis.settings import ServiceSettings
from spplus_embedded.settings import UpSettings
from spplus_feedback.settings import FeedbackSettings
from spplus_indicators.settings import IndicatorsSettings
from spplus_notifier.settings import NotifierSettings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
SERVICES: dict[str, type[ServiceSettings]] = {
    "feedback": FeedbackSettings,
    "indicators": IndicatorsSettings,
    "notifier": NotifierSettings,
}
_HEAD = """# Settings

Every setting is an environment variable. A service also reads `.spplus/platform.env` in the current directory, which
the local platform writes while it runs, so that the commands find it. This page is made from the settings classes:
`.venv/bin/python -m tests.support.settings_page`.
"""
_COLUMNS = "\n| variable | default | what it says |\n|---|---|---|\n"


def variable(settings: type[BaseSettings], name: str, field: FieldInfo) -> str:
    """The environment variable of a field."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        alias = str(alias.choices[0])
    return str(alias) if alias else f"{settings.model_config.get('env_prefix', '')}{name}".upper()


def variables(settings: type[BaseSettings]) -> dict[str, FieldInfo]:
    """Environment variables of a settings class, and the field of each."""
    return {variable(settings, name, field): field for name, field in settings.model_fields.items()}


def page() -> str:
    """The whole page."""
    shared = set.intersection(*(set(variables(settings)) for settings in SERVICES.values()))
    everywhere = variables(ServiceSettings)
    parts = [_HEAD, "\n## Shared by all services\n", _COLUMNS]
    parts += [_row(name, everywhere[name], everywhere[name].default) for name in everywhere if name in shared]
    parts += ["\n## Of each service\n", "\nThe same in each service, under its own prefix.\n", _COLUMNS]
    inherited = [name for name, field in ServiceSettings.model_fields.items() if not field.validation_alias]
    for name in inherited:
        field = next(iter(SERVICES.values())).model_fields[name]
        base = ServiceSettings.model_fields[name]
        ports = ", ".join(str(settings.model_fields[name].default) for settings in SERVICES.values())
        row = _row(f"SPPLUS_<SERVICE>_{name.upper()}", base, ports if name == "http_port" else field.default)
        parts.append(row)
    for service, settings in SERVICES.items():
        own = [name for name in settings.model_fields if name not in ServiceSettings.model_fields]
        parts += [f"\n## {service}\n", _COLUMNS]
        for name in own:
            field = settings.model_fields[name]
            parts.append(_row(variable(settings, name, field), field, field.get_default(call_default_factory=True)))
    parts += ["\n## The local platform (`spplus up`)\n", _COLUMNS]
    parts += [_row(name, field, field.default) for name, field in variables(UpSettings).items()]
    return "".join(parts)


def _row(name: str, field: FieldInfo, default: Any) -> str:
    if field.is_required() and default is field.default:
        shown = "**required**"
    elif default is None or default == "":
        shown = "none"
    else:
        shown = f"`{default}`"
    meaning = " ".join((field.description or "").split())
    return f"| `{name}` | {shown} | {meaning} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
