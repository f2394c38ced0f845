"""Data quality: rulesets by name, and the results that job runs publish."""
