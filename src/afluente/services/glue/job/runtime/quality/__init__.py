"""Data quality: rulesets of DQDL, evaluated over frames."""
