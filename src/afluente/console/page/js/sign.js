// AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import { hex, hmac, sha256 } from "./sha256.js";
import { nowMs } from "./time.js";

const encoder = new TextEncoder();
const bytes = (text) => encoder.encode(text);

// Percent-encoding as AWS wants it: all but unreserved characters.
const escape = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

export const escapePath = (path) => path.split("/").map(escape).join("/");

export function queryText(query) {
  const pairs = Object.entries(query).map(([name, value]) => [escape(name), escape(String(value))]);
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.map((pair) => pair.join("=")).join("&");
}

const stamp = (date) => date.toISOString().replace(/[-:]|\.\d+/g, "");

function signature(request, headers, bodyHash, scope, time, secret) {
  const names = Object.keys(headers).sort();
  const canonical = [
    request.method,
    request.path,
    queryText(request.query ?? {}),
    ...names.map((name) => `${name}:${headers[name].trim()}`),
    "",
    names.join(";"),
    bodyHash,
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", time, scope, hex(sha256(bytes(canonical)))].join("\n");
  const key = scope.split("/").reduce((made, part) => hmac(made, bytes(part)), bytes(`AWS4${secret}`));
  return hex(hmac(key, bytes(text)));
}

// The headers to send with `request`: {method, host, path, query, headers, body, service, region}; path is encoded.
export function signed(request, keys) {
  const time = stamp(new Date(nowMs()));
  const bodyHash = hex(sha256(bytes(request.body ?? "")));
  const headers = { ...request.headers, "host": request.host, "x-amz-date": time };
  if (request.service === "s3") headers["x-amz-content-sha256"] = bodyHash;
  if (keys.token) headers["x-amz-security-token"] = keys.token;
  const scope = `${time.slice(0, 8)}/${request.region}/${request.service}/aws4_request`;
  const proof = signature(request, headers, bodyHash, scope, time, keys.secret);
  const names = Object.keys(headers).sort().join(";");
  const { host, ...sent } = headers;
  sent.authorization = `AWS4-HMAC-SHA256 Credential=${keys.id}/${scope}, SignedHeaders=${names}, Signature=${proof}`;
  return sent;
}

// A path with query string that opens `request` for so many seconds, to whoever has it.
export function presigned(request, keys, seconds) {
  const time = stamp(new Date(nowMs()));
  const scope = `${time.slice(0, 8)}/${request.region}/${request.service}/aws4_request`;
  const query = {
    ...request.query,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${keys.id}/${scope}`,
    "X-Amz-Date": time,
    "X-Amz-Expires": seconds,
    "X-Amz-SignedHeaders": "host",
  };
  if (keys.token) query["X-Amz-Security-Token"] = keys.token;
  const proof = signature({ ...request, query }, { host: request.host }, "UNSIGNED-PAYLOAD", scope, time, keys.secret);
  return `${request.path}?${queryText(query)}&X-Amz-Signature=${proof}`;
}
