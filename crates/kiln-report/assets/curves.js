// All panels, and what they share.

class Curves {
  /** `pick` is told a step that was chosen. */
  constructor(pick) {
    this.charts = new Map();
    this.all = [];
    this.smoothing = byId("smoothing");
    this.smoothing.addEventListener("input", () => this.smooth());
    const hover = (step) => this.charts.forEach((chart) => chart.hover(step));
    this.events = { hover, pick, tell: (text) => (byId("read-out").textContent = text) };
  }

  /** Shows these curves and no others. */
  set(curves) {
    this.all = curves;
    this.update();
  }

  /** Adds points to the curves there are, and curves. */
  add(curves) {
    for (const more of curves) {
      const known = this.all.find((one) => one.name === more.name && one.test === more.test);
      if (known) {
        known.steps.push(...more.steps);
        known.values.push(...more.values);
      } else {
        this.all.push(more);
      }
    }
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
