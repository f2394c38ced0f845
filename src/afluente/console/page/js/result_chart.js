// Which chart fits a result: chosen from the types of its columns, and from what is in them.

import { MOST_SERIES } from "./chart.js";

const NUMBERS = /^(tinyint|smallint|integer|int|bigint|real|float|double|decimal)/;
const DATE = /^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}.*)?$/;
const IDENTIFIER = /^id|id$/i;
const MANY = 30;

export const isNumber = (column) => NUMBERS.test(column.type);

const distinct = (rows, i) => new Set(rows.map((row) => row[i])).size;

// Whether a column tells when: by its type, or because every text in it is a date.
function isTime(column, rows, i) {
  if (/^(date|timestamp)/.test(column.type)) return true;
  return !isNumber(column) && rows.length > 0 && rows.every((row) => row[i] === null || DATE.test(row[i]));
}

// {x, y: [columns], by, kind}, column numbers, by -1 for one series a column; null where there is nothing to draw.
export function suggest(columns, rows) {
  const at = columns.map((column, i) => i);
  const all = at.filter((i) => isNumber(columns[i]));
  if (!all.length || rows.length < 2) return null;
  const measures = all.filter((i) => !IDENTIFIER.test(columns[i].name));
  const numbers = measures.length ? measures : all;
  const times = at.filter((i) => isTime(columns[i], rows, i) && distinct(rows, i) > 1);
  const texts = at.filter((i) => !all.includes(i) && !times.includes(i) && distinct(rows, i) > 1);
  const x = times.find((i) => columns[i].type.startsWith("timestamp")) ?? times[0] ?? texts[0] ?? all[0];
  const by = texts.find((i) => i !== x && distinct(rows, i) <= MOST_SERIES) ?? -1;
  const y = numbers.filter((i) => i !== x);
  if (!y.length) return null;
  const isLine = times.includes(x) || (isNumber(columns[x]) && distinct(rows, x) > MANY);
  return { x, by, y: by >= 0 ? y.slice(0, 1) : y.slice(0, MOST_SERIES), kind: isLine ? "line" : "bar" };
}

// Milliseconds of what Athena writes for a date or a timestamp.
function asMs(text) {
  const [, day, time = "00:00", zone] = /^(\S{10})(?:[ T](\d[\d:.]*))?\s*(.*)$/.exec(text);
  return Date.parse(`${day}T${time}${zone === "UTC" ? "Z" : ""}`);
}

// What `chart` draws for such a choice, of the rows that are here. Of several rows for one point it is the average.
export function shape(columns, rows, choice) {
  const time = isTime(columns[choice.x], rows, choice.x);
  const xs = [...new Set(rows.map((row) => row[choice.x]).filter((value) => value !== null))];
  if (time) xs.sort((a, b) => asMs(a) - asMs(b));
  else if (isNumber(columns[choice.x])) xs.sort((a, b) => a - b);
  const points = pointsOf(columns, rows, choice);
  const series = [...points].map(([name, at]) => ({ name, values: xs.map((x) => average(at.get(x))) }));
  return {
    kind: choice.kind,
    isTime: time,
    xs: time ? xs.map(asMs) : xs,
    series: series.slice(0, MOST_SERIES),
    left: Math.max(0, series.length - MOST_SERIES),
    isAveraged: [...points.values()].some((at) => [...at.values()].some((values) => values.length > 1)),
    label: `${choice.y.map((y) => columns[y].name).join(", ")} / ${columns[choice.x].name}`,
    legend: true,
  };
}

// A series' name, to x, to the values there.
function pointsOf(columns, rows, { x, y, by }) {
  const points = new Map();
  for (const row of rows.filter((one) => one[x] !== null)) {
    for (const i of y.filter((one) => row[one] !== null)) {
      const own = by >= 0 ? [row[by] ?? "NULL", ...(y.length > 1 ? [columns[i].name] : [])].join(" ") : columns[i].name;
      const at = points.get(own) ?? new Map();
      points.set(own, at.set(row[x], [...(at.get(row[x]) ?? []), Number(row[i])]));
    }
  }
  return points;
}

const average = (values) => (values ? values.reduce((a, b) => a + b, 0) / values.length : null);
