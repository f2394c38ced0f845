"""Geospatial functions, as far as points, lines and polygons against points go. A geometry is kept as its text."""

from afluente.services.athena.sql.function.entry import Entries, by_type

GEOMETRY, SPHERICAL = "Geometry", "SphericalGeography"

FUNCTIONS: Entries = {
    "st_point": ("athena_point(CAST({0} AS DOUBLE), CAST({1} AS DOUBLE))", GEOMETRY),
    "st_geometryfromtext": ("athena_geometry({0}, '')", GEOMETRY),
    "st_polygon": ("athena_geometry({0}, 'POLYGON')", GEOMETRY),
    "st_linefromtext": ("athena_geometry({0}, 'LINESTRING')", GEOMETRY),
    "st_astext": ("athena_geometry_text({0})", "varchar"),
    "st_x": ("athena_coordinate({0}, 0)", "double"),
    "st_y": ("athena_coordinate({0}, 1)", "double"),
    "st_xmin": ("athena_bound({0}, 0, false)", "double"),
    "st_xmax": ("athena_bound({0}, 0, true)", "double"),
    "st_ymin": ("athena_bound({0}, 1, false)", "double"),
    "st_ymax": ("athena_bound({0}, 1, true)", "double"),
    "st_geometrytype": ("athena_geometry_type({0})", "varchar"),
    "st_isempty": ("athena_is_empty({0})", "boolean"),
    "st_numpoints": ("athena_count_points({0})", "bigint"),
    "st_area": ("athena_area({0})", "double"),
    "st_length": ("athena_length({0})", "double"),
    "st_contains": ("athena_contains({0}, {1})", "boolean"),
    "st_within": ("athena_contains({1}, {0})", "boolean"),
    "st_intersects": ("athena_intersects({0}, {1})", "boolean"),
    "st_disjoint": ("NOT athena_intersects({0}, {1})", "boolean"),
    "st_distance": (
        by_type("athena_distance({0}, {1})", SphericalGeography="athena_spherical_distance({0}, {1})"),
        "double",
    ),
    "to_spherical_geography": ("{0}", SPHERICAL),
    "to_geometry": ("{0}", GEOMETRY),
}
