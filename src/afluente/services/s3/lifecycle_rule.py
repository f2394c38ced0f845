"""What the kinds of lifecycle rules have in common: which objects one is for, and when an age in days is reached."""

from typing import Any

from afluente.services.s3.object_row import ObjectRow

DAY_MS = 86_400_000
END_OF_TIME_MS = 253_402_214_400_000
"""9999-12-31: the last day that can be written."""

Rule = dict[str, Any]


def midnight_after(time_ms: int, days: int) -> int:
    """The midnight (UTC) that follows the age."""
    return min(-(-(time_ms + days * DAY_MS) // DAY_MS) * DAY_MS, END_OF_TIME_MS)


def is_enabled(rule: Rule) -> bool:
    """Whether the rule is in force."""
    return bool(rule["Status"] == "Enabled")


def prefix_of(rule: Rule) -> str:
    """What the keys begin with that the rule is for."""
    shape = rule.get("Filter", rule)
    return str(shape.get("Prefix", shape.get("And", {}).get("Prefix", "")))


def has_sizes(rule: Rule) -> bool:
    """Whether the rule itself says for which sizes it is."""
    shape = rule.get("Filter", {})
    return any("ObjectSize" in name for name in shape.get("And", shape))


def fits(row: ObjectRow, rule: Rule) -> bool:
    """Whether the rule is for the version, by its key, tags and size."""
    shape = rule.get("Filter", {})
    shape = shape.get("And", shape)
    tags = [shape["Tag"]] if "Tag" in shape else shape.get("Tags", [])
    return (
        row.key.startswith(prefix_of(rule))
        and all(row.tags.get(tag["Key"]) == tag["Value"] for tag in tags)
        and row.size > shape.get("ObjectSizeGreaterThan", -1)
        and row.size < shape.get("ObjectSizeLessThan", row.size + 1)
    )


def described(rule: Rule) -> str:
    """The filter, as S3's errors quote it."""
    shape = rule.get("Filter", rule)
    shape = shape.get("And", shape)
    tags = [shape["Tag"]] if "Tag" in shape else shape.get("Tags", [])
    parts = [f"prefix={shape['Prefix']}"] if "Prefix" in shape else []
    parts += [f"tag={{key={tag['Key']}, value={tag['Value']}}}" for tag in tags]
    sizes = ("ObjectSizeGreaterThan", "ObjectSizeLessThan")
    parts += [f"{name.lower()}={shape[name]}" for name in sizes if name in shape]
    return f"'({' and '.join(parts) or 'prefix='})'"
