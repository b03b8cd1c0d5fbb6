"""Methods as people read them: a quotient in two lines, an explanation in sentences, nothing lost."""

import pytest

from spplus_notifier.methods import METHODS


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.code)
def test_explanation_in_sentences_loses_no_word(method):
    assert " ".join(method.sentences) == method.explanation
    assert all(one[-1] in ".?" for one in method.sentences)


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("experience_satisfaction", ("positives", "positives + neutres + négatives")),
        (
            "experience_net_sentiment",
            ("100 \u00d7 (positives \u2212 négatives)", "positives + neutres + négatives"),
        ),
        ("answer_delay_median", ("médiane des délais de première réponse",)),
    ],
)
def test_formula_says_what_is_divided_by_what(code, parts):
    assert METHODS[code].quotient == parts
