// A crawler: what it crawls, its crawls, and what it said.

import { all, call } from "../aws.js";
import { why } from "../doctor.js";
import { fill, h } from "../dom.js";
import { dateTime, seconds } from "../format.js";
import { t } from "../language.js";
import { linesWith, log } from "../log.js";
import { action, attempt, badge, card, difference, facts, table, trouble } from "../part.js";
import { poll } from "../poll.js";
import { link } from "../route.js";

const LOOK_MS = 4000;
const SOON_MS = 700;

export async function crawler(place, [name], signal) {
  const head = h("div");
  const runs = h("div");
  const said = h("div");
  const isNew = difference();
  let chosen = null;
  fill(place, head, runs, said);
  const look = async () => {
    const [found, crawls] = await Promise.all([
      attempt(call("glue", "GetCrawler", { Name: name }, signal)),
      attempt(all("glue", "ListCrawls", { CrawlerName: name, MaxResults: 20 }, "Crawls", { most: 20, signal })),
    ]);
    if (signal.aborted) return;
    if (found.error) fill(head, trouble(found.error));
    else if (isNew(found.value)) fill(head, headOf(found.value.Crawler, wake, signal));
    chosen ??= crawls.value?.[0];
    fill(
      runs,
      card(
        t("catalog.crawls"),
        crawls.error ? trouble(crawls.error) : crawlsOf(crawls.value, chosen, (crawl) => ((chosen = crawl), wake())),
      ),
    );
    await tell();
    return found.value && found.value.Crawler.State !== "READY" && SOON_MS;
  };
  const tell = async () => {
    if (!chosen?.LogGroup) return;
    const { LogGroup: group, LogStream: stream, MessagePrefix: prefix } = chosen;
    const lines = await linesWith(group, stream, prefix, signal);
    if (!signal.aborted && !said.contains(document.activeElement))
      fill(said, card(t("catalog.said", { when: dateTime(chosen.StartTime) }), log(lines)));
  };
  const wake = poll(look, LOOK_MS, signal);
}

function headOf(found, wake, signal) {
  const isReady = found.State === "READY";
  const work = isReady ? ["StartCrawler", t("start")] : ["StopCrawler", t("stop")];
  const start = action(work[1], () => call("glue", work[0], { Name: found.Name }, signal), {
    id: "crawler-start",
    after: wake,
  });
  return card(
    "",
    h(
      "div.row.spread",
      {},
      h("div.row", {}, h("h2", {}, found.Name), badge(found.State)),
      h("div.row", {}, start, why("crawler", found.Name)),
    ),
    facts([
      [t("catalog.targets"), (found.Targets.S3Targets ?? []).map((target) => h("div", {}, h("code", {}, target.Path)))],
      [
        t("catalog.database"),
        found.DatabaseName && h("a", { href: link("catalog", "database", found.DatabaseName) }, found.DatabaseName),
      ],
      [t("catalog.schedule"), found.Schedule?.ScheduleExpression],
      [
        t("catalog.last"),
        found.LastCrawl && h("span", {}, badge(found.LastCrawl.Status), ` ${dateTime(found.LastCrawl.StartTime)}`),
      ],
      [t("message"), found.LastCrawl?.ErrorMessage],
      [t("role"), h("code", {}, found.Role)],
    ]),
  );
}

const crawlsOf = (crawls, chosen, choose) =>
  table(
    [
      [
        t("catalog.started"),
        (crawl) =>
          h(
            "button.link",
            {
              "type": "button",
              "id": `crawl-${crawl.CrawlId}`,
              "aria-pressed": String(crawl.CrawlId === chosen?.CrawlId),
              "onclick": () => choose(crawl),
            },
            dateTime(crawl.StartTime),
          ),
        "tight",
      ],
      [t("state"), (crawl) => badge(crawl.State)],
      [t("sql.took"), (crawl) => crawl.EndTime && seconds(crawl.EndTime - crawl.StartTime), "number"],
      [t("catalog.did"), (crawl) => summary(crawl)],
    ],
    crawls,
    t("node.never_crawled"),
  );

// "tables: 1 UPDATE; partitions: 1 ADD", from the JSON in JSON that ListCrawls gives.
function summary(crawl) {
  if (crawl.ErrorMessage) return crawl.ErrorMessage;
  try {
    const did = Object.entries(JSON.parse(crawl.Summary ?? "{}"));
    const text = did.map(
      ([what, kinds]) =>
        `${what}: ${Object.entries(kinds)
          .map(([kind, details]) => `${JSON.parse(details).Count} ${kind}`)
          .join(", ")}`,
    );
    return text.join("; ") || t("catalog.no_change");
  } catch {
    return crawl.Summary;
  }
}
