// One panel: its head with the legend, and the chart.

const COLORS = 7;
const EDGE = { left: 50, right: 14, top: 8, bottom: 26 };

class Chart {
  /** `events` gets `hover(step or null)`, `pick(step)` and `tell(text)`. */
  constructor(title, events) {
    this.title = title;
    this.events = events;
    /** What `Curves` has of each curve, with its `color`, whether it is `shown`, and its `button` in the legend. */
    this.series = [];
    this.smoothing = 0;
    this.log = false;
    this.at = null;
    this.redraw = onceAFrame(() => this.draw());

    this.keys = html("div", { class: "keys" });
    this.logButton = html("button", { class: "log", type: "button", "aria-pressed": "false" }, "log");
    this.logButton.addEventListener("click", () => {
      this.log = !this.log;
      this.redraw();
    });
    this.picture = svg("svg", { class: "chart", role: "img", tabindex: "0" });
    const head = html("div", { class: "panel-head" }, html("h3", {}, title), this.keys, this.logButton);
    this.element = html("div", { class: "panel" }, head, this.picture);

    this.picture.addEventListener("pointermove", (event) => this.events.hover(this.stepAt(event)));
    this.picture.addEventListener("pointerleave", () => this.events.hover(null));
    this.picture.addEventListener("click", (event) => this.events.pick(this.stepAt(event)));
    this.picture.addEventListener("keydown", (event) => this.key(event));
    this.picture.addEventListener("blur", () => this.events.hover(null));
    new ResizeObserver(this.redraw).observe(this.picture);
  }

  /** Takes over new series, keeping which are shown. */
  set(series) {
    const names = [];
    this.series = series.map((curve) => {
      const known = this.series.find((old) => old.name === curve.name && old.test === curve.test);
      if (!names.includes(curve.name)) names.push(curve.name);
      const one = Object.assign(known ?? { shown: true }, curve);
      const color = names.indexOf(one.name) % COLORS;
      if (one.color !== color) Object.assign(one, { color, button: null });
      one.button ??= this.legend(one);
      return one;
    });
    place(this.keys, this.series.map((one) => one.button));
    this.redraw();
  }

  legend(one) {
    const middle = one.test ? [svg("circle", { cx: 11, cy: 6, r: 3.2 })] : [];
    const line = svg("path", { d: one.test ? "M1.5 6H5M17 6H20.5" : "M1.5 6H20.5" });
    const sample = svg("svg", { width: 22, height: 12, "aria-hidden": "true" }, line, ...middle);
    one.output = html("output");
    const label = one.test ? `test ${one.name} ` : `${one.name} `;
    const button = html("button", { class: `key c${one.color}`, type: "button" }, sample, label, one.output);
    button.setAttribute("aria-pressed", String(one.shown));
    button.addEventListener("click", () => {
      one.shown = !one.shown;
      button.setAttribute("aria-pressed", String(one.shown));
      this.redraw();
    });
    return button;
  }

  /** All that depends on the size, the data and the settings. */
  draw() {
    // A page that isn't shown has no size.
    const [width, height] = [Math.max(this.picture.clientWidth, 160), this.picture.clientHeight || 216];
    const shown = this.series.filter((one) => one.shown);
    const positive = shown.every((one) => one.lowest[1] > 0);
    const log = this.log && positive;
    this.logButton.disabled = !positive;
    this.logButton.title = positive ? "Logarithmic axis" : "There are values that have no logarithm";
    this.logButton.setAttribute("aria-pressed", String(log));

    for (const one of this.series) {
      one.smooth = one.test ? one.values : smoothed(one.values, this.smoothing * one.values.length);
      [one.rawSteps, one.raw] = outline(one);
    }
    const f = log ? Math.log10 : (value) => value;
    const ends = shown.flatMap((one) => [
      ...extent(one.smooth, false),
      ...(one.test ? [] : extent(one.raw, true)),
    ]);
    const finite = ends.filter((end) => Number.isFinite(end) && (!log || end > 0));
    const [low, high] = padded(...extent(finite.map(f), false));
    const last = Math.max(1, ...this.series.map((one) => one.steps.at(-1) ?? 0));
    const x = (step) => EDGE.left + (step / last) * (width - EDGE.left - EDGE.right);
    const bottom = height - EDGE.bottom;
    const y = (value) => {
      const share = log && value <= 0 ? 0 : (f(value) - low) / (high - low);
      return bottom - Math.min(Math.max(share, 0), 1) * (bottom - EDGE.top);
    };
    this.scale = { x, y, last, width, bottom };

    const lines = shown.flatMap((one) => this.lines(one));
    this.cross = svg("g", { "aria-hidden": "true" });
    this.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.picture.replaceChildren(this.axes(log, low, high), ...lines, this.cross);
    this.hover(this.at);
  }

  axes(log, low, high) {
    const { x, y, last, width, bottom } = this.scale;
    const group = svg("g", { "aria-hidden": "true" });
    const most = Math.max(3, Math.floor(bottom / 36));
    const up = log ? logTicks(10 ** low, 10 ** high, most) : ticks(low, high, most);
    const label = labeller(up);
    for (const tick of up) {
      const [at, right] = [y(tick), width - EDGE.right];
      group.append(svg("line", { class: "grid", x1: EDGE.left, x2: right, y1: at, y2: at }));
      group.append(svg("text", { x: EDGE.left - 8, y: at + 4, "text-anchor": "end" }, label(tick)));
    }
    group.append(svg("line", { class: "axis", x1: EDGE.left, x2: width - EDGE.right, y1: bottom, y2: bottom }));
    const along = ticks(0, last, Math.min(8, Math.floor(width / 75))).filter(Number.isInteger);
    const step = labeller(along);
    for (const tick of along) {
      group.append(svg("line", { class: "axis", x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 4 }));
      group.append(svg("text", { x: x(tick), y: bottom + 18, "text-anchor": "middle" }, step(tick)));
    }
    group.append(svg("text", { x: EDGE.left - 10, y: bottom + 18, "text-anchor": "end" }, "step"));
    return group;
  }

