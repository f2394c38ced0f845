// A job: its runs, with their logs; start and stop.

import { all, call } from "../aws.js";
import { why } from "../doctor.js";
import { fill, h } from "../dom.js";
import { dateTime, number, seconds } from "../format.js";
import { t } from "../language.js";
import { lastLines, log } from "../log.js";
import { action, attempt, badge, card, difference, facts, table, trouble } from "../part.js";
import { bucketOf } from "../pipeline.js";
import { poll } from "../poll.js";
import { link } from "../route.js";

const LOOK_MS = 4000;
const SOON_MS = 700;
const GOING = new Set(["STARTING", "RUNNING", "WAITING", "STOPPING"]);

export async function job(place, [name], signal) {
  const { Job: found } = await call("glue", "GetJob", { JobName: name }, signal);
  const runs = h("div");
  const logs = h("div");
  const isNew = difference();
  let chosen = null;
  const look = async () => {
    const list = await attempt(
      all("glue", "GetJobRuns", { JobName: name, MaxResults: 20 }, "JobRuns", { most: 20, signal }),
    );
    if (signal.aborted) return;
    chosen = (list.value ?? []).find((run) => run.Id === chosen?.Id) ?? list.value?.[0];
    const pick = (run) => ((chosen = run), wake());
    if (list.error) fill(runs, trouble(list.error));
    else if (isNew([list.value, chosen?.Id]))
      fill(runs, card(t("catalog.runs"), runsOf(name, list.value, chosen, pick, wake, signal)));
    await tell();
    return GOING.has(list.value?.[0]?.JobRunState) && SOON_MS;
  };
  const tell = async () => {
    if (!chosen) return fill(logs);
    const group = chosen.LogGroupName ?? "/aws-glue/jobs";
    const [output, errors] = await Promise.all(
      ["output", "error"].map((kind) => lastLines(`${group}/${kind}`, chosen.Id, { signal })),
    );
    if (signal.aborted || logs.contains(document.activeElement)) return;
    fill(
      logs,
      card(
        t("catalog.run_said", { id: chosen.Id.slice(0, 12) }),
        h(
          "div.stack",
          {},
          chosen.ErrorMessage && h("div.notice.bad", {}, h("pre", {}, chosen.ErrorMessage)),
          h("h3", {}, t("catalog.output")),
          log(output),
          h("h3", {}, t("catalog.errors")),
          log(errors),
        ),
      ),
    );
  };
  fill(
    place,
    headOf(found, () => ((chosen = null), wake()), signal),
    runs,
    logs,
  );
  const wake = poll(look, LOOK_MS, signal);
}

function headOf(found, wake, signal) {
  const script = found.Command?.ScriptLocation;
  const key = script?.replace(/^s3:\/\/[^/]+\//, "");
  const start = action(t("start"), () => call("glue", "StartJobRun", { JobName: found.Name }, signal), {
    id: "job-start",
    after: wake,
  });
  return card(
    "",
    h("div.row.spread", {}, h("h2", {}, found.Name), h("div.row", {}, start, why("job", found.Name))),
    facts([
      [
        t("catalog.kind"),
        [
          found.Command?.Name,
          found.GlueVersion && `Glue ${found.GlueVersion}`,
          found.WorkerType && `${found.NumberOfWorkers} × ${found.WorkerType}`,
        ]
          .filter(Boolean)
          .join(" · "),
      ],
      [t("catalog.script"), script && h("a", { href: link("lake", bucketOf(script), "o", key) }, script)],
      [
        t("catalog.arguments"),
        Object.entries(found.DefaultArguments ?? {}).map(([key, value]) =>
          h("div", {}, h("code", {}, `${key} ${value}`)),
        ),
      ],
      [t("role"), h("code", {}, found.Role)],
    ]),
  );
}

const runsOf = (name, runs, chosen, pick, wake, signal) =>
  table(
    [
      [
        t("catalog.started"),
        (run) =>
          h(
            "button.link",
            {
              "type": "button",
              "id": `run-${run.Id}`,
              "title": run.Id,
              "aria-pressed": String(run.Id === chosen?.Id),
              "onclick": () => pick(run),
            },
            dateTime(run.StartedOn),
          ),
        "tight",
      ],
      [t("state"), (run) => badge(run.JobRunState)],
      [t("sql.took"), (run) => run.CompletedOn && seconds(run.CompletedOn - run.StartedOn), "number"],
      ["DPU", (run) => number(run.MaxCapacity, 4), "number"],
      [t("catalog.by"), (run) => run.TriggerName],
      [t("message"), (run) => run.ErrorMessage?.slice(0, 160)],
      [
        "",
        (run) =>
          GOING.has(run.JobRunState)
            ? action(t("stop"), () => stop(name, run.Id, signal), { kind: "small", id: "run-stop", after: wake })
            : "",
      ],
    ],
    runs,
    t("node.never_ran"),
  );

async function stop(name, id, signal) {
  const { Errors: errors } = await call("glue", "BatchStopJobRun", { JobName: name, JobRunIds: [id] }, signal);
  if (errors?.length) throw new Error(errors[0].ErrorDetail?.ErrorMessage);
}
