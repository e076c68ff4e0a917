// Elements. Text becomes text and never markup.

const SVG = "http://www.w3.org/2000/svg";

function byId(id) {
  return document.getElementById(id);
}

/** An HTML element with attributes and children. */
function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element with attributes and children. */
function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Puts content after the heading of a section, in the place of what was there, unless it is the same. */
function show(section, ...content) {
  section.hidden = false;
  const old = [...section.children].slice(1);
  if (old.length === content.length && content.every((one, i) => one.isEqualNode(old[i]))) return;
  section.replaceChildren(section.querySelector("h2"), ...content);
}

/** Makes these the children of an element. Those that are there stay, with the focus if they have it. */
function place(element, children) {
  const focused = document.activeElement;
  children.forEach((child, i) => {
    if (element.children[i] !== child) element.insertBefore(child, element.children[i] ?? null);
  });
  while (element.children.length > children.length) element.lastElementChild.remove();
  // An element that is moved loses it.
  if (element.contains(focused)) focused.focus({ preventScroll: true });
}

/** One of training, finished, stopped, and lost where the page follows a server that is gone. */
function showBadge(badge, status) {
  badge.textContent = status === "lost" ? "not connected" : status;
  badge.className = `badge ${status}`;
}

function showProblem(text) {
  const problem = byId("problem");
  problem.textContent = text ?? "";
  problem.hidden = !text;
}

/** At most one call a frame, with the latest arguments. */
function onceAFrame(call) {
  let latest = null;
  return (...given) => {
    if (latest === null) requestAnimationFrame(() => {
      const now = latest;
      latest = null;
      call(...now);
    });
    latest = given;
  };
}
