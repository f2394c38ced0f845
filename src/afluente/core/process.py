"""What Prometheus's dashboards want to know of every process, under the names that its client libraries use."""

import os
import resource
import threading
from pathlib import Path

from afluente.core.metric import Sample

STATM, FDS = Path("/proc/self/statm"), Path("/proc/self/fd")


def process_samples() -> list[Sample]:
    """The process as it is now. What the machine does not tell is left out."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    found = [
        Sample("process_cpu_seconds_total", "counter", "CPU time used, in seconds.", usage.ru_utime + usage.ru_stime),
        Sample("process_threads", "gauge", "Threads.", threading.active_count()),
    ]
    try:
        resident = int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        found.append(Sample("process_resident_memory_bytes", "gauge", "Resident memory, in bytes.", resident))
        found.append(Sample("process_open_fds", "gauge", "Open file descriptors.", sum(1 for _ in FDS.iterdir())))
    except (OSError, ValueError, IndexError):
        pass  # not on Linux
    return found
