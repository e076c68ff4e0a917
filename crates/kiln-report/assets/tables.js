// Settings, environment, checkpoints, what the test set gave, and what `kiln eval` measured.

/** A table of names and values. */
function pairs(entries) {
  const rows = entries.map(([name, value]) =>
    html("tr", {}, html("th", { scope: "row" }, name), html("td", {}, String(value))));
  return html("table", { class: "pairs" }, html("tbody", {}, ...rows));
}

/** A table with a head; its first column names the rows, and a phone does without the `minor` ones. */
function table(head, rows, minor = []) {
  const kind = (i) => (i === 0 ? "" : minor.includes(head[i]) ? "number minor" : "number");
  const cell = (content, i) => i === 0
    ? html("th", { scope: "row" }, content)
    : content instanceof Element ? content : html("td", { class: kind(i) }, content);
  const heads = head.map((text, i) => html("th", { scope: "col", class: text ? kind(i) : "bar-cell" }, text));
  return html("div", { class: "scroll" }, html("table", {},
    html("thead", {}, html("tr", {}, ...heads)),
    html("tbody", {}, ...rows.map((row) => html("tr", {}, ...row.map(cell))))));
}

function showCheckpoints(steps) {
  const section = byId("checkpoints");
  if (steps.length === 0) return show(section, html("p", { class: "empty" }, "None yet."));
  show(section, html("ul", { class: "steps" }, ...steps.map((step) => html("li", {}, `step ${whole(step)}`))));
}

/** The last, least and greatest value of each test metric. */
function showTest(curves) {
  const section = byId("test");
  const test = curves.filter((one) => one.test);
  section.hidden = test.length === 0;
  if (section.hidden) return;
  const at = ([step, value]) =>
    html("td", { class: "number" }, short(value), " ", html("small", {}, `at ${whole(step)}`));
  const rows = test.map(({ name, last, lowest, highest }) => [name, at(last), at(lowest), at(highest)]);
  show(section, table(["metric", "last", "lowest", "highest"], rows));
}

/** A line for each checkpoint and figure, with its spread or interval and what real images get. */
function showEvaluation(evaluation) {
  const section = byId("evaluation");
  section.hidden = evaluation === null;
  if (section.hidden) return;
  const spread = ({ deviation, interval }) => {
    if (deviation !== undefined) return `± ${short(deviation)}`;
    return interval ? `${short(interval[0])} to ${short(interval[1])}` : "";
  };
  const optional = (value) => (value === undefined || value === null ? "" : short(value));
  const rows = evaluation.checkpoints.flatMap(({ step, best, figures }) => figures.map((figure) =>
    [figure.name, whole(step) + (best ? ", best" : ""), optional(figure.value), spread(figure), optional(figure.floor)]));
  const notes = evaluation.notes.map((note) => html("p", { class: "note" }, note));
  show(section, html("div", {}, table(["figure", "step", "value", "spread", "real images"], rows), ...notes));
}
