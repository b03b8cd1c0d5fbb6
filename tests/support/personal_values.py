"""Personal data that nobody has, drawn from a seed, in the many ways in which people write it."""

import random
import string
from collections.abc import Callable

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from stdnum import luhn
from stdnum.fr import nir
from stdnum.iso7064 import mod_97_10

from spplus_feedback.moderation.spans import Kind

FIRST = ("Awa", "Jean-Pierre", "Éloïse", "Mohamed", "Zoé", "Lucette", "Noël", "Inès", "Gaël", "Françoise")
LAST = (
    "Dupont",
    "Le Goff",
    "N'Diaye",
    "MARTIN",
    "de La Tour",
    "García",
    "Lefèvre-Roux",
    "Nguyen",
    "D'Ormesson",
    "El Amrani",
)
STREETS = (
    "rue des Lilas",
    "avenue du Général de Gaulle",
    "bd Voltaire",
    "boulevard de la Liberté",
    "chemin du Moulin",
    "impasse Jean Moulin",
    "place de la République",
    "allée des Cèdres",
    "quai de Bacalan",
    "route de Nantes",
    "cours Gambetta",
    "rue saint-honoré",
    "rue victor hugo",
    "square Émile Zola",
)
TOWNS = (
    "75011 Paris",
    "69003 LYON",
    "29200 Brest",
    "97400 Saint-Denis",
    "13001 marseille",
    "06000 Nice",
    "59000 Lille Cedex",
)
HOSTS = ("orange.fr", "gmail.com", "free.fr", "mairie-bourg.example", "laposte.net", "univ.example.ac.uk", "wanadoo.fr")
ABROAD = ("CH", "BE", "DE", "GB", "US", "MA", "SN", "DZ", "ES", "PT", "IT", "CA", "TN", "VN", "BR", "AU")
OVERSEAS = ("GP", "MQ", "GF", "RE", "YT", "NC", "PF", "PM", "WF")
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "décembre")
Draw = Callable[[random.Random], str]


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def phone(rng: random.Random) -> str:
    where = rng.random()
    if where < 0.6:
        number = rng.choice("123456679") + digits(rng, 8)
        pairs = [f"0{number[0]}", *(number[at : at + 2] for at in range(1, 9, 2))]
        separator = rng.choice((" ", ".", "-", "", "", " ", "\u00a0", "\u202f", "/"))
        if rng.random() < 0.25:
            return rng.choice(("+33 ", "+33", "0033 ", "+33 (0)")) + " ".join([pairs[0][1:], *pairs[1:]])
        return separator.join(pairs)
    region = rng.choice(OVERSEAS if where < 0.8 else ABROAD)
    kind = rng.choice((PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE))
    number = phonenumbers.example_number_for_type(region, kind)
    form = rng.choice((PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164))
    return phonenumbers.format_number(number, form)


def email(rng: random.Random) -> str:
    local = (
        f"{rng.choice(FIRST)}{rng.choice(('.', '_', '-', ''))}{rng.choice(LAST)}{rng.choice(('', '', '75', '1962'))}"
    )
    plain = "".join(one for one in local.lower() if one.isascii() and one not in " '")
    at = rng.choice(("@", "@", "@", "@", " @ ", "(at)", " [at] ", " arobase "))
    return plain + at + rng.choice(HOSTS)


def social_security(rng: random.Random) -> str:
    place = rng.choice((f"{rng.randint(1, 95):02}", f"{rng.randint(21, 95)}", "2A", "2B"))
    if place == "20":
        place = "21"
    born = f"{rng.randint(30, 99):02}{rng.randint(1, 12):02}"
    body = f"{rng.choice('12')}{born}{place}{rng.randint(1, 990):03}{rng.randint(1, 999):03}"
    whole = body + nir.calc_check_digits(body)
    return rng.choice((nir.format(whole), whole, whole[:13] + " " + whole[13:]))


def account(rng: random.Random) -> str:
    country, length = rng.choice((("FR", 23), ("FR", 23), ("BE", 12), ("DE", 18), ("ES", 20)))
    body = digits(rng, length)
    check = mod_97_10.calc_check_digits(body + country)
    whole = country + check + body
    spaced = " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))
    return rng.choice((whole, spaced, spaced.lower()))


