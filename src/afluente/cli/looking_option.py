"""The options of the passport and the ledger: where to look, and in which words."""

import argparse


def looking(parser: argparse.ArgumentParser) -> None:
    """Where to look, and in which words."""
    parser.add_argument("--stream", default="windfarm", help="the Kinesis stream (default: %(default)s)")
    parser.add_argument("--delivery-stream", metavar="NAME", help="only this one (default: all that read the stream)")
    parser.add_argument(
        "--work-group", metavar="NAME", help="of Athena (default: the first that says where results go)"
    )
    parser.add_argument("--language", choices=("en", "pt"), help="of the explanations (default: that of your machine)")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument(
        "--aws", action="store_true", help="look at your AWS account instead of the Afluente at AWS_ENDPOINT_URL"
    )
    parser.add_argument("--profile", help="the AWS profile whose credentials are used")
    parser.add_argument("--region", help="the AWS region (default: that of your configuration)")
