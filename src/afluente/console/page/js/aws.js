// The AWS APIs of the machine that the page came from. Every request is signed here; the secret stays in this tab.

import { escapePath, presigned, queryText, signed } from "./sign.js";
import { heed } from "./time.js";
import { parseXml, textOf } from "./xml.js";

const JSON_SERVICES = {
  athena: ["athena", "AmazonAthena", "1.1"],
  cloudwatch: ["monitoring", "GraniteServiceVersion20100801", "1.0"],
  firehose: ["firehose", "Firehose_20150804", "1.1"],
  glue: ["glue", "AWSGlue", "1.1"],
  kinesis: ["kinesis", "Kinesis_20131202", "1.1"],
  logs: ["logs", "Logs_20140328", "1.1"],
};

// In open mode any key is the account's root.
const ANY = { id: "console", secret: "console" };

export const session = { keys: null, place: null, region: "us-east-1" };

export class AwsError extends Error {
  constructor(code, message, status) {
    super(message || code);
    this.code = code;
    this.status = status;
  }
}

export const signIn = (id, secret, token) => (session.keys = { id, secret, token });
export const signOut = () => (session.keys = null);
export const mustSignIn = () => session.place?.auth === "enforce" && session.keys === null;

async function send(request, signal) {
  const whole = { host: location.host, region: session.region, ...request };
  const headers = signed(whole, session.keys ?? ANY);
  const query = queryText(request.query ?? {});
  const url = request.path + (query ? `?${query}` : "");
  const given = { method: request.method, headers, body: request.body, signal, credentials: "omit" };
  const answer = await fetch(url, given);
  heed(answer);
  return answer;
}

// One operation of a JSON service: call("glue", "GetTables", {DatabaseName: "windfarm"}).
export async function call(service, operation, members = {}, signal = undefined) {
  const [signing, target, version] = JSON_SERVICES[service];
  const headers = { "content-type": `application/x-amz-json-${version}`, "x-amz-target": `${target}.${operation}` };
  const request = { method: "POST", path: "/", headers, body: JSON.stringify(members), service: signing };
  const answer = await send(request, signal);
  const text = await answer.text();
  if (answer.ok) return text ? JSON.parse(text) : {};
  throw errorOf(answer, text);
}

function errorOf(answer, text) {
  if (text.startsWith("<")) {
    const xml = parseXml(text);
    return new AwsError(textOf(xml, "Code"), textOf(xml, "Message"), answer.status);
  }
  let said = {};
  try {
    said = JSON.parse(text);
  } catch {
    said = { message: text.slice(0, 500) };
  }
  const code = answer.headers.get("x-amzn-errortype") ?? said.__type ?? said.code ?? String(answer.status);
  return new AwsError(code.split("#").pop().split(":")[0], said.message ?? said.Message ?? "", answer.status);
}

// Every item of an operation's pages, up to `most`; `list` names the member that holds them.
export async function all(service, operation, members, list, { most = 1000, signal, token = "NextToken" } = {}) {
  const found = [];
  let next;
  do {
    const page = await call(service, operation, next ? { ...members, [token]: next } : members, signal);
    found.push(...(page[list] ?? []));
    next = page[token];
  } while (next && found.length < most);
  return found;
}

const place = (bucket, key) => (bucket ? `/${bucket}${key === undefined ? "" : `/${escapePath(key)}`}` : "/");

// A GET of S3; the answer as fetch gives it.
export async function getObject(bucket, key, { query, headers, signal } = {}) {
  const answer = await send({ method: "GET", path: place(bucket, key), query, headers, service: "s3" }, signal);
  if (!answer.ok) throw errorOf(answer, await answer.text());
  return answer;
}

export async function listBuckets(signal) {
  const xml = parseXml(await (await getObject("", undefined, { signal })).text());
  return [...xml.getElementsByTagName("Bucket")].map((bucket) => ({
    name: textOf(bucket, "Name"),
    made: textOf(bucket, "CreationDate"),
  }));
}

// One page of a bucket: {folders, objects, next}.
export async function listObjects(bucket, { prefix = "", delimiter, next, most = 200, after, signal } = {}) {
  const query = { "list-type": 2, prefix, "max-keys": most };
  if (delimiter) query.delimiter = delimiter;
  if (next) query["continuation-token"] = next;
  if (after) query["start-after"] = after;
  const xml = parseXml(await (await getObject(bucket, undefined, { query, signal })).text());
  return {
    folders: [...xml.getElementsByTagName("CommonPrefixes")].map((folder) => textOf(folder, "Prefix")),
    objects: [...xml.getElementsByTagName("Contents")].map((object) => ({
      key: textOf(object, "Key"),
      size: Number(textOf(object, "Size")),
      modified: textOf(object, "LastModified"),
    })),
    next: textOf(xml, "NextContinuationToken"),
  };
}

// A link that saves the object as a file, good for ten minutes.
export function downloadLink(bucket, key) {
  const name = key
    .split("/")
    .pop()
    .replace(/[^\w.=-]/g, "_");
  const query = { "response-content-disposition": `attachment; filename="${name}"` };
  const request = { method: "GET", path: place(bucket, key), query, service: "s3", host: location.host };
  return presigned({ ...request, region: session.region }, session.keys ?? ANY, 600);
}

async function sts(parameters) {
  const body = queryText({ ...parameters, Version: "2011-06-15" });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await send({ method: "POST", path: "/", headers, body, service: "sts" });
  const text = await answer.text();
  if (!answer.ok) throw errorOf(answer, text);
  return parseXml(text);
}

// The ARN of who signs.
export const whoAmI = async () => textOf(await sts({ Action: "GetCallerIdentity" }), "Arn");

// Keys that last a quarter of an hour, for the doctor; those that were typed, where they are temporary already.
export async function briefKeys() {
  if (session.keys === null) return undefined;
  const { id, secret, token } = session.keys;
  if (token) return { access_key_id: id, secret_access_key: secret, session_token: token };
  const xml = await sts({ Action: "GetSessionToken", DurationSeconds: 900 });
  return {
    access_key_id: textOf(xml, "AccessKeyId"),
    secret_access_key: textOf(xml, "SecretAccessKey"),
    session_token: textOf(xml, "SessionToken"),
  };
}
