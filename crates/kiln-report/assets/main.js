// Shows the run, and follows it where the page was served.

const data = JSON.parse(byId("data").textContent);
const sheets = new Sheets();
const curves = new Curves((step) => sheets.pick(step));

function showReport(report) {
  Object.assign(data, report);
  show(byId("settings"), pairs(data.settings));
  curves.set(data.curves);
  showProgress(data.progress);
  showState(data.state);
  showTest(curves.all);
}

function showProgress(progress) {
  data.progress = progress;
  const { step, steps, seconds } = progress;
  const time = seconds > 0 ? `, ${duration(seconds)}` : "";
  byId("progress-text").textContent = `step ${whole(step)} of ${whole(steps)}${time}`;
  const bar = byId("progress");
  bar.setAttribute("aria-valuemax", steps);
  bar.setAttribute("aria-valuenow", step);
  bar.firstElementChild.style.width = `${Math.min(100, (100 * step) / steps)}%`;
}

function showState(state) {
  data.state = state;
  showStatus(state.status);
  sheets.set(state.sheets);
  showCheckpoints(state.checkpoints);
  showProfile(state.profile);
  const environment = byId("environment");
  environment.hidden = state.environment === null;
  if (!environment.hidden) show(environment, pairs(Object.entries(state.environment)));
}

/** One of training, finished, stopped, and lost where the page follows a server that is gone. */
function showStatus(status) {
  const badge = byId("status");
  badge.textContent = status === "lost" ? "not connected" : status;
  badge.className = `badge ${status}`;
}

function showProblem(text) {
  const problem = byId("problem");
  problem.textContent = text ?? "";
  problem.hidden = !text;
}

function follow() {
  const events = new EventSource("/events");
  const on = (name, call) => events.addEventListener(name, (event) => call(JSON.parse(event.data)));
  on("report", (report) => {
    showProblem(null);
    showReport(report);
  });
  on("points", ({ progress, curves: more }) => {
    curves.add(more);
    showProgress(progress);
    showTest(curves.all);
  });
  on("state", showState);
  on("problem", showProblem);
  // It tries again by itself, and gets the whole report then.
  events.addEventListener("error", () => showStatus("lost"));
}

showReport(data);
if (data.live) follow();
