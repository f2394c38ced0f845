"""Why did a job run fail, write nothing, or write everything twice?"""

from collections.abc import Iterator, Mapping
from typing import Any

from afluente.doctor.finding import Clients, Finding, Kind, Severity, Text, looked_for

NEVER_RAN = Kind(
    "never-ran",
    Severity.WARNING,
    Text(
        "The job has never run.",
        "{triggers}",
        "Start it: aws glue start-job-run --job-name {job}; or activate its trigger: aws glue start-trigger --name ...",
    ),
    Text(
        "O job nunca rodou.",
        "{triggers_pt}",
        "Inicie: aws glue start-job-run --job-name {job}; ou ative o trigger: aws glue start-trigger --name ...",
    ),
)
FAILED = Kind(
    "run-failed",
    Severity.PROBLEM,
    Text(
        "Run {run} is {state}: {message}",
        "{why}",
        "{next} The whole log: aws logs tail {group} --log-stream-names {run}",
    ),
    Text(
        "A execução {run} está {state}: {message}",
        "{why_pt}",
        "{next_pt} O log inteiro: aws logs tail {group} --log-stream-names {run}",
    ),
)
APPENDS_AGAIN = Kind(
    "no-bookmark",
    Severity.WARNING,
    Text(
        "{runs} runs succeeded without a bookmark.",
        "A job appends. Without --job-bookmark-option job-bookmark-enable each run reads everything again, so the "
        "rows are there once per run.",
        "Enable the bookmark (and keep job.init, job.commit and a transformation_ctx on each source), or have the "
        "script purge the target (glueContext.purge_s3_path) before it writes.",
    ),
    Text(
        "{runs} execuções terminaram bem sem bookmark.",
        "Um job acrescenta. Sem --job-bookmark-option job-bookmark-enable cada execução lê tudo de novo, e os "
        "registros aparecem uma vez por execução.",
        "Ligue o bookmark (e mantenha job.init, job.commit e um transformation_ctx em cada fonte), ou faça o script "
        "limpar o destino (glueContext.purge_s3_path) antes de gravar.",
    ),
)
BOOKMARKED = Kind(
    "bookmarked",
    Severity.NOTE,
    Text(
        "The bookmark is on: a run reads only objects that are new since the last run that succeeded.",
        "A run that finds nothing new succeeds and writes nothing.",
        "To read everything again: aws glue reset-job-bookmark --job-name {job}.",
    ),
    Text(
        "O bookmark está ligado: uma execução lê só os objetos novos desde a última que terminou bem.",
        "Uma execução que não acha nada novo termina bem e não grava nada.",
        "Para ler tudo de novo: aws glue reset-job-bookmark --job-name {job}.",
    ),
)

Cause = tuple[str, str, str, str, str]
CAUSES: tuple[Cause, ...] = (
    (
        "AccessDenied",
        "The job's role may not do what the script asks of it.",
        "Give the role the action on the resource that the message names.",
        "A role do job não pode fazer o que o script pede.",
        "Dê à role a ação sobre o recurso que a mensagem cita.",
    ),
    (
        "EntityNotFound",
        "The script names a database or table that the catalog does not have (names are lower case there).",
        "Run the crawler first, and compare the names: aws glue get-tables --database-name ...",
        "O script cita um banco ou tabela que o catálogo não tem (lá os nomes são em minúsculas).",
        "Rode o crawler antes e compare os nomes: aws glue get-tables --database-name ...",
    ),
    (
        "GlueArgumentError",
        "getResolvedOptions lists an argument that neither the job nor the run gives.",
        "Add it to DefaultArguments or --arguments, with two dashes: {'--NAME': 'value'}.",
        "getResolvedOptions pede um argumento que nem o job nem a execução dão.",
        "Acrescente-o em DefaultArguments ou --arguments, com dois traços: {'--NOME': 'valor'}.",
    ),
    (
        "ModuleNotFoundError",
        "The script imports a package that is not there.",
        "Name it in --additional-python-modules (AWS), or install it beside Afluente.",
        "O script importa um pacote que não existe ali.",
        "Cite-o em --additional-python-modules (AWS) ou instale-o junto do Afluente.",
    ),
    (
        "NoSuchKey",
        "The script, or an object that it reads, is not where the job says.",
        "Upload the script to Command.ScriptLocation.",
        "O script, ou um objeto que ele lê, não está onde o job diz.",
        "Envie o script para Command.ScriptLocation.",
    ),
    (
        "AnalysisException",
        "A query or expression names a column or table that the frame does not have.",
        "Print the schema before that line: frame.printSchema().",
        "Uma consulta ou expressão cita uma coluna ou tabela que o frame não tem.",
        "Imprima o esquema antes dessa linha: frame.printSchema().",
    ),
    ("", "The message is the script's last error.", "Look at the line that it names.",
     "A mensagem é o último erro do script.", "Veja a linha que ela cita."),
)  # fmt: skip
"""Part of a message, why and what next in English, and both in Portuguese; the last one fits every message."""

BAD = frozenset({"FAILED", "ERROR", "TIMEOUT", "EXPIRED"})


def examine(client: Clients, name: str, run_id: str | None = None) -> Iterator[Finding]:
    """Findings on the job `name` and its last run, or the run `run_id`. Raises NothingThere."""
    glue = client("glue")
    with looked_for(f"job {' '.join(filter(None, (name, run_id)))}"):
        job = glue.get_job(JobName=name)["Job"]
        runs = glue.get_job_runs(JobName=name, MaxResults=50)["JobRuns"]
        run = glue.get_job_run(JobName=name, RunId=run_id)["JobRun"] if run_id else next(iter(runs), None)
    if run is None:
        yield NEVER_RAN.found(job=name, **_triggers(glue, name))
        return
    if run["JobRunState"] in BAD:
        yield _failed(run)
    yield from _examine_bookmark(job, runs)


def _failed(run: Mapping[str, Any]) -> Finding:
    message = run.get("ErrorMessage") or run["JobRunState"]
    _, why, next_, why_pt, next_pt = next(cause for cause in CAUSES if cause[0] in message)
    return FAILED.found(
        run=run["Id"], state=run["JobRunState"], message=message, why=why, next=next_, why_pt=why_pt, next_pt=next_pt,
        group=f"{run.get('LogGroupName', '/aws-glue/jobs')}/error",
    )  # fmt: skip


def _examine_bookmark(job: Mapping[str, Any], runs: list[Mapping[str, Any]]) -> Iterator[Finding]:
    succeeded = [run for run in runs if run["JobRunState"] == "SUCCEEDED"]
    defaults = job.get("DefaultArguments", {})
    without = [run for run in succeeded if not _bookmarked({**defaults, **run.get("Arguments", {})})]
    if len(without) > 1:
        yield APPENDS_AGAIN.found(runs=len(without))
    elif _bookmarked(defaults) and succeeded:
        yield BOOKMARKED.found(job=job["Name"])


def _bookmarked(arguments: Mapping[str, str]) -> bool:
    return arguments.get("--job-bookmark-option") == "job-bookmark-enable"


def _triggers(glue: Any, job: str) -> dict[str, str]:
    triggers = glue.get_triggers(DependentJobName=job)["Triggers"]
    if not triggers:
        return {"triggers": "No trigger starts it.", "triggers_pt": "Nenhum trigger o inicia."}
    states = ", ".join(f"{trigger['Name']} ({trigger['Type']}, {trigger['State']})" for trigger in triggers)
    return {"triggers": f"Its triggers: {states}.", "triggers_pt": f"Os triggers dele: {states}."}
