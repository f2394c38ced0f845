// Lines of CloudWatch Logs.

import { all, call } from "./aws.js";
import { h } from "./dom.js";
import { clock } from "./format.js";
import { t } from "./language.js";
import { attempt, trouble } from "./part.js";

// Lines, oldest first: {value: [{timestamp, message}]} or {error}. Where there is no log yet, there are none.
async function lines(promise) {
  const found = await attempt(promise);
  return found.error?.code === "ResourceNotFoundException" ? { value: [] } : found;
}

// The last lines of a log stream.
export const lastLines = (group, stream, { most = 200, signal } = {}) =>
  lines(
    call("logs", "GetLogEvents", { logGroupName: group, logStreamName: stream, limit: most }, signal).then(
      (found) => found.events,
    ),
  );

// The lines that have `text` in them, as those of one crawl have its id.
export function linesWith(group, stream, text, signal) {
  const members = { logGroupName: group, logStreamNames: [stream], filterPattern: `"${text}"` };
  return lines(all("logs", "FilterLogEvents", members, "events", { token: "nextToken", signal }));
}

export function log({ value, error }) {
  if (error) return trouble(error);
  if (!value.length) return h("p.soft", {}, t("log.empty"));
  return h(
    "pre.log",
    { tabindex: 0 },
    value.map(({ timestamp, message }) => `${clock(timestamp / 1000)}  ${message.replace(/\n$/, "")}`).join("\n"),
  );
}
