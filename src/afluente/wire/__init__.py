"""AWS protocols to plain dicts and back, interpreted from botocore's service models. Pure: no sockets, no clock."""
