"""Personal data that is numbers: telephones, social security, accounts, cards, plates, files, addresses of machines."""

import ipaddress
import re
from collections.abc import Callable
from typing import Final

import phonenumbers
from stdnum import iban, luhn
from stdnum.fr import nir

from spplus_feedback.moderation.rules import AFTER, BEFORE, Range, Rule, pattern, words
from spplus_feedback.moderation.spans import Kind

_REGIONS: Final = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "NC", "PF", "WF")
"""France and its territories: where a number without a country's code may be meant to be called."""
_NATIONAL_DIGITS: Final = 10
_LEAST_DIGITS: Final = 8
_MOST_DIGITS: Final = 15
"""By E.164."""
_GAP: Final = r"[ .\-/()]{0,3}"


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def _passes(judge: Callable[[phonenumbers.PhoneNumber], bool], number: str, region: str | None) -> bool:
    try:
        return judge(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _national(found: re.Match[str]) -> Range | None:
    """Ten digits after a zero: written in pairs it is a telephone's shape, otherwise a territory must know it."""
    number = _digits(found.group())
    paired = found["pair"] is not None
    known = any(_passes(phonenumbers.is_valid_number, number, region) for region in _REGIONS)
    return found.span() if paired or known else None


def _international(found: re.Match[str]) -> Range | None:
    """The longest beginning that is in a country's plan, else, after a plus, that might be; `(0)` is not dialled."""
    written = found.group().replace("(0)", "   ")
    ends = [place + 1 for place, character in enumerate(written) if character.isdigit()]
    prefix = 2 if written.startswith("00") else 0
    judges = (phonenumbers.is_valid_number, phonenumbers.is_possible_number)
    for judge in judges[: 1 if prefix else 2]:
        for end in ends[: prefix - len(ends) - 1 : -1]:
            number = _digits(written[:end])[prefix:]
            if _LEAST_DIGITS <= len(number) <= _MOST_DIGITS and _passes(judge, "+" + number, None):
                return found.start(), found.start() + end
    return None


def _nir(found: re.Match[str]) -> Range | None:
    """With a key that is right, or in the groups in which it is always written, or after its name."""
    number = re.sub(r"[^0-9ABab]", "", found["value"])
    if nir.is_valid(number) or found["cue"] or found["grouped"]:
        return found.span("value")
    return None


def _iban(found: re.Match[str]) -> Range | None:
    """The longest beginning whose country, length and checksum are right; after its name any that looks so."""
    written = found["value"]
    ends = [place + 1 for place, character in enumerate(written) if character.isalnum()]
    for end in reversed(ends[_MOST_DIGITS - 1 :]):
        if iban.is_valid(written[:end].upper(), check_country=False):
            return found.start("value"), found.start("value") + end
    return found.span("value") if found["cue"] else None


def _card(found: re.Match[str]) -> Range | None:
    return found.span() if luhn.is_valid(_digits(found.group())) else None


def _address_of_a_machine(found: re.Match[str]) -> Range | None:
    written = found.group()
    if "::" not in written and written.count(":") not in (0, 7):
        return None
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return None
    return found.span()


_NO_PLATES: Final = words(
    """
    CNI RDV EUR KMS KM TVA TTC HT MIN MN ANS AN MOIS
    RUE AV BD FR ET OU DE LE LA EN AU UN DU CP BP CS RER TGV SMS PV
    """
)


def _old_plate(found: re.Match[str]) -> Range | None:
    return None if found["letters"] in _NO_PLATES else found.span()


def _file(found: re.Match[str]) -> Range | None:
    """At least five signs with four digits, and no date."""
    value = found["value"].rstrip(" .-/")
    digits = len(_digits(value))
    if digits < 4 or len(value) < 5 or re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}", value):  # noqa: PLR2004 - see above
        return None
    return found.start("value"), found.start("value") + len(value)


