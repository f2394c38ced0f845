"""Files as lines, in DuckDB: one column, `l`, whatever the lines hold; NULL for an empty line."""

from afluente.services.athena.reader.relation import PATH, Request

SEPARATOR = "'\x01\x02\x03\x04'"
"""Never in a text file, so a line is one field."""

LONGEST_FAST = 2_000_000
LONGEST = 1 << 30
GZIP_AT_MOST = 40
"""How much larger than its file a compressed line is allowed for."""


def lines(request: Request, skip: int = 0) -> str:
    """A SELECT of every line of the files, and of their paths when wanted."""
    options = [
        "columns = {'l': 'VARCHAR'}", f"delim = {SEPARATOR}", "quote = ''", "escape = ''", "header = false",
        "auto_detect = false", "strict_mode = false", f"compression = '{request.files[0].compression}'",
    ]  # fmt: skip
    if skip:
        options.append(f"skip = {skip}")
    if request.mode == "careful":
        longest = max(file.size * (1 if file.compression == "none" else GZIP_AT_MOST) for file in request.files)
        if longest > LONGEST_FAST:
            options += [f"max_line_size = {min(longest + 1, LONGEST)}", "parallel = false"]
    if request.with_path:
        options.append("filename = true")
    path = f", filename AS {PATH}" if request.with_path else ""
    return f"SELECT l{path} FROM read_csv({request.paths}, {', '.join(options)})"
