"""Binary functions: encodings, hashes, and numbers as bytes."""

from afluente.services.athena.sql.function.entry import Entries

FUNCTIONS: Entries = {
    "to_hex": ("hex({0})", "varchar"),
    "from_hex": ("athena_from_hex({0})", "varbinary"),
    "to_base64": ("to_base64({0})", "varchar"),
    "from_base64": ("from_base64({0})", "varbinary"),
    "to_base64url": ("translate(to_base64({0}), '+/', '-_')", "varchar"),
    "from_base64url": ("from_base64(translate({0}, '-_', '+/'))", "varbinary"),
    "to_base32": ("athena_to_base32({0})", "varchar"),
    "from_base32": ("athena_from_base32({0})", "varbinary"),
    "to_big_endian_32": ("athena_packed('>i', CAST({0} AS DOUBLE))", "varbinary"),
    "to_big_endian_64": ("athena_packed_bigint({0})", "varbinary"),
    "to_ieee754_32": ("athena_packed('>f', CAST({0} AS DOUBLE))", "varbinary"),
    "to_ieee754_64": ("athena_packed('>d', CAST({0} AS DOUBLE))", "varbinary"),
    "from_big_endian_32": ("CAST(athena_unpacked('>i', {0}) AS INTEGER)", "integer"),
    "from_big_endian_64": ("athena_unpacked_bigint({0})", "bigint"),
    "from_ieee754_32": ("CAST(athena_unpacked('>f', {0}) AS REAL)", "float"),
    "from_ieee754_64": ("athena_unpacked('>d', {0})", "double"),
    "xxhash64": ("athena_xxhash64({0})", "varbinary"),
    "murmur3": ("athena_murmur3({0})", "varbinary"),
    "crc32": ("athena_crc32({0})", "bigint"),
    "md5": ("unhex(md5({0}))", "varbinary"),
    "sha1": ("unhex(sha1({0}))", "varbinary"),
    "sha256": ("unhex(sha256({0}))", "varbinary"),
    "sha512": ("athena_sha512({0})", "varbinary"),
    "hmac_md5": ("athena_hmac({0}, {1}, 'md5')", "varbinary"),
    "hmac_sha1": ("athena_hmac({0}, {1}, 'sha1')", "varbinary"),
    "hmac_sha256": ("athena_hmac({0}, {1}, 'sha256')", "varbinary"),
    "hmac_sha512": ("athena_hmac({0}, {1}, 'sha512')", "varbinary"),
}