_NATIONAL: Final = rf"""
(?<![0-9A-Za-z+]) (?:
    (?P<pair> 0[1-9] (?: [ .\-/]{{1,2}} [0-9]{{2}} ){{4}} )
    | 0 {_GAP} [1-9] (?: {_GAP} [0-9] ){{8}}
) (?! [0-9] )
"""
_INTERNATIONAL: Final = rf"(?<![0-9A-Za-z+]) (?: \+ | 00 ) [ ]? [1-9] (?: {_GAP} [0-9] ){{7,14}}"
_LOCAL: Final = rf"""
{BEFORE} (?: tel (?:ephone)? | portable | mobile | gsm | fax | whatsapp | joindre[ ]au | appeler[ ]au |
appelez[ ](?:le|au) ) {AFTER}
(?: [ ]? [.:] )? [ ]{{0,2}} (?: (?:est|le|au|n') [ ] )?
(?P<value> [0-9] (?: {_GAP} [0-9] ){{5,13}} ) (?! [0-9] )
"""
_NIR: Final = r"""
(?: (?P<cue> \b (?: secu (?:rite[ ]sociale)? | nir | nss | insee | immatriculation ) \b
[^0-9\n]{0,20} ) | (?<![0-9A-Za-z]) )
(?P<value>
    (?P<grouped> [1-478] [ .\-] [0-9]{2} [ .\-] [0-9]{2} [ .\-] (?: [0-9]{2} | 2[ABab] ) [ .\-] [0-9]{3} [ .\-]
    [0-9]{3} (?: [ .\-]{1,2} [0-9]{2} )? )
    | [1-478] (?: [ .\-/]{0,2} [0-9] ){4} [ .\-/]{0,2} (?: [0-9] [ ]? [0-9] | 2[ ]?[ABab] ) (?: [ .\-/]{0,2} [0-9] ){6}
      (?: [ .\-/]{0,3} [0-9] [ ]? [0-9] )?
) (?! [0-9] )
"""
_IBAN: Final = r"""
(?: (?P<cue> (?<![A-Za-z]) (?:iban|rib) (?![A-Za-z]) [^0-9\n]{0,15}? ) | (?<![0-9A-Za-z]) )
(?P<value> [A-Za-z]{2} [ ]? [0-9]{2} (?: [ \-]? [A-Za-z0-9] ){11,30} )
"""
_CARD: Final = r"(?<![0-9]) [3-6] (?: [ \-]? [0-9] ){12,18} (?! [0-9] )"
_LETTER: Final = "[A-HJ-NP-TV-Z]"
_PLATE: Final = (
    rf"{BEFORE} {_LETTER}{{2}} (?: -[ ]? | [ ]-?[ ]? )? [0-9]{{3}} (?: -[ ]? | [ ]-?[ ]? )? {_LETTER}{{2}} {AFTER}"
)
_SMALL_PLATE: Final = rf"{BEFORE} {_LETTER}{{2}} - [0-9]{{3}} - {_LETTER}{{2}} {AFTER}"
_OLD_PLATE: Final = rf"""
{BEFORE} [1-9][0-9]{{1,3}} [ \-]? (?P<letters> [A-Z]{{2,3}} ) [ \-]? (?: 97[1-8] | 2[AB] | 0[1-9] | [1-8][0-9] |
9[0-5] ) {AFTER}
"""
_IP4: Final = r"(?<![0-9.]) (?: [0-9]{1,3} \. ){3} [0-9]{1,3} (?! \.?[0-9] )"
_IP6: Final = r"(?<![0-9A-Za-z:]) (?: [0-9A-Fa-f]{0,4} : ){2,7} [0-9A-Fa-f]{0,4} (?! [0-9A-Za-z:] )"
_TAX: Final = r"(?<![0-9A-Za-z+]) [0-3] (?: [ ]? [0-9] ){12} (?! [ ]?[0-9] )"
_LONG: Final = rf"{BEFORE} (?! (?:19|20)[0-9]{{6}} (?![0-9]) ) [0-9]{{8,20}} {AFTER}"
_PASSPORT: Final = rf"{BEFORE} [0-9]{{2}} [A-Z]{{2}} [0-9]{{5}} {AFTER}"
_CASE: Final = r"""
(?<![A-Za-z]) (?<! loi[ ] ) (?<! decret[ ] ) (?<! article[ ] ) (?<! arrete[ ] ) (?<! circulaire[ ] ) (?:
    (?:
        dossiers? | references? | ref | demande | contrat | allocataire | caf | matricule | identifiant | passeport
        | cni
        | recepisse | suivi | commande | facture | client | siret | siren | neph | numic | etranger | agdref | permis
        | fiscal | adherent | beneficiaire | inscription | teledossier | numero | num | no
    ) (?![A-Za-z])
    | n°
)
(?: [ ]? (?:
    (?:
        numero | num | no | n | est | sous | le | la | de | du | dossier | fiscal | caf | allocataire | client
    ) (?![A-Za-z])
    | n° | [:.\-#=(]
) ){0,4}
[ ]{0,2} (?P<value>
    (?:
        (?! (?: en | de | du | le | la | au | a | et | sur | fin | par | ce | un | avant | des | il | y ) [ ] )
        [A-Za-z]{1,5} [ \-/]?
    )?
    [0-9] (?: [ .\-/]? [A-Za-z]{0,2} [0-9] ){3,24} (?: [ \-]? [A-Z] )?
) (?![A-Za-z0-9])
"""

RULES: Final = (
    Rule(Kind.IBAN, pattern(_IBAN, any_case=True), _iban, restart=True),
    Rule(Kind.NIR, pattern(_NIR, any_case=True), _nir, restart=True),
    Rule(Kind.CARD, pattern(_CARD), _card),
    Rule(Kind.PHONE, pattern(_NATIONAL), _national),
    Rule(Kind.PHONE, pattern(_INTERNATIONAL), _international),
    Rule(Kind.PHONE, pattern(_LOCAL, any_case=True)),
    Rule(Kind.IP, pattern(_IP4), _address_of_a_machine),
    Rule(Kind.IP, pattern(_IP6), _address_of_a_machine),
    Rule(Kind.PLATE, pattern(_PLATE)),
    Rule(Kind.PLATE, pattern(_SMALL_PLATE, any_case=True)),
    Rule(Kind.PLATE, pattern(_OLD_PLATE), _old_plate),
    Rule(Kind.FILE_NUMBER, pattern(_TAX)),
    Rule(Kind.FILE_NUMBER, pattern(_PASSPORT)),
    Rule(Kind.FILE_NUMBER, pattern(_CASE, any_case=True), _file, restart=True),
    Rule(Kind.FILE_NUMBER, pattern(_LONG)),
)
"""In order of trust: of two finds at the same place the first rule's stands."""
