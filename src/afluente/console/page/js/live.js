// The numbers that the process shows to this machine, live: /_afluente/metrics, in Prometheus's text format.

import { session } from "./aws.js";

const LINE = /^(\w+)\{([^}]*)\} (\S+)$/;

// {name: [{labels, value}]}, or null where they are not shown, as to callers from other machines.
export async function liveNumbers(signal) {
  const answer = await fetch("/_afluente/metrics", { signal, headers: { accept: "text/plain;version=0.0.4" } });
  if (!answer.ok) return null;
  const found = {};
  for (const line of (await answer.text()).split("\n")) {
    const parts = LINE.exec(line);
    if (!parts) continue;
    const labels = Object.fromEntries(
      [...parts[2].matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]),
    );
    (found[parts[1]] ??= []).push({ labels, value: Number(parts[3]) });
  }
  return found;
}

// The value for which every one of `labels` holds, in the page's region; undefined when there is none.
export const liveValue = (numbers, name, labels) =>
  numbers?.[name]?.find(
    (one) =>
      one.labels.region === session.region && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
  )?.value;
