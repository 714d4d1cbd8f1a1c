// Only what is different is written into the page, and only as text: names come from elsewhere.

export const byId = (id) => document.getElementById(id);

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** "" and null: without. */
export function setAttribute(element, name, value) {
  if (!value) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

export function create(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** What a cell shows: text, and how: a class, a text for the pointer. */
export const shown = (text, kind = "", title = "") => ({text, kind, title});
export const unknown = (title = "not known") => shown("unknown", "unknown", title);
export const none = (title = "") => shown("—", "unknown", title);

export function show(element, cell) {
  setText(element, cell.text);
  setAttribute(element, "class", cell.kind);
  setAttribute(element, "title", cell.title);
}
