"""The text of docs/supported.md, from what the providers declare."""

from collections.abc import Iterable

from afluente.core.provider import Provider
from afluente.wire.model import load

HEAD = """\
# Supported operations

Generated from the code; do not edit. Everything else answers with the error `NotImplemented`, which names the operation
or the member. The few settings that are kept without effect are listed in the README.

| service | supported | of |
|---|---:|---:|
"""


def supported_text(providers: Iterable[Provider | type[Provider]]) -> str:
    """Markdown: per service the supported operations, their unsupported members, and the operations left out.

    Raises LookupError when a provider names what its model does not have.
    """
    ordered = sorted(providers, key=lambda provider: provider.service)
    return HEAD + "".join(map(_row, ordered)) + "".join(map(_service, ordered))


def _row(provider: Provider | type[Provider]) -> str:
    name = provider.service
    return f"| [{name}](#{name}) | {len(provider.operations)} | {len(load(name).operation_names)} |\n"


def _service(provider: Provider | type[Provider]) -> str:
    name = provider.service
    model = load(name)
    for operation in (*provider.operations, *provider.unsupported):
        if model.operation(operation) is None:
            raise LookupError(f"{name} has no operation {operation}")
    missing = sorted(set(model.operation_names) - set(provider.operations))
    supported = "".join(_operation(o, provider.unsupported.get(o, ())) for o in sorted(provider.operations))
    return f"\n## {name}\n\n{supported}\nNot supported ({len(missing)}): {_list(missing) or 'none'}.\n"


def _operation(name: str, unsupported: Iterable[str]) -> str:
    members = _list(sorted(unsupported))
    return f"* `{name}`" + (f", without {members}" if members else "") + "\n"


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
