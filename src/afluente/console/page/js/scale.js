// Axes: round numbers and round times.

export function niceTicks(low, high, about = 4) {
  if (low === high) [low, high] = low === 0 ? [0, 1] : [Math.min(0, low), Math.max(0, high)];
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999);
  const ticks = [];
  for (let n = Math.floor(low / step); n * step < high + step * 0.999; n++)
    ticks.push(Number((n * step).toPrecision(12)));
  return ticks;
}

const MINUTE = 60e3;
const STEPS = [1, 5, 15, 30]
  .map((n) => n * 1e3)
  .concat(
    [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((n) => n * MINUTE),
    [1, 2, 7, 14, 30, 90, 365].map((n) => n * 1440 * MINUTE),
  );

// Moments between two, in milliseconds, at which to write the time.
export function timeTicks(low, high, about = 6) {
  const step = STEPS.find((ms) => (high - low) / ms <= about) ?? (high - low) / about;
  const shift = step >= 1440 * MINUTE ? 0 : new Date(low).getTimezoneOffset() * MINUTE;
  const ticks = [];
  for (let at = Math.ceil((low - shift) / step) * step + shift; at <= high; at += step) ticks.push(at);
  return ticks;
}
