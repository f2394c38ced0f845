"""Plane geometry of well-known texts: points, lines, polygons, and several of each.

A geometry is kept as its text. What would need more than points, segments and rings is refused by name.
"""

import functools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from afluente.services.athena.python_function.number import great_circle

INVALID = "INVALID_FUNCTION_ARGUMENT"
TEXT = re.compile(r"\s*([A-Za-z]+)\s*(EMPTY|\(.*\))\s*", re.IGNORECASE | re.DOTALL)
NAMES = {
    "POINT": "ST_Point", "LINESTRING": "ST_LineString", "POLYGON": "ST_Polygon", "MULTIPOINT": "ST_MultiPoint",
    "MULTILINESTRING": "ST_MultiLineString", "MULTIPOLYGON": "ST_MultiPolygon",
}  # fmt: skip

Point = tuple[float, float]
Line = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Of a kind: its points; its lines; its polygons, each as rings of which the first is the outer one."""

    kind: str
    points: tuple[Point, ...] = ()
    lines: tuple[Line, ...] = ()
    polygons: tuple[tuple[Line, ...], ...] = ()

    def rings(self) -> Iterator[Line]:
        """The lines of every polygon."""
        for polygon in self.polygons:
            yield from polygon

    def corners(self) -> Iterator[Point]:
        """Every point that is written."""
        yield from self.points
        for line in (*self.lines, *self.rings()):
            yield from line

    def segments(self) -> Iterator[tuple[Point, Point]]:
        """The pairs of neighbours of its lines and rings."""
        for line in (*self.lines, *self.rings()):
            yield from pairwise(line)


@functools.lru_cache(1024)
def parsed(text: str) -> Geometry:
    """The geometry that `text` spells. Raises ValueError."""
    match = TEXT.fullmatch(text)
    kind = match[1].upper() if match else ""
    if match is None or kind not in NAMES:
        raise ValueError(f"{INVALID}: Invalid WKT: {text}")
    if match[2].upper() == "EMPTY":
        return Geometry(kind)
    try:
        return _filled(kind, match[2])
    except (ValueError, IndexError):
        raise ValueError(f"{INVALID}: Invalid WKT: {text}") from None


def _filled(kind: str, body: str) -> Geometry:
    if kind in {"POINT", "MULTIPOINT"}:
        return Geometry(kind, points=_line(body.replace("(", " ").replace(")", " ")))
    lines = tuple(map(_line, re.findall(r"\(([^()]*)\)", body)))
    if kind in {"LINESTRING", "MULTILINESTRING"}:
        return Geometry(kind, lines=lines)
    if any(len(ring) < 4 or ring[0] != ring[-1] for ring in lines):
        raise ValueError
    if kind == "POLYGON":
        return Geometry(kind, polygons=(lines,))
    parts = re.findall(r"\((\([^()]*\)(?:\s*,\s*\([^()]*\))*)\)", body)
    return Geometry(kind, polygons=tuple(tuple(map(_line, re.findall(r"\(([^()]*)\)", part))) for part in parts))


def _line(text: str) -> Line:
    return tuple(_point(pair.split()) for pair in text.split(","))


def _point(numbers: Sequence[str]) -> Point:
    if len(numbers) != 2:
        raise ValueError
    return float(numbers[0]), float(numbers[1])


def _number(value: float) -> str:
    text = f"{Decimal(repr(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def point(x: float, y: float) -> str:
    """The point at x and y."""
    return f"POINT ({_number(x)} {_number(y)})"


def as_text(text: str) -> str:
    """The well-known text of a point or a line."""
    found = parsed(text)
    if found.kind == "POINT":
        return point(*found.points[0]) if found.points else "POINT EMPTY"
    if found.kind == "LINESTRING":
        pairs = ", ".join(f"{_number(x)} {_number(y)}" for line in found.lines for x, y in line)
        return f"LINESTRING ({pairs})" if pairs else "LINESTRING EMPTY"
    raise _refused("ST_AsText", found)


def checked(text: str, kind: str) -> str:
    """`text`, which must spell a geometry, of this kind if one is named."""
    found = parsed(text)
    if kind and found.kind != kind:
        raise ValueError(f"{INVALID}: {NAMES[kind]} applies only to {kind}. Input type is: {found.kind}")
    return text


def coordinate(text: str, place: int) -> float:
    """x (0) or y (1) of a point."""
    found = parsed(text)
    if found.kind != "POINT" or not found.points:
        raise ValueError(f"{INVALID}: ST_{'XY'[place]} applies only to POINT. Input type is: {found.kind}")
    return found.points[0][place]


def bound(text: str, place: int, greatest: bool) -> float:
    """The least or the greatest x (0) or y (1)."""
    values = [corner[place] for corner in parsed(text).corners()]
    return (max if greatest else min)(values, default=math.nan)


def kind_of(text: str) -> str:
    """`ST_Point` and the like."""
    return NAMES[parsed(text).kind]


def is_empty(text: str) -> bool:
    """Whether there is nothing in it."""
    return not any(True for _ in parsed(text).corners())


def count_points(text: str) -> int:
    """How many points it has; a ring's end is its start."""
    found = parsed(text)
    return sum(1 for _ in found.corners()) - sum(1 for _ in found.rings())


