// Doing something again and again, only while it is looked at.

const pause = (ms, signal) =>
  new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });

const seen = (signal) =>
  new Promise((done) => {
    if (!document.hidden) return done();
    const look = () => document.hidden || (document.removeEventListener("visibilitychange", look), done());
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", done, { once: true });
  });

// Call `step` now and `everyMs` after it has ended (or what it gives, in ms), until `signal` is aborted; never in a
// hidden tab. Gives a function that ends the wait.
export function poll(step, everyMs, signal) {
  let waking = new AbortController();
  const go = async () => {
    while (!signal.aborted) {
      const soonMs = await step();
      waking = new AbortController();
      await pause(soonMs || everyMs, AbortSignal.any([signal, waking.signal]));
      await seen(signal);
    }
  };
  go();
  return () => waking.abort();
}

// Call `step` at growing intervals, of 2 s at most, until it gives something; that.
export async function until(step, signal) {
  for (let ms = 60; !signal?.aborted; ms = Math.min(ms * 1.5, 2000)) {
    const found = await step();
    if (found) return found;
    await pause(ms, signal ?? new AbortController().signal);
  }
  return null;
}
