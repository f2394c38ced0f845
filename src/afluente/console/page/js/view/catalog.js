// The Glue Data Catalog, and what fills it: databases and tables, crawlers, jobs.

import { all } from "../aws.js";
import { crawler } from "../catalog/crawler.js";
import { database } from "../catalog/database.js";
import { job } from "../catalog/job.js";
import { table } from "../catalog/table.js";
import { fill, h } from "../dom.js";
import { t } from "../language.js";
import { attempt, trouble } from "../part.js";
import { link } from "../route.js";

const PAGES = { database, table, crawler, job };

// `#/catalog/database/NAME`, `#/catalog/table/DATABASE/NAME`, `#/catalog/crawler/NAME`, `#/catalog/job/NAME`
export async function show(root, [kind, name, more], signal) {
  const [databases, crawlers, jobs] = await Promise.all([
    attempt(all("glue", "GetDatabases", {}, "DatabaseList", { signal })),
    attempt(all("glue", "ListCrawlers", {}, "CrawlerNames", { signal })),
    attempt(all("glue", "ListJobs", {}, "JobNames", { signal })),
  ]);
  const names = (databases.value ?? []).map((one) => one.Name);
  const place = h("div.stack");
  const current =
    kind === "table"
      ? ["database", name]
      : [kind ?? "database", name ?? names.find((one) => one !== "default") ?? names[0]];
  fill(
    root,
    h("h1", {}, t("tab.catalog")),
    h(
      "div.side",
      {},
      h(
        "div.stack",
        {},
        picks("database", t("catalog.databases"), { value: names, error: databases.error }, current),
        picks("crawler", t("catalog.crawlers"), crawlers, current),
        picks("job", t("catalog.jobs"), jobs, current),
      ),
      place,
    ),
  );
  if (current[1])
    await PAGES[kind in PAGES ? kind : "database"](place, kind === "table" ? [name, more] : [current[1]], signal);
}

function picks(kind, title, { value, error }, [currentKind, currentName]) {
  const pick = (name) =>
    h(
      "a",
      { "href": link("catalog", kind, name), "aria-current": kind === currentKind && name === currentName && "page" },
      name,
    );
  return h(
    "nav.card",
    { "aria-label": title },
    h("h2", {}, title),
    error ? trouble(error) : value.length ? h("div.picks", {}, value.map(pick)) : h("p.soft", {}, t("nothing")),
  );
}