def card(rng: random.Random) -> str:
    body = rng.choice(("4", "51", "55", "4970")) + digits(rng, 15)
    body = body[:15]
    whole = body + luhn.calc_check_digit(body)
    return rng.choice(("", " ", "-")).join(whole[at : at + 4] for at in range(0, 16, 4))


def plate(rng: random.Random) -> str:
    letters = "ABCDEFGHJKLMNPQRSTVWXYZ"
    two = ["".join(rng.choice(letters) for _ in range(2)) for _ in range(2)]
    if rng.random() < 0.75:
        return rng.choice(("-", " ", "", "-")).join((two[0], digits(rng, 3), two[1]))
    return f"{rng.randint(100, 9999)} {two[0]} {rng.randint(10, 95)}"


def address(rng: random.Random) -> str:
    number = f"{rng.randint(1, 240)}{rng.choice(('', '', '', ' bis', ' ter'))}"
    street = f"{number}{rng.choice((' ', ' ', ', '))}{rng.choice(STREETS)}"
    town = rng.choice(TOWNS)
    return rng.choice((f"{street}, {town}", f"{street} {town}", street, f"BP {rng.randint(10, 9999)} {town}"))


def name(rng: random.Random) -> str:
    return rng.choice((rng.choice(LAST), f"{rng.choice(FIRST)} {rng.choice(LAST)}", rng.choice(LAST).upper()))


def file_number(rng: random.Random) -> str:
    return rng.choice(
        (
            rng.choice("0123") + digits(rng, 12),
            f"20{rng.randint(18, 23)}-{digits(rng, 5)}",
            digits(rng, 10),
            f"{rng.choice(('A', 'DN', 'REF-'))}{digits(rng, 7)}",
            digits(rng, 7),
            f"{digits(rng, 2)}{rng.choice(('AB', 'CX'))}{digits(rng, 5)}",
        )
    )


def machine(rng: random.Random) -> str:
    four = ".".join(str(rng.randint(1, 254)) for _ in range(4))
    return rng.choice((four, f"2a01:e0a:{rng.randint(1, 999):x}:{rng.randint(1, 999):x}::1"))


def link(rng: random.Random) -> str:
    host = f"{rng.choice(('facebook', 'linkedin', 'exemple'))}.{rng.choice(('com', 'fr', 'org'))}"
    page = f"{host}/{rng.choice(('in/', 'u/', ''))}{digits(rng, 6)}"
    return rng.choice(("https://www.", "http://", "www.", "")) + page


def birth(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1930, 2005)
    return rng.choice((f"{day:02}/{month:02}/{year}", f"{day}.{month}.{year}", f"{day} {rng.choice(MONTHS)} {year}"))


VALUES: dict[Kind, tuple[Draw, tuple[str, ...]]] = {
    Kind.PHONE: (phone, ("Je suis joignable au {}", "Mon téléphone : {}", "{}", "Rappelez-moi ({})")),
    Kind.EMAIL: (email, ("Mon adresse est {}", "Écrivez à {}", "{}", "(mail de {})")),
    Kind.ADDRESS: (address, ("J'habite {}", "Le courrier est parti au {}", "{}", "Adresse : {}")),
    Kind.NIR: (social_security, ("Mon numéro de sécurité sociale est {}", "N° sécu : {}", "{}")),
    Kind.IBAN: (account, ("Mon IBAN est {}", "Virement sur {}", "{}")),
    Kind.CARD: (card, ("Payé avec la carte {}", "{}")),
    Kind.PLATE: (plate, ("Mon véhicule {} est immobilisé", "Immatriculation : {}", "{}")),
    Kind.NAME: (
        name,
        ("J'ai vu Mme {} au guichet", "M. {} m'a répondu", "Monsieur {} était absent", "Je m'appelle {}", "Dr {}"),
    ),
    Kind.FILE_NUMBER: (
        file_number,
        ("Dossier n° {}", "ma demande numéro {}", "Référence : {}", "numéro fiscal {}", "allocataire CAF {}"),
    ),
    Kind.IP: (machine, ("Connecté depuis {}", "{}")),
    Kind.URL: (link, ("Voir {}", "{}")),
    Kind.BIRTH_DATE: (birth, ("Je suis né le {}", "née à Lyon le {}", "Date de naissance : {}")),
}
"""How each kind is drawn, and sentences that people put around it."""
