"""Settings: the environment, then what the command line says."""

from pathlib import Path

import pytest

from afluente.core.setting import Settings, misspelt


def test_load_defaults() -> None:
    assert Settings.load({}) == Settings()


def test_load_reads_the_environment_and_options_come_first() -> None:
    settings = Settings.load(
        {"AFLUENTE_PORT": "5000", "AFLUENTE_DATA": "/var/lake", "AFLUENTE_SHARD_LIMITS": "off"}, port=6000
    )
    assert (settings.port, settings.data, settings.shard_limits) == (6000, Path("/var/lake"), False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AFLUENTE_PORT", "many"),
        ("AFLUENTE_SHARD_LIMITS", "perhaps"),
        ("AFLUENTE_QUERY_THREADS", "0"),
        ("AFLUENTE_QUERY_MEMORY_MIB", "-5"),
        ("AFLUENTE_KINESIS_CREATE_DELAY_MS", "-1"),
        ("AFLUENTE_IDLE_TIMEOUT_S", "nan"),
        ("AFLUENTE_ACCOUNT", "12"),
        ("AFLUENTE_REGION", "mars"),
    ],
)
def test_load_a_value_that_does_not_fit_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        Settings.load({name: value})


def test_misspelt_names_what_is_likely_meant_and_leaves_other_variables_alone() -> None:
    environment = {"AFLUENTE_PROT": "1", "AFLUENTE_SHARD_LIMIT": "no", "AFLUENTE_PORT": "1", "AFLUENTE_FUZZ": "1"}
    assert dict(misspelt(environment)) == {
        "AFLUENTE_PROT": "AFLUENTE_PORT",
        "AFLUENTE_SHARD_LIMIT": "AFLUENTE_SHARD_LIMITS",
    }
