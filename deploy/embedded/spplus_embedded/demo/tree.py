"""The region Val-de-Brume: some three hundred structures of six networks, none of which exists.

Post codes begin with 99, which no French town has, and no department is named, for the same reason.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from spplus_contracts import ParentLink, StructureDeclared

ROOT: Final = "VDB"
FIRST_DAY: Final = date(2015, 1, 1)
"""A list names parents without a date; they are taken to have been so from the first day on."""

COLUMNS: Final = (
    "Code SP+ de la structure",
    "Intitulé du réseau",
    "Intitulé de la typologie",
    "Intitulé de la structure",
    "Intitulé structure usager",
    "Code SP+ structure parent",
    "Code postal de la structure",
    "Ville",
    "PAYS",
    "INSEE Département",
    "Actif",
)
"""Those of the official list that the import reads."""

_TOWNS: Final = {
    "Haute-Brume": (
        "Brumeval Orsanne Clairefonds Montgrisel Saint-Aubrin Vieux-Lavoir "
        "Les-Trois-Gués Pierrelune Roquebise Fontagnel"
    ),
    "Brume-et-Lande": (
        "Valombreuse-en-Lande Castelbrun Marsonne Aigueterre Bois-le-Héron "
        "Saint-Lubert Noirétang Courbelande Tournavelle Grandpré-sous-Brume"
    ),
    "Brume-Maritime": (
        "Port-Belline Estrac-sur-Brume Dunesmoutiers La-Criée-aux-Loups Merlande "
        "Anse-Perdue Sablevert Phare-Saint-Goustin Oyatsville Grèvemont"
    ),
}
DEPARTMENTS: Final = tuple(_TOWNS)


class Network(StrEnum):
    """The administrations of the region, as their codes."""

    PREFECTURE = "PRF"
    TAXES = "FIN"
    SCHOOLS = "EDU"
    HEALTH = "CAM"
    EMPLOYMENT = "EMP"
    TOWNS = "COM"


NETWORK_NAMES: Final = {
    Network.PREFECTURE: "Préfectures et sous-préfectures",
    Network.TAXES: "Finances publiques",
    Network.SCHOOLS: "Éducation",
    Network.HEALTH: "Assurance maladie",
    Network.EMPLOYMENT: "Emploi",
    Network.TOWNS: "Communes et France services",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One structure of the region."""

    code: str
    parent: str
    """Empty for the root."""
    network: Network | None
    """None for the region itself."""
    typology: str
    name: str
    town: str = ""
    post_code: str = ""
    serves: bool = False
    """Whether citizens come here, so that stories are about it."""

    @property
    def network_name(self) -> str:
        """As on the list."""
        return NETWORK_NAMES[self.network] if self.network else "Région"

    def declared(self) -> StructureDeclared:
        """What the import must make of it."""
        return StructureDeclared(
            code=self.code,
            version=1,
            name=self.name,
            network=self.network_name,
            typology=self.typology,
            parents=(ParentLink(parent_code=self.parent, valid_from=FIRST_DAY),) if self.parent else (),
            post_code=self.post_code or None,
            town=self.town or None,
        )


def region() -> tuple[Place, ...]:
    """All structures, parents before children."""
    return (
        Place(ROOT, "", None, "Région", "Région Val-de-Brume"),
        *_prefectures(),
        *_taxes(),
        *_schools(),
        *_health(),
        *_employment(),
        *_towns(),
    )


def call_centres(places: Sequence[Place]) -> list[Place]:
    """Those that know only the totals of their calls."""
    return [place for place in places if place.typology == "Plateforme téléphonique"]


def local_heads(places: Sequence[Place], network: Network) -> list[Place]:
    """The offices of a network that each lead one department."""
    return [place for place in places if place.parent == f"{ROOT}-{network}"]


