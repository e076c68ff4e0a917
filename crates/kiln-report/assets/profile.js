// Where the time went.

const MOST_ROWS = 12;

function showProfile(profile) {
  const section = byId("profile");
  section.hidden = profile === null;
  if (section.hidden) return;
  const { seconds, steps, kernels } = profile;
  const inKernels = kernels.reduce((sum, one) => sum + one.seconds, 0);
  const about = html("p", { class: "note" },
    `${duration(seconds)} in ${whole(steps)} steps, ${percent(inKernels / seconds)} of it in kernels.`,
    kind("swatch", "forward"), " ", kind("swatch backward", "backward"));
  show(section, about, html("div", { class: "profile" },
    timeTable("By part of the model", "part", kernels, (one) => one.scope || "elsewhere", false),
    timeTable("By kernel", "kernel", kernels, (one) => one.kernel, true)));
}

/** What a colour means. */
function kind(swatch, text) {
  return html("span", { class: "kind" }, html("span", { class: swatch }), text);
}

function percent(share) {
  return Number.isFinite(share) ? `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %` : "–";
}

/** The longest groups of kernels; rates, if wanted, are for all calls together. */
function timeTable(title, what, kernels, group, rates) {
  const groups = [...Map.groupBy(kernels, group)].map(([name, all]) => ({ name, ...total(all) }));
  groups.sort((a, b) => b.seconds - a.seconds);
  const rest = groups.splice(MOST_ROWS);
  if (rest.length > 0) groups.push({ name: `${rest.length} others`, ...total(rest) });
  const all = total(groups).seconds;
  const longest = Math.max(...groups.map((one) => one.seconds));
  const rows = groups.map((one) => {
    const rate = (amount) => one.seconds > 0 && amount > 0 ? short(amount / one.seconds / 1e9) : "–";
    const row = [one.name, bar(one, longest), measured(one.seconds), percent(one.seconds / all)];
    return rates ? [...row, whole(one.calls), rate(one.bytes), rate(one.flops)] : row;
  });
  const head = [what, "", "time", "share", ...(rates ? ["calls", "GB/s", "GFLOP/s"] : [])];
  return html("div", {}, html("h3", {}, title), table(head, rows, ["calls"]));
}

function total(parts) {
  const sum = (value) => parts.reduce((all, part) => all + value(part), 0);
  return {
    seconds: sum((part) => part.seconds),
    // A part is a kernel, or a sum of them.
    backwardSeconds: sum((part) => part.backwardSeconds ?? (part.backward ? part.seconds : 0)),
    calls: sum((part) => part.calls),
    bytes: sum((part) => part.bytes),
    flops: sum((part) => part.flops),
  };
}

function bar({ seconds, backwardSeconds }, longest) {
  const part = (kind, length) => {
    const element = html("div", { class: kind });
    element.style.width = `${(100 * length) / longest}%`;
    return element;
  };
  return html("td", { class: "bar-cell" }, html("div", { class: "bar", "aria-hidden": "true" },
    part("forward", seconds - backwardSeconds), part("backward", backwardSeconds)));
}
