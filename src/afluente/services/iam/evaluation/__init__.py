"""How AWS decides: policies and a request in, a decision and its reasons out. Pure: no HTTP, no store, no clock.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""