def area(text: str) -> float:
    """The area of polygons, holes left out."""
    return float(sum(_area(rings[0]) - sum(map(_area, rings[1:])) for rings in parsed(text).polygons))


def _area(ring: Line) -> float:
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))) / 2


def length(text: str) -> float:
    """The length of lines."""
    return float(sum(math.dist(one, other) for line in parsed(text).lines for one, other in pairwise(line)))


def contains(text: str, other: str) -> bool:
    """Whether points are in polygons: within, not on the border alone."""
    whole, part = parsed(text), parsed(other)
    if not whole.polygons or not part.points or part.lines or part.polygons:
        raise _refused("ST_Contains", whole, part)
    places = [max(_place(polygon, one) for polygon in whole.polygons) for one in part.points]
    return min(places) >= 0 and max(places) > 0


def intersects(text: str, other: str) -> bool:
    """Whether two geometries, of which one is points, have a point in common."""
    one, two = parsed(text), parsed(other)
    if not one.points:
        one, two = two, one
    if not one.points:
        raise _refused("ST_Intersects", one, two)
    return any(_distance(corner, two) == 0 for corner in one.points)


def distance(text: str, other: str) -> float:
    """The least distance between two geometries, of which one is points."""
    one, two = parsed(text), parsed(other)
    if not one.points:
        one, two = two, one
    if not one.points:
        raise _refused("ST_Distance", one, two)
    return min(_distance(corner, two) for corner in one.points)


def _distance(corner: Point, other: Geometry) -> float:
    if any(_place(polygon, corner) >= 0 for polygon in other.polygons):
        return 0.0
    to_points = (math.dist(corner, one) for one in other.points)
    return min((*to_points, *(_to_segment(corner, *segment) for segment in other.segments())))


def _to_segment(corner: Point, start: Point, end: Point) -> float:
    (x, y), (x1, y1), (x2, y2) = corner, start, end
    size = (x2 - x1) ** 2 + (y2 - y1) ** 2
    share = max(0.0, min(1.0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / size)) if size else 0.0
    return math.dist(corner, (x1 + share * (x2 - x1), y1 + share * (y2 - y1)))


def _place(rings: Sequence[Line], corner: Point) -> int:
    """1 within the polygon, 0 on its border, -1 outside."""
    sides = [_side(ring, corner) for ring in rings]
    if sides[0] < 0 or any(side > 0 for side in sides[1:]):
        return -1
    return 0 if 0 in sides else 1


def _side(ring: Line, corner: Point) -> int:
    """1 within the ring, 0 on it, -1 outside: by the crossings of a ray to the right."""
    x, y = corner
    inside = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        turn = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
        if turn == 0 and min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2):
            return 0
        if (y1 > y) != (y2 > y) and (turn > 0) == (y2 > y1):
            inside = not inside
    return 1 if inside else -1


def spherical_distance(text: str, other: str) -> float:
    """The distance of two points on the Earth, given as longitude and latitude, in metres."""
    one, two = parsed(text), parsed(other)
    if one.kind != "POINT" or two.kind != "POINT":
        raise _refused("ST_Distance of spherical geographies", one, two)
    (x1, y1), (x2, y2) = one.points[0], two.points[0]
    return great_circle(y1, x1, y2, x2) * 1000


def _refused(function: str, *found: Geometry) -> ValueError:
    kinds = " and ".join(one.kind for one in found)
    return ValueError(f"NOT_SUPPORTED: Afluente does not have {function} of {kinds}")


FUNCTIONS = (
    ("athena_point", point, ("DOUBLE", "DOUBLE"), "VARCHAR"),
    ("athena_geometry_text", as_text, ("VARCHAR",), "VARCHAR"),
    ("athena_geometry", checked, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    ("athena_coordinate", coordinate, ("VARCHAR", "BIGINT"), "DOUBLE"),
    ("athena_bound", bound, ("VARCHAR", "BIGINT", "BOOLEAN"), "DOUBLE"),
    ("athena_geometry_type", kind_of, ("VARCHAR",), "VARCHAR"),
    ("athena_is_empty", is_empty, ("VARCHAR",), "BOOLEAN"),
    ("athena_count_points", count_points, ("VARCHAR",), "BIGINT"),
    ("athena_area", area, ("VARCHAR",), "DOUBLE"),
    ("athena_length", length, ("VARCHAR",), "DOUBLE"),
    ("athena_contains", contains, ("VARCHAR", "VARCHAR"), "BOOLEAN"),
    ("athena_intersects", intersects, ("VARCHAR", "VARCHAR"), "BOOLEAN"),
    ("athena_distance", distance, ("VARCHAR", "VARCHAR"), "DOUBLE"),
    ("athena_spherical_distance", spherical_distance, ("VARCHAR", "VARCHAR"), "DOUBLE"),
)
