// The time at the server, which its clock may have been moved on to: what is signed and asked for is of that time.

const RESOLUTION_MS = 2000;
let aheadMs = 0;

export const nowMs = () => Date.now() + aheadMs;

// Every answer says what time it is there, to the second.
export function heed(answer) {
  const told = Date.parse(answer.headers.get("date") ?? "");
  if (Math.abs(told - nowMs()) > RESOLUTION_MS) aheadMs = told - Date.now();
}
