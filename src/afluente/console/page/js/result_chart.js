// Which chart fits a result: chosen from the types of its columns.

import { MOST_SERIES } from "./chart.js";

const NUMBERS = /^(tinyint|smallint|integer|int|bigint|real|float|double|decimal)/;
const TIMES = /^(date|timestamp)/;

export const isNumber = (column) => NUMBERS.test(column.type);
const isTime = (column) => TIMES.test(column.type);
const looksLikeDate = (rows, i) => rows.length > 0 && rows.every((row) => row[i] === null || /^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}.*)?$/.test(row[i]));

// {x, y: [columns], by, kind, isTime}, column numbers; null where there is nothing to draw.
export function suggest(columns, rows) {
  const numbers = columns.map((column, i) => (isNumber(column) ? i : -1)).filter((i) => i >= 0);
  if (!numbers.length || rows.length < 2) return null;
  const time = columns.findIndex((column, i) => isTime(column) || (!isNumber(column) && looksLikeDate(rows, i)));
  const texts = columns.map((column, i) => (isNumber(column) || i === time ? -1 : i)).filter((i) => i >= 0);
  if (time >= 0) return { x: time, y: texts.length ? [numbers[0]] : numbers.slice(0, MOST_SERIES), by: texts[0] ?? -1, kind: "line" };
  if (texts.length) return { x: texts[0], y: texts.length > 1 ? [numbers[0]] : numbers.slice(0, MOST_SERIES), by: texts[1] ?? -1, kind: "bar" };
  if (numbers.length < 2) return null;
  const group = texts[0] ?? -1;
  return { x: numbers[0], y: numbers.slice(1, MOST_SERIES + 1), by: group, kind: new Set(rows.map((row) => row[numbers[0]])).size > 30 ? "line" : "bar" };
}

const asMs = (text) => Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(" UTC", "Z").replace(/^(\S+) (\d)/, "$1T$2"));

// The chart's data for such a choice; of the rows that are here, in the order of time or of the answer.
export function shape(columns, rows, choice) {
  const time = isTime(columns[choice.x]) || (!isNumber(columns[choice.x]) && looksLikeDate(rows, choice.x));
  const sorted = isNumber(columns[choice.x]);
  let xs = [...new Set(rows.map((row) => row[choice.x]).filter((value) => value !== null))];
  if (time) xs.sort((a, b) => asMs(a) - asMs(b));
  else if (sorted) xs.sort((a, b) => a - b);
  const place = new Map(xs.map((value, i) => [value, i]));
  const series = new Map();
  for (const row of rows) {
    if (row[choice.x] === null) continue;
    for (const y of choice.y) {
      const name = choice.by >= 0 ? `${row[choice.by]}${choice.y.length > 1 ? ` ${columns[y].name}` : ""}` : columns[y].name;
      if (!series.has(name)) series.set(name, Array(xs.length).fill(null));
      series.get(name)[place.get(row[choice.x])] = row[y] === null ? null : Number(row[y]);
    }
  }
  const found = [...series].map(([name, values]) => ({ name, values }));
  const label = `${choice.y.map((y) => columns[y].name).join(", ")} / ${columns[choice.x].name}`;
  return { kind: choice.kind, isTime: time, xs: time ? xs.map(asMs) : xs, series: found.slice(0, MOST_SERIES), left: found.length - MOST_SERIES, label, legend: true };
}
