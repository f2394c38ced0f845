"""The patterns that every grok expression may use, under the names that AWS Glue and Logstash give them.

Source of the names and of what each must match: "AWS Glue built-in patterns" in Glue's Developer Guide.
"""

_HEX = "[0-9A-Fa-f]{1,4}"
_BYTE = "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})"
_DOTTED = rf"{_BYTE}(?:\.{_BYTE}){{3}}"


def _ipv6() -> str:
    """Eight groups; or some, two colons in place of those that are zero, and the others; the last two may be IPv4."""
    whole = f"(?:{_HEX}:){{7}}{_HEX}|(?:{_HEX}:){{6}}{_DOTTED}"
    short = "|".join(f"(?:{_HEX}:){{{left}}}(?::{_HEX}){{1,{7 - left}}}" for left in range(6, 0, -1))
    mapped = f"(?:(?:{_HEX}:){{1,5}}|:):(?:{_HEX}:){{0,4}}{_DOTTED}"
    return rf"(?:{whole}|{mapped}|{short}|:(?::{_HEX}){{1,7}}|(?:{_HEX}:){{1,7}}:|::)(?:%[\w.-]+)?"


def _either(*words: str) -> str:
    """Any of `words`, in lower case, capitalised or in capitals."""
    return f"(?:{'|'.join(shown for word in words for shown in (word, word.capitalize(), word.upper()))})"


PATTERNS = {
    "USERNAME": r"[\w.-]+",
    "USER": "%{USERNAME}",
    "INT": r"(?:[+-]?\d+)",
    "BASE10NUM": r"(?<![0-9.+-])(?>[+-]?(?:\d+(?:\.\d+)?|\.\d+))",
    "NUMBER": "(?:%{BASE10NUM})",
    "BASE16NUM": r"(?<![0-9A-Fa-f])(?:[+-]?(?:0x)?[0-9A-Fa-f]+)",
    "BASE16FLOAT": r"\b(?<![0-9A-Fa-f.])[+-]?(?:0x)?(?:[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?|\.[0-9A-Fa-f]+)\b",
    "BOOLEAN": "(?i:true|false)",
    "POSINT": r"\b[1-9]\d*\b",
    "NONNEGINT": r"\b\d+\b",
    "WORD": r"\b\w+\b",
    "NOTSPACE": r"\S+",
    "SPACE": r"\s*",
    "DATA": ".*?",
    "GREEDYDATA": ".*",
    "QUOTEDSTRING": r"""(?<!\\)(?:"(?>\\.|[^\\"])*"|'(?>\\.|[^\\'])*'|`(?>\\.|[^\\`])*`)""",
    "QS": "%{QUOTEDSTRING}",
    "UUID": "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    # networks
    "CISCOMAC": r"(?:(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})",
    "WINDOWSMAC": "(?:(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2})",
    "COMMONMAC": "(?:(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})",
    "MAC": "(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})",
    "IPV4": rf"(?<![0-9]){_DOTTED}(?![0-9])",
    "IPV6": _ipv6(),
    "IP": "(?:%{IPV6}|%{IPV4})",
    "HOSTNAME": r"\b[0-9A-Za-z][0-9A-Za-z_-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z_-]{0,62})*(?:\.?|\b)",
    "HOST": "%{HOSTNAME}",
    "IPORHOST": "(?:%{HOSTNAME}|%{IP})",
    "HOSTPORT": "(?:%{IPORHOST}:%{POSINT:PORT})",
    # paths and addresses
    "UNIXPATH": r"(?>/(?>[\w%!$@:.,~+-]|\\.)*)+",
    "WINPATH": r"(?:[A-Za-z]+:|\\)(?:\\[^\\?*]*)+",
    "PATH": "(?:%{UNIXPATH}|%{WINPATH})",
    "TTY": r"(?:/dev/(?:pts|tty[pq]?)\w*/?\d+)",
    "URIPROTO": r"[A-Za-z]+(?:\+[A-Za-z+]+)?",
    "URIHOST": "%{IPORHOST}(?::%{POSINT:port})?",
    "URIPATH": r"(?:/[\w$.+!*'(){},~:;=@#%&-]*)+",
    "URIPARAM": r"\?[\w$.+!*'|(){},~@#%&/=:;?\[\]-]*",
    "URIPATHPARAM": "%{URIPATH}(?:%{URIPARAM})?",
    "URI": "%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?",
    # times
    "MONTH": (
        r"\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?"
        r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b"
    ),
    "MONTHNUM": "(?:0?[1-9]|1[0-2])",
    "MONTHNUM2": "(?:0[1-9]|1[0-2])",
    "MONTHDAY": "(?:0[1-9]|[12][0-9]|3[01]|[1-9])",
    "DAY": "(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?",
    "YEAR": r"(?>\d\d){1,2}",
    "HOUR": "(?:2[0-3]|[01]?[0-9])",
    "MINUTE": "(?:[0-5][0-9])",
    "SECOND": "(?:(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?)",
    "TIME": "(?<![0-9])%{HOUR}:%{MINUTE}(?::%{SECOND})(?![0-9])",
    "DATE_US": "%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}",
    "DATE_EU": "%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}",
    "DATE": "(?:%{DATE_US}|%{DATE_EU})",
    "DATESTAMP_US": "%{DATE_US}[- ]%{TIME}",
    "DATESTAMP_EU": "%{DATE_EU}[- ]%{TIME}",
    "DATESTAMP": "%{DATE}[- ]%{TIME}",
    "ISO8601_TIMEZONE": "(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))",
    "ISO8601_SECOND": "(?:%{SECOND}|60)",
    "TIMESTAMP_ISO8601": (
        "%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?"
    ),
    "TZ": "(?:[PMCE][SD]T|UTC)",
    "DATESTAMP_RFC822": "%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}",
    "DATESTAMP_RFC2822": "%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}",
    "DATESTAMP_OTHER": "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}",
    "DATESTAMP_EVENTLOG": "%{YEAR}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}",
    "CISCOTIMESTAMP": "%{MONTH} %{MONTHDAY} %{TIME}",
    # logs
    "SYSLOGTIMESTAMP": "%{MONTH} +%{MONTHDAY} %{TIME}",
    "PROG": r"(?:[\w./%-]+)",
    "SYSLOGPROG": r"%{PROG:program}(?:\[%{POSINT:pid}\])?",
    "SYSLOGHOST": "%{IPORHOST}",
    "SYSLOGFACILITY": "<%{NONNEGINT:facility}.%{NONNEGINT:priority}>",
    "HTTPDATE": "%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}",
    "SYSLOGBASE": "%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:logsource} %{SYSLOGPROG}:",
    "MESSAGESLOG": "%{SYSLOGBASE} %{DATA}",
    "COMMONAPACHELOG": (
        r"%{IPORHOST:clientip} %{USER:ident} %{USER:auth} \[%{HTTPDATE:timestamp}\] "
        '"(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})" '
        "%{NUMBER:response} (?<bytes>%{NUMBER}|-)"
    ),
    "COMBINEDAPACHELOG": "%{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}",
    "LOGLEVEL": _either(
        "alert", "trace", "debug", "notice", "information", "info", "warning", "warn", "error", "err", "critical",
        "crit", "fatal", "severe", "emergency", "emerg",
    ),
}  # fmt: skip
"""A later pattern may name an earlier one, and one of a classifier's or table's own any of these."""
