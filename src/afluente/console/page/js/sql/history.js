// What was asked before in a work group.

import { call } from "../aws.js";
import { fill, h } from "../dom.js";
import { ago, dollars, seconds, size } from "../format.js";
import { t } from "../language.js";
import { attempt, badge, card, table, trouble } from "../part.js";
import { cost } from "../query.js";

const LAST = 20;

async function past(workGroup, signal) {
  const { QueryExecutionIds: ids } = await call(
    "athena",
    "ListQueryExecutions",
    { WorkGroup: workGroup, MaxResults: LAST },
    signal,
  );
  if (!ids?.length) return [];
  const { QueryExecutions: found } = await call("athena", "BatchGetQueryExecution", { QueryExecutionIds: ids }, signal);
  return found.sort((a, b) => b.Status.SubmissionDateTime - a.Status.SubmissionDateTime);
}

// Fill `element` with them; `again` takes one that is chosen.
export async function history(element, workGroup, again, signal) {
  const found = await attempt(past(workGroup, signal));
  if (signal.aborted) return;
  if (found.error) return fill(element, trouble(found.error));
  const open = (query) =>
    h(
      "button.quiet.mono",
      { type: "button", title: query.Query, onclick: () => again(query) },
      query.Query.replace(/\s+/g, " ").slice(0, 90),
    );
  fill(
    element,
    card(
      t("sql.history"),
      table(
        [
          [t("sql.asked"), (query) => ago(query.Status.SubmissionDateTime), "tight"],
          [t("state"), (query) => badge(query.Status.State)],
          ["SQL", open, "cut"],
          [t("sql.took"), (query) => seconds((query.Statistics?.TotalExecutionTimeInMillis ?? 0) / 1000), "number"],
          [t("sql.scanned"), (query) => size(query.Statistics?.DataScannedInBytes ?? 0), "number tight"],
          [t("sql.cost"), (query) => dollars(cost(query)), "number tight"],
        ],
        found.value,
        t("sql.no_history"),
      ),
    ),
  );
}
