"""The console's pages and its two routes, over HTTP as browsers and others ask for them."""

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Clients
from tests.gateway.conftest import authorization

from afluente.app import App
from afluente.console.site import FOLDER
from afluente.core.clock import ManualClock
from afluente.core.setting import Settings

PAGE = "/_afluente/console"
VISIT = {
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Site": "none",
    "Accept": "text/html,*/*",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One for all: nothing here depends on what another test has left."""
    app = App(Settings(data=tmp_path_factory.mktemp("console") / "data", port=0), ManualClock())
    app.start()
    yield app
    app.stop()


class Answer:
    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def message(self) -> str:
        return str(json.loads(self.body)["message"])


def ask(app: App, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
    connection = http.client.HTTPConnection(app.endpoint.removeprefix("http://"), timeout=30)
    try:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, None if body is None else json.dumps(body), given)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, headers, answer.read())
    finally:
        connection.close()


def examination(**members: Any) -> dict[str, Any]:
    return {"kind": "stream", "name": ["farm"], "region": "us-east-1", **members}


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/"])
def test_page_is_served_with_a_policy_that_lets_in_nothing_else(app: App, path: str) -> None:
    answer = ask(app, path)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src")} == {"'self'"}
    assert {policy[name] for name in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.*")), ids=lambda file: file.relative_to(FOLDER).as_posix())
def test_every_file_is_small_names_no_other_site_and_is_served_as_what_it_is(file: Path) -> None:
    text = file.read_text()
    assert len(text) < 20_000
    foreign = [
        word
        for word in text.split()
        if "://" in word and "w3.org" not in word and not word.startswith(("https://docs.", '"s3', "'s3", "`s3"))
    ]
    assert [word for word in foreign if "http" in word] == []
    assert not {"innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "document.write"} & set(
        text.replace("(", "( ").split()
    )


def test_files_are_revalidated_and_given_again_only_when_they_changed(app: App) -> None:
    first = ask(app, f"{PAGE}/js/main.js")
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    again = ask(app, f"{PAGE}/js/main.js", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    head = ask(app, f"{PAGE}/js/main.js", "HEAD")
    assert (head.headers["content-length"], head.body) == (str(len(first.body)), b"")


@pytest.mark.parametrize(
    "name", ["no.js", "../console.py", "%2e%2e/console.py", "js/../../site.py", "js", "//etc/passwd"]
)
def test_what_is_no_page_of_the_console_is_not_to_be_had(app: App, name: str) -> None:
    answer = ask(app, f"{PAGE}/{name}")
    assert answer.status == 404
    assert "The console has no page" in answer.message


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "OPTIONS"])
def test_pages_are_only_read(app: App, method: str) -> None:
    assert ask(app, PAGE, method).status == 405


def test_a_person_who_opens_the_endpoint_is_led_to_the_console(app: App) -> None:
    answer = ask(app, "/", **{name.replace("-", "_"): value for name, value in VISIT.items()})
    assert (answer.status, answer.headers["location"]) == (302, PAGE)


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("/", {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}),
        ("/", {"Accept": "*/*"}),
        ("/", {"Host": "some-bucket.localhost"}),
        ("/", {"Authorization": authorization("s3")}),
        ("/?list-type=2", {}),
    ],
)  # fmt: skip
def test_what_may_be_an_s3_client_is_not_led_away(app: App, path: str, changed: dict[str, str]) -> None:
    headers = {name.replace("-", "_"): value for name, value in {**VISIT, **changed}.items()}
    answer = ask(app, path, **headers)
    assert answer.status != 302
    assert "xml" in answer.headers["content-type"]


def test_s3_clients_list_buckets_as_ever(client: Clients) -> None:
    client("s3").create_bucket(Bucket="listed")
    assert "listed" in [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
        {"Host": "rebound.example:4566"},
        {"Host": "localhost.rebound.example"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", PAGE), ("GET", f"{PAGE}/api/place"), ("POST", f"{PAGE}/api/doctor")]
)
def test_pages_of_elsewhere_get_nothing(app: App, method: str, path: str, headers: dict[str, str]) -> None:
    given = {name.replace("-", "_"): value for name, value in headers.items()}
    assert ask(app, path, method, examination(), **given).status == 403


def test_place_says_where_one_is_and_what_athena_costs_there(app: App) -> None:
    place = json.loads(ask(app, f"{PAGE}/api/place").body)
    assert (
        place.items()
        >= {"auth": "open", "account": "000000000000", "region": "us-east-1", "athena_usd_per_tb": 5.0}.items()
    )
    there = json.loads(ask(app, f"{PAGE}/api/place?region=sa-east-1").body)
    assert (there["region"], there["athena_usd_per_tb"]) == ("sa-east-1", 9.0)


@pytest.mark.parametrize("region", ["<b>", "us-east-1%00", "%ff", "nowhere", "x" * 5000])
def test_a_region_that_can_be_none_is_refused(app: App, region: str) -> None:
    assert ask(app, f"{PAGE}/api/place?region={region}").status == 400


def test_doctor_explains_in_the_language_of_the_page(app: App, client: Clients) -> None:
    client("glue").create_database(DatabaseInput={"Name": "farm"})
    storage = {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://raw/nothing/"}
    client("s3").create_bucket(Bucket="raw")
    client("glue").create_table(DatabaseName="farm", TableInput={"Name": "t", "StorageDescriptor": storage})
    wanted = examination(kind="table", name=["farm.t"], language="pt")
    [finding] = json.loads(ask(app, f"{PAGE}/api/doctor", "POST", wanted).body)["findings"]
    assert finding["severity"] == "problem"
    assert finding["what"].startswith("Não há nenhum objeto em s3://raw/nothing/")


@pytest.mark.parametrize(
    ("wanted", "status", "says"),
    [
        (examination(), 404, "farm"),
        (examination(kind="machine"), 400, "machine"),
        (examination(name=[]), 400, "0 names"),
        (examination(name=["a", "b"]), 400, "2 names"),
        (examination(region="../.."), 400, "region"),
        (examination(endpoint="http://elsewhere.example"), 400, "endpoint"),
        ([], 400, "no question for the doctor"),
    ],
)
def test_doctor_says_what_it_cannot_examine(app: App, wanted: Any, status: int, says: str) -> None:
    answer = ask(app, f"{PAGE}/api/doctor", "POST", wanted)
    assert answer.status == status
    assert says in answer.message


@pytest.mark.parametrize(
    ("members", "status", "says"),
    [
        ({"stream": "none", "sequence_number": "1"}, 404, "none"),
        ({"stream": "none", "sequence_number": "one"}, 404, "no sequence number"),
        ({"stream": "none"}, 400, "sequence_number"),
    ],
)
def test_passport_says_what_it_cannot_follow(app: App, members: dict[str, Any], status: int, says: str) -> None:
    answer = ask(app, f"{PAGE}/api/passport", "POST", {"region": "us-east-1", **members})
    assert answer.status == status
    assert says in answer.message


def test_where_signatures_count_the_doctor_needs_keys(tmp_path: Path) -> None:
    keys = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "secret"}
    app = App(Settings(data=tmp_path, port=0, auth="enforce"), ManualClock())
    app.start()
    try:
        assert ask(app, PAGE, Host="farm.example").status == 200
        nobody = ask(app, f"{PAGE}/api/doctor", "POST", examination())
        assert (nobody.status, nobody.message.partition(":")[0]) == (403, "Signatures are verified here")
        stranger = ask(app, f"{PAGE}/api/doctor", "POST", examination(credentials=keys))
        assert (stranger.status, stranger.message.partition(":")[0]) == (400, "UnrecognizedClientException")
    finally:
        app.stop()


def test_what_is_too_long_for_the_doctor_is_refused(app: App) -> None:
    assert ask(app, f"{PAGE}/api/doctor", "POST", examination(name=["a" * 70_000])).status == 413


def test_every_module_finds_what_it_imports_and_uses_it() -> None:
    modules = {path: path.read_text() for path in FOLDER.rglob("*.js")}
    wrong = []
    for path, text in modules.items():
        for names, source in re.findall(r'import \{([^}]*)\} from "([^"]+)"', text):
            given = modules.get((path.parent / source).resolve(), "")
            for name in (part.split(" as ") for part in names.replace("\n", "").split(",") if part.strip()):
                is_given = re.search(rf"export (?:async )?(?:function|const|class) {name[0].strip()}\b", given)
                if not is_given or len(re.findall(rf"\b{name[-1].strip()}\b", text)) < 2:
                    wrong.append((path.name, source, name))
    assert wrong == []
