"""The wind farm's lake as a stack of an AWS account, or of Afluente: made, watched, and removed without a trace.

An AWS client like any other: it knows boto3 and the farm's template, and nothing of the services behind them.
"""
