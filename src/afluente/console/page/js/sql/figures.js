// A query's state and its numbers.

import { h } from "../dom.js";
import { dollars, seconds, size } from "../format.js";
import { t } from "../language.js";
import { badge } from "../part.js";
import { cost, hasEnded } from "../query.js";

export function figures(query) {
  const numbers = query.Statistics ?? {};
  const figure = (title, value) => h("span", {}, `${title} `, h("b", {}, value));
  return [
    badge(query.Status.State),
    figure(t("sql.took"), seconds((numbers.TotalExecutionTimeInMillis ?? 0) / 1000)),
    figure(t("sql.scanned"), size(numbers.DataScannedInBytes ?? 0)),
    hasEnded(query) && figure(t("sql.cost"), dollars(cost(query))),
    numbers.ResultReuseInformation?.ReusedPreviousResult && h("span", {}, t("sql.reused")),
  ];
}
