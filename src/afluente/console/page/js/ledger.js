// "Does it balance?": the ledger of a stream.

import { askInDialog } from "./ask.js";
import { finding } from "./doctor.js";
import { h } from "./dom.js";
import { number } from "./format.js";
import { t } from "./language.js";

export const balance = (stream) =>
  h(
    "button",
    {
      type: "button",
      id: "ledger",
      onclick: () => askInDialog(t("ledger.title", { name: stream }), "ledger", { stream }, draw),
    },
    t("ledger.ask"),
  );

const draw = ({ pages }) => (pages.length ? pages.map(page) : h("p", {}, t("ledger.none")));

const page = ({ from, to, lines, difference, balances, findings }) =>
  h(
    "section.stack",
    {},
    h("h3", {}, `${from} → ${to}`),
    h(
      "table",
      {},
      h(
        "tbody",
        {},
        lines.map(line),
        h(
          "tr",
          {},
          h("td", {}, h("b", {}, t("ledger.difference"))),
          h("td.number", {}, h("b", {}, number(difference))),
          h(
            "td",
            {},
            h("span", { class: `badge ${balances ? "good" : "bad"}` }, t(balances ? "ledger.yes" : "ledger.no")),
          ),
        ),
      ),
    ),
    findings.map(finding),
  );

const line = ({ name, number: value, is_part: isPart, details }) =>
  h(
    "tr",
    { class: isPart && "soft" },
    h("td", {}, name),
    h("td.number", {}, isPart ? `(${number(value)})` : number(value)),
    h("td.soft", {}, details.map(([what, count]) => `${what} ${number(count)}`).join(", ")),
  );
