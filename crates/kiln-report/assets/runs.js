// Shows all runs of a folder, and follows them.

const SMOOTHING = 0.04;
const [WIDTH, HEIGHT] = [300, 84];
const COLORS = 7;

const { version, change } = JSON.parse(byId("data").textContent);
/** The card of each run, by its name. */
const cards = new Map();
let connected = true;

function apply({ names, cards: changed }) {
  for (const run of changed) {
    if (!cards.has(run.name)) cards.set(run.name, newCard(run.name));
    fillCard(cards.get(run.name), run);
  }
  for (const name of cards.keys()) {
    if (!names.includes(name)) cards.delete(name);
  }
  place(byId("runs"), names.map((name) => cards.get(name).element));
  showCount();
}

function showCount() {
  const badge = byId("status");
  const training = [...cards.values()].filter((card) => card.status === "training").length;
  showBadge(badge, !connected ? "lost" : training > 0 ? "training" : "");
  if (connected) badge.textContent = `${cards.size} ${cards.size === 1 ? "run" : "runs"}, ${training} training`;
}

function newCard(name) {
  const href = `${name.split("/").map(encodeURIComponent).join("/")}/`;
  const image = html("img", { alt: "", loading: "lazy", hidden: "" });
  const text = html("div");
  const chart = html("div", { class: "small-chart" });
  const element = html("a", { class: "run", href }, html("div", { class: "newest" }, image), text, chart);
  return { name, href, element, image, text, chart, sheet: null };
}

function fillCard(card, { status, recipe, data, progress, curves, sheet, problem }) {
  card.status = status ?? null;
  const title = html("h2", {}, card.name);
  if (problem !== null) {
    card.text.replaceChildren(title, html("p", { class: "problem" }, problem));
    card.chart.replaceChildren();
    return;
  }
  const badge = html("span");
  showBadge(badge, status);
  const bar = html("div", { class: "progress" }, html("div"));
  bar.firstElementChild.style.width = `${Math.min(100, (100 * progress.step) / progress.steps)}%`;
  card.text.replaceChildren(title, html("p", {}, `${recipe} on ${data}`), badge,
    html("p", {}, progressText(progress, status)), bar);
  card.chart.replaceChildren(...smallChart(curves));
  card.image.hidden = sheet === null;
  if (sheet !== null && sheet !== card.sheet) card.image.src = `${card.href}sheets/step-${sheet}.png`;
  card.sheet = sheet;
}

/** A few curves without axes, and their last values. */
function smallChart(curves) {
  if (curves.length === 0) return [html("p", { class: "empty" }, "No metrics yet.")];
  const names = [...new Set(curves.map((one) => one.name))];
  const lines = curves.map((one) =>
    ({ ...one, color: names.indexOf(one.name) % COLORS, smooth: smoothed(one.values, one.test ? 0 : SMOOTHING * one.values.length) }));
  const [low, high] = padded(...extent(lines.flatMap((one) => [...one.smooth]), false));
  const last = Math.max(1, ...lines.map((one) => one.last[0]));
  const x = (step) => (step / last) * WIDTH;
  const y = (value) => HEIGHT - ((value - low) / (high - low)) * HEIGHT;
  const paths = lines.map((one) => svg("path", {
    class: `${one.test ? "dashed " : ""}c${one.color}`,
    d: linePath(one.steps, one.smooth, x, y),
  }));
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...paths);
  const values = lines.map((one) =>
    html("span", { class: `c${one.color}` }, `${one.test ? "test " : ""}${one.name} ${short(one.last[1])}`));
  return [picture, html("p", {}, ...values)];
}

apply(change);
if (version !== null) {
  follow(version, 2000, apply, (answers, problem) => {
    showProblem(problem);
    if (connected !== answers) {
      connected = answers;
      showCount();
    }
  });
}
