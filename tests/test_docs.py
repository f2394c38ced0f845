"""What the documents say is so."""

import json
import re
from pathlib import Path

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from afluente import app
from afluente.cli import docs, main
from afluente.core.provider import Provider
from afluente.function.registry import Registry

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", sorted(docs.pages()))
def test_generated_page_is_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == docs.pages()[name], "run `make docs`"


@pytest.mark.parametrize("provider", app.PROVIDERS, ids=lambda provider: provider.service)
def test_supported_operations_are_the_methods_of_the_provider(provider: type[Provider]) -> None:
    from botocore import xform_name

    model = ServiceModel(Loader().load_service_model(provider.service, "service-2"))
    methods = {xform_name(operation): operation for operation in model.operation_names}
    written = {methods[name] for name in dir(provider) if name in methods}
    assert written == set(provider.operations)


@pytest.mark.parametrize("page", ["README.md", "README.pt-BR.md"])
def test_readme_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / page).read_text())
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "README.pt-BR.md"])
def test_readme_commands_exist(page: str) -> None:
    text = (ROOT / page).read_text()
    for command in re.findall(r"afluente (\w+) ", text):
        with pytest.raises(SystemExit) as exit_:
            main.main([command, "--help"])
        assert exit_.value.code == 0
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"`?make (\w+)", text)) <= set(targets)
    for module in re.findall(r"python -m (windfarm[\w.]+)", text):
        assert (ROOT / "src" / (module.replace(".", "/") + ".py")).exists()


def test_every_setting_and_command_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["--help"])
    printed = capsys.readouterr().out
    assert all(
        command in printed
        for command in ("up", "serve", "doctor", "policy", "cost", "deploy", "status", "sensors", "destroy", "docs")
    )


def test_every_metric_is_documented() -> None:
    from afluente.services.athena import metric as athena
    from afluente.services.firehose import metric as firehose
    from afluente.services.glue.job import metric as glue
    from afluente.services.kinesis import metric as kinesis
    from afluente.services.sqs import metric as sqs

    rows = (
        athena.MEASURES, *firehose.ROWS, glue.AGGREGATES, glue.FILE_SYSTEM,
        kinesis.PUT_RECORD, kinesis.PUT_RECORDS, kinesis.GET_RECORDS, kinesis.SHARD_WRITE, kinesis.SHARD_READ,
        kinesis.SUBSCRIBE, kinesis.SUBSCRIBED, *sqs.ROWS,
    )  # fmt: skip
    page = (ROOT / "docs" / "metrics.md").read_text()
    assert [measure.name for measures in rows for measure in measures if f"`{measure.name}`" not in page] == []


def test_the_functions_on_firehoses_page_work(tmp_path: Path) -> None:
    blocks = dict(re.findall(r"```(toml|python)\n(.*?)```", (ROOT / "docs/firehose.md").read_text(), re.DOTALL))
    (tmp_path / "functions.toml").write_text(blocks["toml"])
    (tmp_path / "transform.py").write_text(blocks["python"])
    registry = Registry(str(tmp_path / "functions.toml"), remote=False)
    function = registry.function("arn:aws:lambda:us-east-1:000000000000:function:transform")
    try:
        answer = json.loads(function.invoke(b'{"records": [{"recordId": "1", "data": "YWI="}]}').payload)
    finally:
        function.close()
    assert answer == {"records": [{"recordId": "1", "result": "Ok", "data": "QUI="}]}
