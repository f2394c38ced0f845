"""Files as lines, in DuckDB: one column, `l`, whatever the lines hold; NULL for an empty line."""

from afluente.services.athena.reader.relation import PATH, Request

SEPARATOR = "'\x01\x02\x03\x04'"
"""Never in a text file, so a line is one field."""


def lines(request: Request, skip: int = 0) -> str:
    """A SELECT of every line of the files, and of their paths when wanted."""
    options = [
        "columns = {'l': 'VARCHAR'}", f"delim = {SEPARATOR}", "quote = ''", "escape = ''", "header = false",
        "auto_detect = false", "strict_mode = false", f"compression = '{request.files[0].compression}'",
    ]  # fmt: skip
    if skip:
        options.append(f"skip = {skip}")
    if request.with_path:
        options.append("filename = true")
    path = f", filename AS {PATH}" if request.with_path else ""
    return f"SELECT l{path} FROM read_csv({request.paths}, {', '.join(options)})"
