"""The web console: an AWS client like any other."""
