"""Looking for a word in every table of a database, whatever the type of the column that holds it."""

import asyncpg

_TABLES = """
SELECT quote_ident(table_schema) || '.' || quote_ident(table_name)
FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
ORDER BY 1
"""


async def tables_with(dsn: str, word: str) -> set[str]:
    """Tables of which some row holds the word: as text, in JSON, in a search vector, or in bytes."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = [row[0] for row in await connection.fetch(_TABLES)]
        assert tables
        found = set()
        for table in tables:
            sql = f"SELECT EXISTS (SELECT FROM {table} AS held WHERE held::text ILIKE ANY ($1::text[]))"
            patterns = [f"%{each}%" for each in (word, word.encode().hex())]
            if await connection.fetchval(sql, patterns):
                found.add(table.removeprefix("public."))
        return found
    finally:
        await connection.close()
