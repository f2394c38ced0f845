"""What goes wrong with a deployment, as one sentence that says what to do next."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    SSLError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NoConnection

from afluente.deployment.endpoint import is_aws


class DeploymentError(Exception):
    """A deployment cannot go on; the message is one clear sentence for the user."""


NO_CREDENTIALS = (
    "no AWS credentials were found. Sign in (`aws sso login`, or `aws configure`) and pass --profile if it is not the "
    "default one; or take a local Afluente instead: --endpoint-url http://127.0.0.1:4566"
)
NO_REGION = "no region is set: pass --region, such as us-east-1 or sa-east-1"
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
INVALID = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId"}
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


@contextmanager
def told_kindly() -> Iterator[None]:
    """Turns what boto3 raises into a DeploymentError that says what to do."""
    try:
        yield
    except NoCredentialsError:
        raise DeploymentError(NO_CREDENTIALS) from None
    except NoRegionError:
        raise DeploymentError(NO_REGION) from None
    except (ProfileNotFound, TokenRetrievalError) as error:
        raise DeploymentError(f"{error}. `aws configure list-profiles` shows which profiles there are") from None
    except (NoConnection, HTTPClientError) as error:
        raise DeploymentError(f"{error}{_of_connection(error)}") from None
    except ClientError as error:
        raise DeploymentError(_explained(error)) from None
    except BotoCoreError as error:
        raise DeploymentError(str(error)) from None


def code_of(error: ClientError) -> str:
    """AWS's code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _of_connection(error: NoConnection | HTTPClientError) -> str:
    """What to do when an endpoint cannot be reached."""
    if is_aws(str(error.kwargs.get("endpoint_url", ""))):
        return " Is there a network, and is that the region's right name? Then repeat the command"
    if isinstance(error, SSLError):
        return " Does it speak TLS at all? A local Afluente is at http://, not https://"
    return " Is it running (`afluente serve`), and is the address right?"


def _explained(error: ClientError) -> str:
    code = code_of(error)
    if code in EXPIRED:
        return "your AWS credentials have expired: sign in again (`aws sso login`), and repeat the command"
    if code in INVALID:
        return f"AWS does not accept these credentials ({code}): check the access key, or pass another --profile"
    if code in DENIED:
        return f"{error}. docs/aws.md lists what whoever deploys must be allowed"
    return str(error)
