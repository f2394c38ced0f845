"""The logs that are known without being told of: each by an expression that all of a sample's lines must match.

The classifications are those of AWS; the lines are in the forms that these programs document.
https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html#classifier-built-in
"""

import functools
from collections.abc import Mapping

from afluente.core.bounded_regex import SlowRegexError
from afluente.services.glue.crawler.compression import Head
from afluente.services.glue.crawler.grok_sample import GrokSample
from afluente.services.glue.crawler.schema import Sampled

LOGS: Mapping[str, str] = {
    "combined_apache": "^%{COMBINEDAPACHELOG}$",
    "apache": "^%{COMMONAPACHELOG}$",
    "linux_kernel": (
        r"^(?:%{SYSLOGTIMESTAMP:timestamp} %{SYSLOGHOST:logsource} kernel: )?\[ *(?<uptime>\d+\.\d+)\] "
        "%{GREEDYDATA:message}$"
    ),
    "microsoft_log": (
        "^%{IP:clientip}, %{DATA:username}, %{DATE:date}, %{TIME:time}, %{DATA:service}, %{DATA:servername}, "
        "%{IP:serverip}, %{INT:timetaken}, %{INT:bytesreceived}, %{INT:bytessent}, %{INT:servicestatus}, "
        "%{INT:windowsstatus}, %{DATA:requesttype}, %{DATA:target}, %{DATA:parameters},?$"
    ),
    "ruby_logger": (
        r"^[DFEWIUA], \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:pid}\] +%{WORD:loglevel} -- *%{DATA:progname}: "
        "%{GREEDYDATA:message}$"
    ),
    "squid": (
        r"^%{NUMBER:timestamp} +%{INT:duration} %{IPORHOST:clientip} %{WORD:cacheresult}/%{INT:status} %{INT:bytes} "
        r"%{WORD:verb} %{NOTSPACE:url} %{NOTSPACE:user} %{WORD:hierarchy}/%{NOTSPACE:server} %{NOTSPACE:contenttype}$"
    ),
    "redismonlog": (
        r'^%{NUMBER:timestamp} \[%{INT:database} %{NOTSPACE:client}\] "%{WORD:command}" ?%{GREEDYDATA:params}$'
    ),
    "redislog": (
        r"^(?:\[%{POSINT:pid}\]|%{POSINT:pid}:[A-Z]) "
        r"(?<timestamp>%{MONTHDAY} %{MONTH}(?: %{YEAR})? %{TIME}) [*.#-] %{GREEDYDATA:message}$"
    ),
}


@functools.cache
def _samples() -> tuple[GrokSample, ...]:
    return tuple(GrokSample(name, text, only_seen=True) for name, text in LOGS.items())


def read(head: Head) -> Sampled | None:
    """What there is of a known log in `head`; None when its lines are not all of one kind."""
    first = head.data.partition(b"\n")[0].decode("utf-8-sig", errors="replace")
    for sample in _samples():
        found = _read(sample, first, head)
        if found is not None and found.certainty == 1:
            return found
    return None


def _read(sample: GrokSample, first: str, head: Head) -> Sampled | None:
    try:
        return sample.read(head) if sample.matches(first) else None  # most files are none: one line tells
    except SlowRegexError:  # a line made for it, and no log
        return None