def write_list(places: Sequence[Place], path: Path) -> None:
    """Write the list in the layout of the official one."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writerow(COLUMNS)
        for place in places:
            names = (place.network_name, place.typology, place.name, "")
            writer.writerow((place.code, *names, place.parent, place.post_code, place.town, "France", "", "Oui"))


def _heads(network: Network, regional: tuple[str, str], local: tuple[str, str]) -> Iterator[Place]:
    """The regional office of a network and one for each department; names take the department."""
    yield Place(f"{ROOT}-{network}", ROOT, network, *regional)
    for number, department in enumerate(DEPARTMENTS, start=1):
        typology, name = local
        town, post_code = _town_list(number)[0]
        yield Place(
            f"{ROOT}-{network}-{number}",
            f"{ROOT}-{network}",
            network,
            typology,
            name.format(department),
            town,
            post_code,
        )


def _local(network: Network, typology: str, name: str, *, towns: slice, mark: str = "") -> Iterator[Place]:
    """One office in each of some towns of each department."""
    for number in range(1, len(DEPARTMENTS) + 1):
        parent = f"{ROOT}-{network}-{number}"
        for rank, (town, post_code) in list(enumerate(_town_list(number), start=1))[towns]:
            code = f"{parent}-{mark}{rank:02d}"
            yield Place(code, parent, network, typology, f"{name} {_of(town)}", town, post_code, serves=True)


def _inside(offices: Sequence[Place], mark: str, typology: str) -> Iterator[Place]:
    """One counter inside each office."""
    for office in offices:
        code = f"{office.code}-{mark}"
        name = f"{typology} ({office.town})"
        yield Place(code, office.code, office.network, typology, name, office.town, office.post_code, serves=True)


def _prefectures() -> Iterator[Place]:
    network = Network.PREFECTURE
    heads = list(
        _heads(
            network,
            ("Préfecture de région", "Préfecture de région du Val-de-Brume"),
            ("Préfecture de département", "Préfecture - {}"),
        )
    )
    sub_prefectures = list(_local(network, "Sous-préfecture", "Sous-préfecture", towns=slice(1, 4)))
    yield from heads
    yield from sub_prefectures
    for offices in (heads[1:], sub_prefectures):
        yield from _inside(offices, "T", "Bureau des titres")
        yield from _inside(offices, "E", "Accueil des étrangers")


def _taxes() -> Iterator[Place]:
    network = Network.TAXES
    yield from _heads(
        network,
        ("Direction régionale", "Direction régionale des finances publiques"),
        ("Direction départementale", "Direction départementale des finances publiques - {}"),
    )
    centres = list(_local(network, "Centre des finances publiques", "Centre des finances publiques", towns=slice(0, 5)))
    yield from centres
    yield from _inside(centres, "P", "Service des impôts des particuliers")
    yield from _inside(centres, "E", "Service des impôts des entreprises")


def _schools() -> Iterator[Place]:
    network = Network.SCHOOLS
    yield from _heads(
        network,
        ("Rectorat", "Rectorat de l'académie du Val-de-Brume"),
        ("Direction académique", "Direction académique - {}"),
    )
    yield from _local(network, "Lycée", "Lycée", towns=slice(0, 5), mark="L")
    yield from _local(network, "Collège", "Collège", towns=slice(0, 10), mark="C")


def _health() -> Iterator[Place]:
    network = Network.HEALTH
    heads = list(
        _heads(
            network,
            ("Coordination régionale", "Coordination régionale de l'assurance maladie"),
            ("Caisse primaire", "Caisse primaire d'assurance maladie - {}"),
        )
    )
    yield from heads
    yield from _local(network, "Agence d'accueil", "Agence d'assurance maladie", towns=slice(0, 7))
    for head in heads[1:]:
        name = f"Plateforme téléphonique ({head.town})"
        yield Place(f"{head.code}-TEL", head.code, network, "Plateforme téléphonique", name, head.town, head.post_code)


def _employment() -> Iterator[Place]:
    network = Network.EMPLOYMENT
    yield from _heads(
        network,
        ("Direction régionale", "Direction régionale de l'emploi"),
        ("Direction territoriale", "Direction territoriale de l'emploi - {}"),
    )
    yield from _local(network, "Agence de l'emploi", "Agence de l'emploi", towns=slice(0, 6))


def _towns() -> Iterator[Place]:
    network = Network.TOWNS
    yield from _heads(
        network,
        ("Réseau régional", "Réseau des communes et France services"),
        ("Réseau départemental", "Communes et France services - {}"),
    )
    halls = list(_local(network, "Mairie", "Mairie", towns=slice(0, 10)))
    yield from halls
    yield from _inside(halls, "S", "Espace France services")


def _town_list(number: int) -> list[tuple[str, str]]:
    """Towns of a department, the largest first, with their post codes."""
    names = _TOWNS[DEPARTMENTS[number - 1]].split()
    return [(_spaced(name), f"99{number}{rank:02d}") for rank, name in enumerate(names)]


def _spaced(name: str) -> str:
    """Hyphens join words in the table above; an article stands apart on maps (``La Criée-aux-Loups``)."""
    article, _, rest = name.partition("-")
    return f"{article} {rest}" if article in {"La", "Les"} else name


def _of(town: str) -> str:
    if town.startswith("La "):
        return f"de {town}"
    if town.startswith("Les "):
        return f"des {town.removeprefix('Les ')}"
    return f"d'{town}" if town[0] in "AEIOUÉ" else f"de {town}"