  lines(one) {
    const { x, y } = this.scale;
    const color = `c${one.color}`;
    if (one.test) {
      const points = one.steps.map((step, i) =>
        svg("circle", { class: `point ${color}`, cx: x(step), cy: y(one.values[i]), r: 3 }));
      return [svg("path", { class: `dashed ${color}`, d: this.path(one.steps, one.values) }), ...points];
    }
    const raw = svg("path", { class: `raw ${color}`, d: this.path(one.rawSteps, one.raw) });
    const smooth = svg("path", { class: `smooth ${color}`, d: this.path(one.steps, one.smooth) });
    return one.smooth === one.raw ? [smooth] : [raw, smooth];
  }

  path(steps, values) {
    return linePath(steps, values, this.scale.x, this.scale.y);
  }

  /** The logged step nearest to a pointer. */
  stepAt(event) {
    const box = this.picture.getBoundingClientRect();
    const { width, last } = this.scale;
    const across = (event.clientX - box.left - EDGE.left) / (width - EDGE.left - EDGE.right);
    const steps = this.longest();
    return steps.length === 0 ? null : steps[nearest(steps, across * last)];
  }

  longest() {
    const all = this.series.map((one) => one.steps);
    return all.reduce((most, steps) => (steps.length > most.length ? steps : most), []);
  }

  /** Shows the values at a step, or the last ones. */
  hover(step) {
    this.at = step;
    for (const one of this.series) this.value(one, step);
    if (!this.cross) return;
    this.cross.replaceChildren();
    this.picture.setAttribute("aria-label", this.summary());
    if (step === null || step > this.scale.last) return;
    const { x, y, width, bottom } = this.scale;
    const at = x(step);
    this.cross.append(svg("line", { class: "cross", x1: at, x2: at, y1: EDGE.top, y2: bottom }));
    for (const one of this.series) {
      const i = nearest(one.steps, step);
      if (!one.shown || one.steps.length === 0) continue;
      const place = { cx: x(one.steps[i]), cy: y(one.smooth[i]), r: 4 };
      this.cross.append(svg("circle", { class: `here c${one.color}`, ...place }));
    }
    const text = whole(step);
    const half = 4 * text.length + 7;
    const middle = Math.min(Math.max(at, half), width - half);
    const chip = { x: middle - half, y: bottom + 4, width: 2 * half, height: 19, rx: 4 };
    const label = svg("text", { x: middle, y: bottom + 18 }, text);
    this.cross.append(svg("g", { class: "chip" }, svg("rect", chip), label));
  }

  /**
   * Writes a value into the legend: as logged, or the mean of what a point of a long curve stands for; in brackets
   * smoothed, and of which step if of another.
   */
  value(one, step) {
    const i = step === null ? one.steps.length - 1 : nearest(one.steps, step);
    if (i < 0 || !one.smooth) return;
    const notes = [];
    if (one.smooth !== one.values) notes.push(`(${short(one.smooth[i])})`);
    if (step !== null && one.steps[i] !== step) notes.push(`at ${whole(one.steps[i])}`);
    const parts = [short(step === null ? one.last[1] : one.values[i])];
    if (notes.length > 0) parts.push(" ", html("small", {}, notes.join(" ")));
    one.output.replaceChildren(...parts);
  }

  /** What the chart shows, in words. */
  summary() {
    const values = this.series.map((one) => `${one.test ? "test " : ""}${one.name} ${one.output.textContent}`);
    const step = this.at ?? this.longest().at(-1) ?? 0;
    return `${this.title}: ${values.join(", ")} at step ${step}`;
  }

  key(event) {
    const steps = this.longest();
    if (steps.length === 0) return;
    const now = this.at === null ? steps.length - 1 : nearest(steps, this.at);
    const far = event.shiftKey ? 10 : 1;
    const to = { ArrowLeft: now - far, ArrowRight: now + far, Home: 0, End: steps.length - 1 }[event.key];
    if (event.key === "Escape") this.events.hover(null);
    if (event.key === "Enter") this.events.pick(steps[now]);
    if (to === undefined) return;
    event.preventDefault();
    this.events.hover(steps[Math.min(Math.max(to, 0), steps.length - 1)]);
    this.events.tell(this.summary());
  }
}

/** The index of the number nearest to another, of ascending ones. */
function nearest(numbers, wanted) {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low > 0 && wanted - numbers[low - 1] < numbers[low] - wanted ? low - 1 : low;
}

/**
 * What was logged of a curve, as steps and values of a line; where its points stand for several, one that goes up and
 * down between their extremes.
 */
function outline({ steps, values, lows, highs }) {
  if (lows.length === 0) return [steps, values];
  const ends = lows.flatMap((low, i) => (i % 2 === 0 ? [low, highs[i]] : [highs[i], low]));
  return [steps.flatMap((step) => [step, step]), ends];
}
