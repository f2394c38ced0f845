// Numbers, sizes and times as people of the page's language write them.

import { language, t } from "./language.js";
import { nowMs } from "./time.js";

const locale = () => (language() === "pt" ? "pt-BR" : "en-US");

export const number = (value, digits = 0) =>
  value === null || value === undefined || Number.isNaN(value)
    ? "–"
    : value.toLocaleString(locale(), { maximumFractionDigits: digits });

export const dollars = (value) =>
  `US$ ${value.toLocaleString(locale(), { minimumFractionDigits: 2, maximumFractionDigits: 6 })}`;

export function size(bytes) {
  if (bytes === null || bytes === undefined) return "–";
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) ((value /= 1024), unit++);
  return `${number(value, unit && value < 100 ? 1 : 0)} ${units[unit]}`;
}

// Seconds since 1970 (as the JSON services answer), or an ISO text (as S3 does).
export const moment = (value) => new Date(typeof value === "number" ? value * 1000 : value);

export function ago(value) {
  const seconds = Math.max(0, (nowMs() - moment(value)) / 1000);
  if (seconds < 120) return t("ago.seconds", { n: Math.round(seconds) });
  if (seconds < 7200) return t("ago.minutes", { n: Math.round(seconds / 60) });
  if (seconds < 172800) return t("ago.hours", { n: Math.round(seconds / 3600) });
  return t("ago.days", { n: Math.round(seconds / 86400) });
}

export const clock = (value) => moment(value).toLocaleTimeString(locale(), { hour12: false });

export const dateTime = (value) =>
  moment(value).toLocaleString(locale(), { dateStyle: "short", timeStyle: "medium", hour12: false });

export const seconds = (value) => `${number(value, value < 10 ? 2 : 0)} s`;
