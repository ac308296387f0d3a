// Small helpers for building and updating elements without ever parsing text as HTML.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** Build an element: attributes that start with "on" are listeners, the rest are attributes; children are nodes or text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Set text only where it differs, so that screen readers aren't told the same thing again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Show an element with a text, or hide it when the text is empty. */
export function say(element, text) {
  setText(element, text);
  element.hidden = !text;
}

/** Disable a button, or not; the keyboard's place then moves from it to another element. */
export function disable(button, disabled, place) {
  if (disabled && document.activeElement === button) place.focus();
  button.disabled = disabled;
}

/** Check the radio of this name and value below a root. */
export function check(root, name, value) {
  for (const radio of root.querySelectorAll(`input[name="${name}"]`)) radio.checked = radio.value === value;
}

/**
 * Keep the children of a container in step with a list, by key; elements that stay keep their focus.
 * `build(item)` makes a child once, `update(child, item)` is called each time.
 */
export function keyed(container, items, keyOf, build, update = () => {}) {
  const existing = new Map([...container.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const key = String(keyOf(item));
    const child = existing.get(key) ?? build(item);
    child.dataset.key = key;
    existing.delete(key);
    update(child, item);
    return child;
  });
  for (const child of existing.values()) child.remove();
  wanted.forEach((child, index) => {
    if (container.children[index] !== child) container.insertBefore(child, container.children[index] ?? null);
  });
}
