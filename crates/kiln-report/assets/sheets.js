// The sheets, one at a time.

const MS_PER_SHEET = 140;

class Sheets {
  constructor() {
    this.all = [];
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

  /** Takes over the sheets there are. A reader of the last one is shown the new last one. */
  set({ found, shown }) {
    const [step, wasLast] = [this.all[this.index]?.step, this.index === this.all.length - 1];
    this.all = shown;
    const none = shown.length === 0;
    this.image.hidden = none;
    byId("no-sheet").hidden = !none;
    byId("player").hidden = none;
    this.slider.max = Math.max(0, shown.length - 1);
    this.button.disabled = this.slider.disabled = shown.length < 2;
    const note = byId("sheet-note");
    note.hidden = shown.length === found;
    note.textContent = `${shown.length} of ${found} sheets, evenly spread; all are in the folder sheets.`;
    if (none) return;
    const again = shown.findIndex((sheet) => sheet.step === step);
    this.show(wasLast || again < 0 ? shown.length - 1 : again);
  }

  /** Shows the sheet of this index. */
  async show(index) {
    const sheet = this.all[index];
    this.index = index;
    this.slider.value = index;
    this.slider.setAttribute("aria-valuetext", `step ${sheet.step}`);
    byId("sheet-step").textContent = `step ${whole(sheet.step)}`;
    if (this.image.src === new URL(sheet.src, document.baseURI).href) return;
    // Decoded first, so that nothing flickers.
    const next = new Image();
    next.src = sheet.src;
    await next.decode().catch(() => {});
    if (this.index !== index) return;
    this.image.src = sheet.src;
    this.image.alt = `Samples of the model after step ${sheet.step}`;
  }

  /** Shows the sheet nearest to a step. */
  pick(step) {
    if (step === null || this.all.length === 0) return;
    this.stop();
    this.show(nearest(this.all.map((sheet) => sheet.step), step));
  }

  play() {
    if (this.all.length < 2) return;
    if (this.index === this.all.length - 1) this.show(0);
    this.timer = setInterval(() => {
      if (this.index >= this.all.length - 1) this.stop();
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
    if (this.all.length === 0) return;
    const last = this.all.length - 1;
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
