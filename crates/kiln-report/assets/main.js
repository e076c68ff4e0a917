// Shows the run, and follows it where the page was served.

const { version, change } = JSON.parse(byId("data").textContent);
const sheets = new Sheets();
const curves = new Curves((step) => sheets.pick(step));
/** The status and the progress of the run, the steps of its checkpoints, and whether the server answers. */
const known = { status: null, progress: null, checkpoints: [], connected: true };

/** Shows what has changed; what a change leaves out is as before. */
function apply(change) {
  if (change.settings) show(byId("settings"), pairs(change.settings));
  if (change.whole || change.curves.length > 0) {
    curves.take(change.curves, change.whole);
    showTest(curves.all);
  }
  if (change.sheets) sheets.take(change.sheets);
  if (change.checkpoints) {
    known.checkpoints = grown(known.checkpoints, change.checkpoints.from, change.checkpoints.steps);
    showCheckpoints(known.checkpoints);
  }
  if (change.profile !== undefined) showProfile(change.profile);
  if (change.evaluation !== undefined) showEvaluation(change.evaluation);
  if (change.environment !== undefined) showEnvironment(change.environment);
  known.status = change.status ?? known.status;
  known.progress = change.progress ?? known.progress;
  showTop();
}

function showTop() {
  const { status, progress, connected } = known;
  showBadge(byId("status"), connected ? status : "lost");
  byId("progress-text").textContent = progressText(progress, status);
  const bar = byId("progress");
  bar.setAttribute("aria-valuemax", progress.steps);
  bar.setAttribute("aria-valuenow", progress.step);
  bar.firstElementChild.style.width = `${Math.min(100, (100 * progress.step) / progress.steps)}%`;
}

function showEnvironment(environment) {
  const section = byId("environment");
  section.hidden = environment === null;
  if (environment !== null) show(section, pairs(Object.entries(environment)));
}

apply(change);
if (version !== null) {
  follow(version, 1000, apply, (connected, problem) => {
    showProblem(problem);
    if (known.connected !== connected) {
      known.connected = connected;
      showTop();
    }
  });
}
