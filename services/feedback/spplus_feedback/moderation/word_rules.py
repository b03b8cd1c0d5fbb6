"""Personal data that is words: addresses on the net and in the street, names after a title, dates of birth."""

import re
from typing import Final

from spplus_feedback.moderation.rules import AFTER, BEFORE, Range, Rule, pattern, words
from spplus_feedback.moderation.spans import Kind

_NO_NAMES: Final = words(
    """
    Madame Monsieur Mademoiselle Mme Mlle Consul Consule Consulat Ambassadeur Ambassadrice Ambassade Maire Mairie Prefet
    Prefete President Presidente Ministre Directeur Directrice Juge Procureur Depute Deputee Senateur Senatrice Recteur
    Bonjour Bonsoir Merci Je Il Elle On Nous Vous Ils Elles Le La Les Un Une Des Du De En Et Ou Qui Que Pour Par Dans
    Ce Cette Ces Mon Ma Mes Votre Vos Notre Nos Si Mais Donc Or Ni Car Au Aux Suite Objet Cordialement France Voici
    Voila Conseiller Conseillere Responsable Agent Chef Secretaire Inspecteur Inspectrice Officier Tout Tous Lorsque
    Quand Apres
    """
)
_SMALL_NO_NAMES: Final = words(
    """
    le la les un une des du de en et ou qui que pour par dans ce cette ces mon ma mes votre vos notre nos si mais au aux
    est etait a ont sont tres bien pas plus ne me te se tout tous monsieur madame maire prefet consul tres avec sans sur
    nous vous ils elles il elle on je machin truc chose bonjour merci dit disait repond aussi puis
    """
)


_PARTICLES: Final = words("le la les l de du des d van von el ben")


def _host(found: re.Match[str]) -> Range | None:
    """Without the punctuation that ends a sentence."""
    return found.start(), found.start() + len(found.group().rstrip(".,;:!?)]}'\""))


def _name(found: re.Match[str]) -> Range | None:
    """Unless it names an office, or a sentence goes on."""
    words = re.split(r"[ \-'.]+", found["value"])
    first = next((word for word in words if word.lower() not in _PARTICLES), "")
    return None if not first or first.capitalize() in _NO_NAMES else found.span("value")


def _small_name(found: re.Match[str]) -> Range | None:
    return None if found["value"].lower() in _SMALL_NO_NAMES else found.span("value")


def _town(found: re.Match[str]) -> Range | None:
    first = found["town"].split(" ")[0].split("-")[0].lower()
    return None if first in _NO_TOWNS else found.span()


_NO_TOWNS: Final = words(
    """
    euro euros eur usd francais francaise francaises km kms personnes fois je il on dollars chf et
    """
)

_EMAIL: Final = r"""
(?<![A-Za-z0-9._%+\-]) [A-Za-z0-9_] [A-Za-z0-9._%+\-]{0,63}
(?: [ ]?@[ ]? | [ ]? [(\[{] [ ]? (?:at|arobase|a|@) [ ]? [)\]}] [ ]? | [ ] (?:arobase|at) [ ] )
[A-Za-z0-9] [A-Za-z0-9\-]{0,62} (?: (?: \. | [ ](?:point|dot)[ ] | [ ]?\[(?:point|dot)\][ ]? )
[A-Za-z0-9\-]{1,63} ){1,6}
"""
_LINK: Final = r"(?<![A-Za-z0-9]) (?: https?:// | www\. ) [^ \n<>\"«»]{2,2000}"
_PATH: Final = r"(?<![A-Za-z0-9@.\-]) (?: [a-z0-9\-]{2,63} \. ){1,4} [a-z]{2,12} / [^ \n<>\"«»]{1,2000}"

_WORD: Final = r"[A-Za-z][A-Za-z'\-]{0,30}"
_CAPITAL: Final = r"[A-Z][A-Za-z'\-]{0,30}"
_PARTICLE: Final = r"""
(?:
    (?: d' | l' | de[ ]l' ) [ ]?
    | (?: de[ ]la | de | du | des | la | le | les | aux | au | sur | sous | saint | sainte | st | ste ) [ ]
)
"""
_SURE_WAYS: Final = r"""
(?: rue | avenue | av | ave | bd | bld | blvd | boulevard | chemin | chem | impasse | imp | allees? |
lotissement
    | residence | hameau | lieu-?dit | sentier | faubourg | fbg | fg | esplanade | ruelle | traverse |
    rond-point | chaussee | montee | clos ) (?![A-Za-z])"""
_WAYS: Final = r"""
(?: place | pl | route | rte | quai | cours | square | sq | passage | villa | cite | domaine | voie | parvis
    | promenade | mail | parc | cour | residence | batiment | lot ) (?![A-Za-z])"""
