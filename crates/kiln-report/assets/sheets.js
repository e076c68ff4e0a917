// The sheets, one at a time.

const MS_PER_SHEET = 140;

class Sheets {
  constructor() {
    /** Steps of the sheets, and their pictures if those are inside of the page. */
    this.steps = [];
    this.pictures = null;
    this.index = -1;
    this.timer = null;
    [this.image, this.slider, this.button] = [byId("sheet"), byId("sheet-slider"), byId("play")];
    this.slider.addEventListener("input", () => {
      this.stop();
      this.show(Number(this.slider.value));
    });
    this.button.addEventListener("click", () => (this.timer === null ? this.play() : this.stop()));
    document.querySelector(".samples figure").addEventListener("keydown", (event) => this.key(event));
  }

  /** Takes over what has changed. A reader of the last sheet is shown the new last one. */
  take({ found, shown, pictures }) {
    const [step, wasLast] = [this.steps[this.index], this.index === this.steps.length - 1];
    this.steps = grown(this.steps, shown.from, shown.steps);
    this.pictures = pictures ?? null;
    const count = this.steps.length;
    const none = count === 0;
    this.image.hidden = none;
    byId("no-sheet").hidden = !none;
    byId("player").hidden = none;
    this.slider.max = Math.max(0, count - 1);
    this.button.disabled = this.slider.disabled = count < 2;
    const note = byId("sheet-note");
    note.hidden = count === found;
    note.textContent = `${count} of ${found} sheets, evenly spread; all are in the folder sheets.`;
    if (none) return;
    const again = this.steps.indexOf(step);
    this.show(wasLast || again < 0 ? count - 1 : again);
  }

  /** Shows the sheet of this index. */
  async show(index) {
    const step = this.steps[index];
    const source = this.pictures?.[index] ?? `sheets/step-${step}.png`;
    this.index = index;
    this.slider.value = index;
    this.slider.setAttribute("aria-valuetext", `step ${step}`);
    byId("sheet-step").textContent = `step ${whole(step)}`;
    if (this.image.src === new URL(source, document.baseURI).href) return;
    // Decoded first, so that nothing flickers.
    const next = new Image();
    next.src = source;
    await next.decode().catch(() => {});
    if (this.index !== index) return;
    this.image.src = source;
    this.image.alt = `Samples of the model after step ${step}`;
  }

  /** Shows the sheet nearest to a step. */
  pick(step) {
    if (step === null || this.steps.length === 0) return;
    this.stop();
    this.show(nearest(this.steps, step));
  }

  play() {
    if (this.steps.length < 2) return;
    if (this.index === this.steps.length - 1) this.show(0);
    this.timer = setInterval(() => {
      if (this.index >= this.steps.length - 1) this.stop();
      else this.show(this.index + 1);
    }, MS_PER_SHEET);
    this.label("Pause", true);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.label("Play", false);
  }

  label(text, pressed) {
    this.button.setAttribute("aria-label", text);
    this.button.setAttribute("aria-pressed", String(pressed));
  }

  key(event) {
    if (this.steps.length === 0) return;
    const last = this.steps.length - 1;
    const to = { ArrowLeft: this.index - 1, ArrowRight: this.index + 1, Home: 0, End: last }[event.key];
    if (event.key === " ") {
      event.preventDefault();
      this.button.click();
    }
    if (to === undefined) return;
    event.preventDefault();
    this.stop();
    this.show(Math.min(Math.max(to, 0), last));
  }
}
