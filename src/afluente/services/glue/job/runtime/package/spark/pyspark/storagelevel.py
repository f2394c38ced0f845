"""pyspark.storagelevel."""


class StorageLevel:
    """Where cached rows are kept: memory, then disk, whatever is asked for."""

    DISK_ONLY = "DISK_ONLY"
    MEMORY_ONLY = "MEMORY_ONLY"
    MEMORY_AND_DISK = "MEMORY_AND_DISK"
    MEMORY_AND_DISK_DESER = "MEMORY_AND_DISK_DESER"
