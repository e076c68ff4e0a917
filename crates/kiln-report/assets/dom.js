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

/** Puts content after the heading of a section, in the place of what was there. */
function show(section, ...content) {
  section.replaceChildren(section.querySelector("h2"), ...content);
  section.hidden = false;
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
