"""The console in a browser, against a running farm: what a person sees and does."""

import hashlib
import hmac
import json
import random
import re
import urllib.request
from typing import Any

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.console.browser import Browser
from tests.console.conftest import EVIL, ROOT_KEY, Farm

from afluente.console.site import FOLDER

pytestmark = pytest.mark.xdist_group("browser")

JS = "/_afluente/console/js"


def allow(iam: Any, *actions: str) -> None:
    """What the user ana may from now on."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    iam.put_user_policy(UserName="ana", PolicyName="look", PolicyDocument=json.dumps(policy))


def words(language: str) -> dict[str, str]:
    text = (FOLDER / "js" / "words" / f"{language}.js").read_text()
    return dict(re.findall(r'^  "([\w.]+)":\s+"((?:[^"\\]|\\.)*)",$', text, re.MULTILINE))


def test_every_word_is_there_in_both_languages_and_said_somewhere() -> None:
    english, portuguese = words("en"), words("pt")
    assert list(english) == list(portuguese)
    for key, text in english.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", portuguese[key])), key
    code = "".join(path.read_text() for path in (FOLDER / "js").rglob("*.js") if path.parent.name != "words")
    said = set(re.findall(r'\bt\("([\w.]+)"', code))
    assert said <= set(english)
    made = set(re.findall(r"\bt\(`([\w.]+)\.\$", code))
    assert [key for key in english if f'"{key}"' not in code and key.rpartition(".")[0] not in made] == []


def test_signing_in_the_browser_is_as_botocores(page: Browser, farm: Farm) -> None:
    page.open(farm.url)
    rng = random.Random(4566)
    texts = [
        "".join(chr(rng.choice([rng.randrange(32, 127), rng.randrange(160, 0x2FFF)])) for _ in range(n))
        for n in range(140)
    ]
    sums = page.run(
        f"import('{JS}/sha256.js').then(({{hex, hmac, sha256}}) => {json.dumps(texts)}.map((text) => {{"
        "const bytes = new TextEncoder().encode(text); return [hex(sha256(bytes)), hex(hmac(bytes, bytes))] }))"
    )
    for text, (plain, keyed) in zip(texts, sums, strict=True):
        data = text.encode()
        assert plain == hashlib.sha256(data).hexdigest()
        assert keyed == hmac.new(data, data, hashlib.sha256).hexdigest()


def test_presigned_links_are_as_botocores(page: Browser, farm: Farm) -> None:
    page.open(farm.url)
    query = {"prefix-x": "a b+c", "prefix": "é/~*'()", "list-type": "2"}
    request: dict[str, Any] = {"method": "GET", "host": "localhost:4566", "path": "/raw/a%20b%2Bc%C3%A9"}
    request |= {"query": query, "service": "s3", "region": "us-east-1"}
    keys = {"id": "AKIAEXAMPLE", "secret": "secret/+", "token": "to/ken=="}
    link = page.run(
        f"import('{JS}/sign.js').then((sign) => sign.presigned({json.dumps(request)}, {json.dumps(keys)}, 600))"
    )
    stamp = re.findall(r"X-Amz-Date=(\w+)", link)[0]
    signer = SigV4QueryAuth(Credentials(keys["id"], keys["secret"], keys["token"]), "s3", "us-east-1", expires=600)
    url = "http://localhost:4566" + link.rpartition("&X-Amz-Signature=")[0]
    asked = AWSRequest("GET", url)
    asked.context["timestamp"] = stamp
    canonical = f"GET\n{request['path']}\n{url.partition('?')[2]}\nhost:{request['host']}\n\nhost\nUNSIGNED-PAYLOAD"
    assert link.endswith("=" + signer.signature(signer.string_to_sign(asked, canonical), asked))
    assert isinstance(signer, SigV4Auth)


def test_overview_draws_the_pipeline_with_what_each_part_does(page: Browser, farm: Farm) -> None:
    page.open(farm.url)
    page.until_text("Athena")
    page.until("document.querySelectorAll('.flow path').length === 8")
    boxes = page.run(
        "Object.fromEntries([...document.querySelectorAll('.node')].map((one) => [one.id, one.innerText]))"
    )
    assert "farm" in boxes["node-stream"]
    assert re.search(r"6 records waiting.*every 900 s, or 5 MB", boxes["node-delivery"], re.DOTALL)
    assert "1 objects" in boxes["node-raw"]
    assert "never crawled" in boxes["node-crawler"]
    assert "readings" in boxes["node-catalog"]
    assert page.complaints == []


def test_query_is_answered_with_a_chart_rows_and_its_cost(page: Browser, farm: Farm) -> None:
    page.open(f"{farm.url}#/sql")
    page.type("#sql-text", "SELECT at, data, type FROM readings ORDER BY at")
    page.click("#sql-run")
    page.until("document.querySelectorAll('#rows tbody tr').length === 50")
    page.until("document.querySelector('.chart path.c0')")
    shown = page.text()
    assert "SUCCEEDED" in shown
    assert "US$ 0.000048" in shown
    assert "1\u201350 of 60" in shown
    page.click("#rows-on")
    page.until_text("51\u201360 of 60")
    page.run("document.querySelector('.chart svg').dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}))")
    assert "power: 20" in page.run("document.querySelector('.tip').innerText")
    page.type("#sql-text", "SELECT turbine, count(*) AS n FROM readings GROUP BY turbine")
    page.click("#sql-run")
    page.until("document.querySelectorAll('.chart rect.c0').length === 3")
    assert page.complaints == []


def test_query_in_a_link_from_elsewhere_is_written_down_and_not_run(page: Browser, farm: Farm) -> None:
    page.open(f"{farm.url}#/sql/DROP%20TABLE%20readings/farm")
    page.until("document.querySelector('#sql-text').value === 'DROP TABLE readings'")
    page.until("document.querySelector('.past .card')")
    assert page.run("document.querySelector('#sql-result').childElementCount") == 0
    assert farm.client("glue").get_table(DatabaseName="farm", Name="readings")


def test_query_that_fails_says_what_athena_says(page: Browser, farm: Farm) -> None:
    page.open(f"{farm.url}#/sql")
    page.type("#sql-text", "SELECT 'a first one'")
    page.click("#sql-run")
    page.until("document.querySelector('#rows')")
    page.type("#sql-text", "SELECT nothing FROM readings")
    page.click("#sql-run")
    page.until_text("COLUMN_NOT_FOUND")
    page.until("document.querySelector('#sql-result .notice.bad')")
    page.click(".past button[title=\"SELECT 'a first one'\"]")
    page.until("document.querySelector('#sql-text').value === \"SELECT 'a first one'\"")
    page.until("document.querySelector('#rows')")


def test_page_speaks_portuguese_and_fits_a_telephone(page: Browser, farm: Farm) -> None:
    page.resize(400)
    page.open(farm.url)
    page.click("#language")
    page.until_text("Dos sensores ao lake")
    assert page.run("document.documentElement.lang") == "pt-BR"
    for view in ("overview", "stream", "delivery", "lake/raw", "catalog", "catalog/table/farm/readings", "sql"):
        page.run(f"void (location.hash = '#/{view}')")
        page.until("document.querySelector('#main h1')")
        assert page.run("document.documentElement.scrollWidth") <= 400, view
    page.click("#theme")
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(245, 247, 247)"
    page.click("#theme")
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(16, 21, 23)"


def test_what_is_signed_is_of_the_servers_time(page: Browser, enforced: Farm) -> None:
    with page.clock_behind(86_400):
        page.open(enforced.url)
        page.type("#key-id", ROOT_KEY[0])
        page.type("#key-secret", ROOT_KEY[1])
        page.click("form button.main")
        page.until_text("no pipeline to draw")
    assert page.complaints == []


def test_where_signatures_count_one_signs_in_and_may_what_one_may(page: Browser, enforced: Farm) -> None:
    iam = enforced.client("iam")
    iam.create_user(UserName="ana")
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    page.open(enforced.url)
    page.type("#key-id", key["AccessKeyId"])
    page.type("#key-secret", "wrong")
    page.click("form button.main")
    page.until_text("SignatureDoesNotMatch")
    page.type("#key-secret", key["SecretAccessKey"])
    page.click("form button.main")
    page.until_text("user/ana is not authorized to perform: firehose:ListDeliveryStreams")
    allow(iam, "firehose:ListDeliveryStreams")
    page.run("void (location.hash = '#/overview/')")
    page.until_text("no pipeline to draw")
    kept = page.run("JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert key["SecretAccessKey"] not in kept
    examined = enforced.client("glue")
    examined.create_database(DatabaseInput={"Name": "farm"})
    table = {"Name": "gone", "StorageDescriptor": {"Columns": [], "Location": "s3://no-such-bucket/here/"}}
    examined.create_table(DatabaseName="farm", TableInput=table)
    page.run("void (location.hash = '#/catalog/table/farm/gone')")
    page.until_text("is not authorized to perform: glue:GetTable on resource")
    allow(iam, "glue:Get*", "glue:List*")
    page.run("void (location.hash = '#/catalog/table/farm/gone/')")
    page.click("#why")
    page.until_text("is not authorized to perform: s3:ListBucket")
    page.run("document.querySelector('dialog').close()")
    page.click("#who")
    page.until("document.querySelector('#key-id')")


def test_stream_shows_shards_and_records_as_they_are(page: Browser, farm: Farm) -> None:
    page.open(f"{farm.url}#/stream/farm")
    page.until("document.querySelectorAll('.ring > div').length === 2")
    page.until("document.querySelectorAll('.chart svg').length === 2")
    page.choose("#read-from", "oldest")
    page.until("!document.querySelector('#read-on').hidden")
    shown = page.text()
    assert EVIL in shown, "a record's text is shown, and is nothing but text"
    assert page.run("document.title") == "Stream – Afluente"  # noqa: RUF001  # the page's own
    page.run("document.querySelectorAll('summary').forEach((one) => one.click())")
    page.until_text("sequence number 4")
    assert page.complaints == []


def test_delivery_shows_where_it_goes_and_how_late_it_is(page: Browser, farm: Farm) -> None:
    page.open(f"{farm.url}#/delivery")
    page.until_text("6 records waiting")
    page.until_text("readings/date=2026-11-24/farm-1-2026-11-24-02-00-00-one")
    shown = page.text()
    assert "s3://raw/" in shown
    assert "readings/date=!{timestamp:yyyy-MM-dd}/" in shown


def test_lake_leads_to_an_object_and_what_is_in_it(page: Browser, farm: Farm) -> None:
    page.open(f"{farm.url}#/lake")
    page.click("a[href='#/lake/raw']")
    page.click("a[href$='notes%2F']")
    page.until_text("evil & 100%.html")
    page.click("a[href*='evil']")
    page.until("document.querySelector('#content')")
    assert page.run("document.querySelector('#content').textContent") == EVIL
    page.run("void (location.hash = '#/lake/raw/o/notes%2Fpacked.json.gz')")
    page.until("document.querySelector('#content')?.textContent.includes('packed')")
    link = page.run(f"import('{JS}/aws.js').then((aws) => aws.downloadLink('raw', 'notes/evil & 100%.html'))")
    with urllib.request.urlopen(farm.url.removesuffix("/_afluente/console") + link) as answer:
        assert answer.read().decode() == EVIL
        assert answer.headers["content-disposition"] == 'attachment; filename="evil___100_.html"'
    assert page.complaints == []


def test_catalog_leads_from_a_table_to_its_rows(page: Browser, farm: Farm) -> None:
    page.open(f"{farm.url}#/catalog")
    page.click("a[href='#/catalog/table/farm/readings']")
    page.until_text("org.openx.data.jsonserde.JsonSerDe")
    page.click("#first-rows")
    page.until("document.querySelectorAll('#rows tbody tr').length === 10")
    assert page.complaints == []


def test_why_shows_what_the_doctor_finds(page: Browser, farm: Farm) -> None:
    page.open(f"{farm.url}#/catalog/crawler/farm")
    page.click("#language")
    page.until_text("Bancos de dados")
    page.click("#why")
    page.until_text("O crawler nunca rodou.")
    page.click("dialog button")
    page.until("!document.querySelector('dialog')")


def test_crawler_and_job_are_started_and_followed(page: Browser, farm: Farm) -> None:
    page.open(f"{farm.url}#/catalog/crawler/walker")
    page.until_text("never crawled")
    page.click("#crawler-start")
    page.until("document.querySelector('[id^=crawl-]')")
    page.until_text("Running Start Crawl for Crawler walker")
    page.run("void (location.hash = '#/catalog/job/farm')")
    page.click("#job-start")
    page.until("document.querySelector('[id^=run-jr_]')")
    page.until_text("the job says hello")
    page.until_text("SUCCEEDED")


def test_stream_tells_whether_it_balances(page: Browser, farm: Farm) -> None:
    page.open(f"{farm.url}#/stream/farm")
    page.click("#ledger")
    page.until_text("farm \u2192 farm")
    rows = page.run("[...document.querySelectorAll('dialog tr')].map((one) => one.innerText.split('\\t').slice(0, 2))")
    assert rows[0] == ["put into the stream", "6"]
    assert rows[-1] == ["difference", "0"]
    assert page.run("document.querySelector('dialog .badge').textContent") == "balances"
    page.click("dialog button")


def test_record_tells_where_it_went(page: Browser, farm: Farm) -> None:
    page.open(f"{farm.url}#/stream/farm")
    page.choose("#read-from", "oldest")
    page.until("!document.querySelector('#read-on').hidden")
    page.click("summary")
    page.click(".whither")
    page.until("document.querySelector('.step.busy')")  # 900 seconds have not passed
    assert page.run("[...document.querySelectorAll('.step h3')].map((one) => one.textContent)") == ["put", "delivery"]
    assert "shardId-0000" in page.run("document.querySelector('.step dl').textContent")
    page.click("dialog button")
    assert page.complaints == []
