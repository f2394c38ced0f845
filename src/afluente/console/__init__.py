"""The web console: static pages that call the AWS APIs from the browser, signing each request there.

An AWS client like any other, so it may see and do what its user may. The server gives it files, says what it needs to
know of the place (`place.py`), and runs the doctor (`doctor.py`), which is written in Python.
"""
