"""AWS protocols to plain dicts and back, driven by botocore's service models. Pure: no sockets, no clock."""
