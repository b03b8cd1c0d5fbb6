"""The catalogue of published methods: what each figure means, in words.

The texts are for people who want to check a figure. A formula never changes under its version: another formula is a
new version, and figures computed by the old one stay readable.
"""

from typing import Final

from spplus_indicators.method import Method
from spplus_indicators.methods_of_opinions import OPINIONS
from spplus_indicators.methods_of_requests import REQUESTS

METHODS: Final[dict[str, Method]] = {method.code: method for method in (*OPINIONS, *REQUESTS)}
"""Every published indicator by its code, in the order in which they are shown."""
