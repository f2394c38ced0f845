// Lines of CloudWatch Logs.

import { all, call } from "./aws.js";
import { h } from "./dom.js";
import { clock } from "./format.js";
import { t } from "./language.js";
import { attempt, trouble } from "./part.js";

// The last lines of a stream, oldest first: {value: [{timestamp, message}]} or {error}; none where there is no log yet.
export async function lastLines(group, stream, { most = 200, signal } = {}) {
  const found = await attempt(
    call("logs", "GetLogEvents", { logGroupName: group, logStreamName: stream, limit: most }, signal),
  );
  if (found.error?.code === "ResourceNotFoundException") return { value: [] };
  return found.error ? found : { value: found.value.events };
}

// The lines that have `text` in them, as those of one crawl have its id.
export const linesWith = (group, stream, text, signal) =>
  attempt(
    all(
      "logs",
      "FilterLogEvents",
      { logGroupName: group, logStreamNames: [stream], filterPattern: `"${text}"` },
      "events",
      { token: "nextToken", signal },
    ),
  );

export function log({ value, error }) {
  if (error) return trouble(error);
  if (!value.length) return h("p.soft", {}, t("log.empty"));
  return h(
    "pre.log",
    { tabindex: 0 },
    value.map(({ timestamp, message }) => `${clock(timestamp / 1000)}  ${message.replace(/\n$/, "")}`).join("\n"),
  );
}