_NUMBER: Final = r"""
(?<![0-9A-Za-z/]) [0-9]{1,4} (?: [ ]? (?: bis | ter | quater | [a-d](?![A-Za-z0-9]) ) )? (?: [ ]?- [ ]?
[0-9]{1,4} )? [ ]?,? [ ]?
"""
_MORE: Final = rf"(?: (?: [ ] | - ) (?! (?:BP|CS|TSA)[ ] ) (?: {_PARTICLE}{{0,2}} {_CAPITAL} ) ){{0,5}}"
_POST_TOWN: Final = rf"""
(?: [ ]?[,\n\-]? [ ]?\n?[ ]? (?: [A-Z]{{1,2}}- )? (?: 0[1-9] | [1-8][0-9] | 9[0-578] ) [ ]? [0-9]{{3}} (?![0-9])
(?: [ ] {_WORD} (?: [ \-] {_CAPITAL} ){{0,4}} (?: [ ] cedex (?: [ ] [0-9]{{1,2}} )? )? )? )?
"""
_SURE_STREET: Final = (
    rf"{_NUMBER} (?i:{_SURE_WAYS}) \.? [ ] (?! et[ ] ) (?i:{_PARTICLE}){{0,2}} {_WORD} {_MORE} (?i: {_POST_TOWN} )"
)
_STREET: Final = rf"{_NUMBER} (?i:{_WAYS}) \.? [ ] (?i:{_PARTICLE}){{0,2}} {_CAPITAL} {_MORE} (?i: {_POST_TOWN} )"
_BOX: Final = rf"{BEFORE} (?: B\.?[ ]?P\.? | CS | TSA ) [ ]? [0-9]{{2,6}} {AFTER} (?i: {_POST_TOWN} )"
_CODE_TOWN: Final = rf"""
(?<![0-9A-Za-z.,/\-]) (?: 0[1-9] | [1-8][0-9] | 9[0-578] ) [0-9]{{3}} [ ] (?P<town> {_CAPITAL} (?: [ \-] (?:
{_PARTICLE} )? {_CAPITAL} ){{0,4}} )
"""
_LIVES: Final = rf"""
{BEFORE} (?: habite | domiciliee? | demeurant | reside | residant ) [^\n.]{{0,30}}? (?P<value> [0-9]{{5}} [ ]
{_WORD} )
"""

_TITLE: Final = r"""
(?: M\. | M | MM\. | Mr\.? | MR\.? | Mme\.? | MME | Mmes | Mlle\.? | MLLE | Monsieur | MONSIEUR | Madame |
MADAME | Mademoiselle | Me | Maitre | Dr\.? | Docteur | Pr\.? | Professeur )
"""
_FAMILY: Final = rf"""
(?: (?: [A-Z]\.[ ]? ){{0,3}} (?: (?: d' | de[ ]la | de | du | des | le | la | van | von | el | ben ) [ ]?
){{0,2}} {_CAPITAL} | [A-Z]\. )
"""
_NAME: Final = rf"""
{BEFORE} {_TITLE} [ ]{{1,2}} (?P<value> (?! (?:de|du|des|le|la)[ ] (?:la[ ])? [a-z] ) {_FAMILY} (?: [ ]
{_FAMILY} ){{0,3}} ) {AFTER}
"""
_SMALL_NAME: Final = (
    rf"{BEFORE} (?: mme | mlle | mr ) \.? [ ] (?P<value> [a-z]{{3,30}} (?: - [a-z]{{2,30}} )? ) {AFTER}"
)
_CALLED: Final = rf"""
{BEFORE} (?i: je[ ]m'appelle | mon[ ]nom[ ]est | je[ ]soussignee? (?:\(e\))? ,? ) [ ] (?:
(?:M\.|Mme|Mlle|Monsieur|Madame) [ ] )? (?P<value> {_FAMILY} (?: [ ] {_FAMILY} ){{0,3}} )
"""
_DATE: Final = r"""(?: [0-9]{1,2} [ ]? [/.\-] [ ]? [0-9]{1,2} [ ]? [/.\-] [ ]? (?:[0-9]{4}|[0-9]{2})
    | [0-9]{1,2} (?:er)? [ ] (?: janvier | fevrier | mars | avril | mai | juin | juillet | aout | septembre |
    octobre | novembre | decembre ) [ ] [0-9]{4} )"""
_BORN: Final = rf"""
{BEFORE} (?: nee?s? (?: \(e\) | \.e | -e )? | date[ ]de[ ]naissance | naissance | ddn ) (?: [ ] a [ ]
[^0-9\n]{{1,40}}? )? [ ]?[:,]? [ ]? (?:le[ ]|du[ ])? (?P<value> {_DATE} ) (?![0-9])
"""

RULES: Final = (
    Rule(Kind.EMAIL, pattern(_EMAIL, any_case=True), _host),
    Rule(Kind.URL, pattern(_LINK, any_case=True), _host),
    Rule(Kind.URL, pattern(_PATH, any_case=True), _host),
    Rule(Kind.BIRTH_DATE, pattern(_BORN, any_case=True)),
    Rule(Kind.ADDRESS, pattern(_SURE_STREET)),
    Rule(Kind.ADDRESS, pattern(_STREET)),
    Rule(Kind.ADDRESS, pattern(_BOX)),
    Rule(Kind.ADDRESS, pattern(_CODE_TOWN), _town),
    Rule(Kind.ADDRESS, pattern(_LIVES, any_case=True)),
    Rule(Kind.NAME, pattern(_CALLED), _name),
    Rule(Kind.NAME, pattern(_NAME), _name),
    Rule(Kind.NAME, pattern(_SMALL_NAME, any_case=True), _small_name),
)
"""In order of trust, all after those of numbers."""
