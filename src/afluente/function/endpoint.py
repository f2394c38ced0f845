"""A function behind an HTTP endpoint that speaks Lambda's Invoke API, such as the runtime emulator of Lambda's images.

Source: Invoke, Lambda API reference.
"""

import http.client
import socket
from urllib.parse import quote, urlsplit

from afluente.function.invocation import FUNCTION_ERROR, LARGEST_PAYLOAD, Answer, InvocationFailed

CODES = {
    403: "Lambda.InvokeAccessDenied",
    404: "Lambda.ResourceNotFound",
    429: "Lambda.InvokeLimitExceeded",
}
OK = 200


class EndpointFunction:
    """The function `name` at `url`."""

    def __init__(self, url: str, name: str, timeout_s: float) -> None:
        self._url = urlsplit(url)
        self._path = f"{self._url.path.rstrip('/')}/2015-03-31/functions/{quote(name, safe=':')}/invocations"
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def invoke(self, payload: bytes) -> Answer:
        """Invoke it and wait for the answer."""
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = self._connection = kind(self._url.hostname or "", self._url.port, timeout=self._timeout_s)
        try:
            connection.request("POST", self._path, payload, {"Content-Type": "application/json"})
            response = connection.getresponse()
            body = response.read(LARGEST_PAYLOAD + 1)
        except (OSError, http.client.HTTPException) as error:
            raise InvocationFailed(FUNCTION_ERROR, f"{self._url.geturl()}: {error or type(error).__name__}") from None
        finally:
            connection.close()
        if response.status != OK:
            raise InvocationFailed(CODES.get(response.status, FUNCTION_ERROR), body[:1000].decode(errors="replace"))
        if response.headers.get("X-Amz-Function-Error"):
            raise InvocationFailed(FUNCTION_ERROR, body[:1000].decode(errors="replace"))
        if len(body) > LARGEST_PAYLOAD:
            raise InvocationFailed(FUNCTION_ERROR, f"the answer has more than {LARGEST_PAYLOAD} bytes")
        return Answer(body)

    def close(self) -> None:
        """End an invocation under way."""
        sock = self._connection.sock if self._connection else None
        if sock:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has ended by itself
                return
