"""URL functions."""

from afluente.services.athena.sql.function.entry import Entries

SCHEME = "^[a-zA-Z][a-zA-Z0-9+.-]*"

FUNCTIONS: Entries = {
    "url_encode": ("athena_url_encode({0})", "varchar"),
    "url_decode": ("url_decode(replace({0}, '+', ' '))", "varchar"),
    "url_extract_fragment": ("nullif(regexp_extract({0}, '#(.*)$', 1), '')", "varchar"),
    "url_extract_host": (
        f"nullif(regexp_extract({{0}}, '{SCHEME}://(?:[^/?#@]*@)?([^/:?#]*)', 1), '')",
        "varchar",
    ),
    "url_extract_parameter": (
        "nullif(url_decode(regexp_extract({0}, '[?&]' || regexp_escape({1}) || '=([^&#]*)', 1)), '')",
        "varchar",
    ),
    "url_extract_path": (f"regexp_extract({{0}}, '{SCHEME}://[^/?#]*([^?#]*)', 1)", "varchar"),
    "url_extract_port": (
        f"CAST(nullif(regexp_extract({{0}}, '{SCHEME}://(?:[^/?#@]*@)?[^/:?#]*:([0-9]+)', 1), '') AS BIGINT)",
        "bigint",
    ),
    "url_extract_protocol": (f"nullif(regexp_extract({{0}}, '({SCHEME}):', 1), '')", "varchar"),
    "url_extract_query": ("nullif(regexp_extract({0}, '\\?([^#]*)', 1), '')", "varchar"),
}
