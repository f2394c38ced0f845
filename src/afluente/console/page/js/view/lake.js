// Buckets, folders and objects, with a look into them.

import { listBuckets, listObjects } from "../aws.js";
import { fill, h } from "../dom.js";
import { downloadOf } from "../download.js";
import { dateTime, size } from "../format.js";
import { t } from "../language.js";
import { card, table, trouble } from "../part.js";
import { link } from "../route.js";
import { preview } from "../lake/preview.js";

// `#/lake`, `#/lake/BUCKET`, `#/lake/BUCKET/p/PREFIX`, `#/lake/BUCKET/o/KEY`
export async function show(root, [bucket, kind, path = ""], signal) {
  const title = h("h1", {}, t("tab.lake"));
  if (!bucket) return fill(root, title, await buckets(signal));
  if (kind === "o") return fill(root, title, crumbs(bucket, path), await object(bucket, path, signal));
  const place = h("div.stack");
  fill(root, title, crumbs(bucket, path), place);
  await folder(place, bucket, path, signal);
}

const buckets = async (signal) =>
  card(
    t("lake.buckets"),
    table(
      [
        [t("lake.bucket"), (bucket) => h("a", { href: link("lake", bucket.name) }, bucket.name)],
        [t("made"), (bucket) => dateTime(bucket.made), "tight"],
      ],
      await listBuckets(signal),
      t("lake.none"),
    ),
  );

function crumbs(bucket, path) {
  const steps = path.split("/").filter((part, i, all) => part || i < all.length - 1);
  const to = (i) =>
    i === steps.length - 1 && !path.endsWith("/")
      ? link("lake", bucket, "o", path)
      : link("lake", bucket, "p", `${steps.slice(0, i + 1).join("/")}/`);
  return h(
    "nav.crumbs",
    { "aria-label": t("lake.place") },
    h("a", { href: link("lake") }, "s3://"),
    h("a", { href: link("lake", bucket) }, bucket),
    steps.map((step, i) => [h("span.soft", {}, "/"), h("a", { href: to(i) }, step || "∅")]),
  );
}

async function folder(place, bucket, prefix, signal) {
  let page = await listObjects(bucket, { prefix, delimiter: "/", signal });
  const entries = [];
  const draw = () => {
    entries.push(
      ...page.folders.map((key) => ({ key, isFolder: true })),
      ...page.objects.filter(({ key }) => key !== prefix),
    );
    const name = ({ key }) => key.slice(prefix.length);
    fill(
      place,
      card(
        "",
        table(
          [
            [
              t("lake.key"),
              (entry) =>
                h(
                  entry.isFolder ? "a.wrap.folder" : "a.wrap",
                  { href: link("lake", bucket, entry.isFolder ? "p" : "o", entry.key) },
                  name(entry),
                ),
            ],
            [t("lake.size"), (entry) => (entry.isFolder ? "" : size(entry.size)), "number tight"],
            [t("lake.when"), (entry) => (entry.isFolder ? "" : dateTime(entry.modified)), "tight"],
            ["", (entry) => (entry.isFolder ? "" : downloadOf(t("lake.download"), bucket, entry.key))],
          ],
          entries,
        ),
        page.next && h("div.row", {}, h("button", { id: "more", onclick: more }, t("lake.more"))),
      ),
    );
  };
  const more = async () => {
    try {
      page = await listObjects(bucket, { prefix, delimiter: "/", next: page.next, signal });
      draw();
    } catch (error) {
      place.append(trouble(error));
    }
  };
  draw();
}

async function object(bucket, key, signal) {
  const [facts, content] = await preview(bucket, key, signal);
  return [
    card(
      "",
      h("div.row.spread", {}, h("h2.wrap", {}, key.split("/").pop()), downloadOf(t("lake.download"), bucket, key)),
      facts,
    ),
    content,
  ];
}
