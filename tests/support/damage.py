"""Ways in which the tables of scoring can be damaged, by the kind of difference that an audit then names."""

from tests.support.builders import a_feedback, a_structure

DAMAGES = {
    "counted": "UPDATE ledger SET counted = '[]' WHERE request_id = 'request-0'",
    "tally": """UPDATE tallies SET own = replace(own, '"positive":3', '"positive":4') WHERE structure_code = '12345'""",
    "pooled tally": """UPDATE tallies SET pooled = '{"experiences":1}' WHERE structure_code = 'root'""",
    "closure": "DELETE FROM closure WHERE ancestor = 'root' AND descendant = '12345'",
    "figure": "UPDATE figures SET value = value + 1 WHERE indicator_code = 'experience_count' AND period_kind = 'year'",
    "history": "DELETE FROM history WHERE structure_code = 'root'",
}


async def publish_some(it):
    """Three experiences about a structure under a root, published."""
    await it.take(a_structure(code="root"), a_structure(parent="root"))
    await it.take(*(a_feedback(request_id=f"request-{number}") for number in range(3)))
    await it.publish()
