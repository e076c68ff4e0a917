// All panels, and what they share.

class Curves {
  /** `pick` is told a step that was chosen. */
  constructor(pick) {
    this.charts = new Map();
    /** `{name, panel, test, width, steps, values, lows, highs, last, lowest, highest}` each. */
    this.all = [];
    this.smoothing = byId("smoothing");
    this.smoothing.addEventListener("input", () => this.smooth());
    const hover = (step) => this.charts.forEach((chart) => chart.hover(step));
    this.events = { hover, pick, tell: (text) => (byId("read-out").textContent = text) };
  }

  /** Takes over what has changed; of `whole` curves nothing before holds. */
  take(changes, whole) {
    const before = whole ? [] : this.all;
    const after = [...before];
    for (const { from, ...change } of changes) {
      const at = before.findIndex((one) => one.name === change.name && one.test === change.test);
      for (const list of ["steps", "values", "lows", "highs"]) {
        change[list] = grown(before[at]?.[list] ?? [], from, change[list]);
      }
      if (at >= 0) after[at] = change;
      else after.push(change);
    }
    this.all = after;
    this.update();
  }

  update() {
    const groups = Map.groupBy(this.all, (one) => one.panel);
    for (const [title, chart] of this.charts) {
      if (groups.has(title)) continue;
      chart.element.remove();
      this.charts.delete(title);
    }
    for (const [title, series] of groups) {
      if (!this.charts.has(title)) {
        const chart = new Chart(title, this.events);
        this.charts.set(title, chart);
        byId("panels").append(chart.element);
      }
      this.charts.get(title).set(series);
    }
    byId("no-curves").hidden = groups.size > 0;
    this.smoothing.parentElement.hidden = groups.size === 0;
    const width = Math.max(0, ...this.all.map((one) => one.width));
    const note = byId("curves-note");
    note.hidden = width < 2;
    note.textContent = `Long curves show means of up to ${whole(width)} logged values, and behind them the bounds of those.`;
    this.smooth();
  }

  smooth() {
    byId("smoothing-value").textContent = `${this.smoothing.value} %`;
    for (const chart of this.charts.values()) {
      chart.smoothing = Number(this.smoothing.value) / 100;
      chart.redraw();
    }
  }
}
