"""Functions that Trino has and Afluente has not: their refusal says whose fault it is."""

ABSENT = frozenset({
    "bar", "bing_tile", "bing_tile_at", "bing_tile_coordinates", "bing_tile_polygon", "bing_tile_quadkey",
    "bing_tile_zoom_level", "bing_tiles_around", "classify", "color", "convex_hull_agg",
    "evaluate_classifier_predictions", "features", "from_encoded_polyline", "from_geojson_geometry",
    "from_iso8601_timestamp_nanos", "geometry_from_hadoop_shape", "geometry_invalid_reason",
    "geometry_nearest_points", "geometry_to_bing_tiles", "geometry_union", "geometry_union_agg", "hash_counts",
    "intersection_cardinality", "jaccard_index", "learn_classifier", "learn_libsvm_classifier",
    "learn_libsvm_regressor", "learn_regressor", "line_interpolate_point", "line_locate_point", "make_set_digest",
    "merge_set_digest", "objectid", "objectid_timestamp", "parse_presto_data_size", "quantile_at_value", "regress",
    "render", "rgb", "simplify_geometry", "spooky_hash_v2_32", "spooky_hash_v2_64", "st_asbinary", "st_boundary",
    "st_buffer", "st_centroid", "st_convexhull", "st_coorddim", "st_crosses", "st_difference", "st_dimension",
    "st_endpoint", "st_envelope", "st_envelopeaspts", "st_equals", "st_exteriorring", "st_geometries",
    "st_geometryn", "st_geomfrombinary", "st_interiorringn", "st_interiorrings", "st_intersection", "st_isclosed",
    "st_isring", "st_issimple", "st_isvalid", "st_linestring", "st_multipoint", "st_numgeometries",
    "st_numinteriorring", "st_overlaps", "st_pointn", "st_points", "st_relate", "st_startpoint", "st_symdifference",
    "st_touches", "st_union", "timestamp_objectid", "to_encoded_polyline", "to_geojson_geometry",
})  # fmt: skip
