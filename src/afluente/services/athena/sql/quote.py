"""Names and texts as SQL has them."""


def identifier(name: str) -> str:
    """`name`, quoted."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"
