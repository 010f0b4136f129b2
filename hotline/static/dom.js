// Making page nodes. Text is always text: nothing here reads HTML.

export const byId = (id) => document.getElementById(id);

export function node(tag, { className = "", text = "", ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== "") made.textContent = text;
  for (const [name, content] of Object.entries(attributes)) {
    if (content !== null && content !== undefined && content !== false) made.setAttribute(name, content === true ? "" : content);
  }
  made.append(...children);
  return made;
}
