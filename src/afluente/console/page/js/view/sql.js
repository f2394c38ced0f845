// Asking Athena: an editor, what there is to ask about, the answer as a table and a chart, and what was asked before.

import { all, call } from "../aws.js";
import { fill, h } from "../dom.js";
import { t } from "../language.js";
import { action, attempt, trouble } from "../part.js";
import { ended, results, start } from "../query.js";
import { taken } from "../sql/handover.js";
import { tree } from "../sql/tree.js";
import { figures } from "../sql/figures.js";
import { history } from "../sql/history.js";
import { answer } from "../sql/answer.js";

const remember = (key, value) => sessionStorage.setItem(`sql.${key}`, value);
const remembered = (key) => sessionStorage.getItem(`sql.${key}`) ?? "";

export async function show(root, [given, givenDatabase], signal) {
  const [groups, databases] = await Promise.all([
    attempt(all("athena", "ListWorkGroups", {}, "WorkGroups", { signal })),
    attempt(all("glue", "GetDatabases", {}, "DatabaseList", { signal })),
  ]);
  const desk = new Desk(
    groups.value ?? [],
    (databases.value ?? []).map((one) => one.Name),
    signal,
  );
  desk.write(given ?? remembered("text"), givenDatabase);
  fill(
    root,
    h("h1", {}, t("sql.title")),
    [groups, databases].map(({ error }) => error && trouble(error)),
    h(
      "div.side",
      {},
      tree(
        databases.error ? null : desk.databases,
        (text) => desk.insert(text),
        (sql, database) => desk.runText(sql, database),
        signal,
      ),
      h("div.stack", {}, desk.editorCard(), desk.result, desk.past),
    ),
  );
  await desk.chooseGroup();
  if (given && taken() === given) desk.run();
}

class Desk {
  constructor(groups, databases, signal) {
    this.databases = databases;
    this.signal = signal;
    const group =
      groups.map((one) => one.Name).find((name) => name === remembered("group")) ??
      groups.find((one) => one.Name !== "primary")?.Name;
    this.group = select(
      "sql-group",
      groups.map((one) => one.Name),
      group,
      () => this.chooseGroup(),
    );
    this.database = select(
      "sql-database",
      databases,
      remembered("database") || databases.find((name) => name !== "default"),
    );
    this.saved = h("select", { id: "sql-saved", onchange: () => this.takeSaved() });
    this.output = h("input", {
      id: "sql-output",
      placeholder: "s3://bucket/prefix/",
      value: remembered("output"),
      spellcheck: false,
    });
    this.outputField = h("label.field", { hidden: true }, t("sql.output"), this.output);
    this.text = h("textarea.editor", {
      "id": "sql-text",
      "spellcheck": false,
      "aria-label": "SQL",
      "onkeydown": (event) => this.key(event),
    });
    this.runButton = action(t("sql.run"), () => this.run(), { kind: "main", id: "sql-run" });
    this.cancelButton = action(t("sql.cancel"), () => this.cancel(), { id: "sql-cancel" });
    this.cancelButton.disabled = true;
    this.status = h("div.figures", { role: "status" });
    this.result = h("div.stack", { id: "sql-result" });
    this.past = h("div.past");
  }

  editorCard() {
    return h(
      "section.card.stack",
      {},
      h(
        "div.row",
        {},
        h("label.field", {}, t("sql.database"), this.database),
        h("label.field", {}, t("sql.group"), this.group),
        h("label.field", {}, t("sql.saved"), this.saved),
        this.outputField,
      ),
      this.text,
      h("div.row", {}, this.runButton, this.cancelButton, h("span.soft.small", {}, t("sql.hint")), this.status),
    );
  }

  write(text, database) {
    this.text.value = text;
    if (database && this.databases.includes(database)) this.database.value = database;
  }

  insert(text) {
    this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, "end");
    this.text.focus();
  }

  runText(sql, database) {
    this.write(sql, database);
    this.runButton.click();
  }

  key(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.runButton.click();
  }

  // The work group's saved queries, and whether it says where results go.
  async chooseGroup() {
    if (!this.group.value) return;
    remember("group", this.group.value);
    const group = await attempt(call("athena", "GetWorkGroup", { WorkGroup: this.group.value }, this.signal));
    this.outputField.hidden = Boolean(group.value?.WorkGroup.Configuration?.ResultConfiguration?.OutputLocation);
    const ids = await attempt(
      all("athena", "ListNamedQueries", { WorkGroup: this.group.value }, "NamedQueryIds", {
        most: 50,
        signal: this.signal,
      }),
    );
    const found = ids.value?.length
      ? await attempt(call("athena", "BatchGetNamedQuery", { NamedQueryIds: ids.value.slice(0, 50) }, this.signal))
      : {};
    this.named = (found.value?.NamedQueries ?? []).sort((a, b) => a.Name.localeCompare(b.Name));
    fill(
      this.saved,
      h("option", { value: "" }, "–"),
      this.named.map((one, i) => h("option", { value: i }, one.Name)),
    );
    this.showPast();
  }

  takeSaved() {
    const chosen = this.named[this.saved.value];
    if (chosen) this.write(chosen.QueryString, chosen.Database);
  }

  showPast() {
    if (this.group.value) history(this.past, this.group.value, (query) => this.again(query), this.signal);
  }

  async again(query) {
    this.write(query.Query, query.QueryExecutionContext?.Database);
    if (query.Status.State === "SUCCEEDED") await this.showResult(query);
    scrollTo({ top: 0 });
  }

  async run() {
    const sql = this.text.value.trim();
    if (!sql) return;
    for (const [key, value] of [
      ["text", this.text.value],
      ["database", this.database.value],
      ["output", this.output.value],
    ])
      remember(key, value);
    fill(this.result);
    fill(this.status);
    const place = {
      database: this.database.value,
      workGroup: this.group.value,
      output: this.outputField.hidden ? "" : this.output.value,
    };
    try {
      this.id = await start(sql, place, this.signal);
      this.cancelButton.disabled = false;
      const query = await ended(this.id, this.signal, (seen) => fill(this.status, figures(seen)));
      if (query) await this.showResult(query);
    } catch (error) {
      if (!this.signal.aborted) fill(this.result, trouble(error));
    } finally {
      this.cancelButton.disabled = true;
      if (!this.signal.aborted) this.showPast();
    }
  }

  async cancel() {
    await call("athena", "StopQueryExecution", { QueryExecutionId: this.id }, this.signal);
  }

  async showResult(query) {
    fill(this.status, figures(query));
    if (query.Status.State !== "SUCCEEDED") {
      fill(this.result, trouble(new Error(query.Status.StateChangeReason ?? query.Status.State)));
      return;
    }
    const first = await results(query, undefined, this.signal);
    fill(
      this.result,
      answer(query, first, (next) => results(query, next, this.signal)),
    );
  }
}

function select(id, names, chosen, onchange) {
  return h(
    "select",
    { id, onchange },
    names.map((name) => h("option", { value: name, selected: name === chosen }, name)),
  );
}
