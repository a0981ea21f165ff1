// Builds elements. Text goes in as text only; no function here takes HTML.

const SVG = 'http://www.w3.org/2000/svg';
const SVG_TAGS = new Set(['svg', 'path', 'line', 'g', 'rect', 'circle', 'polyline', 'text', 'title', 'desc']);
const FORBIDDEN = new Set(['style', 'srcdoc', 'innerhtml', 'outerhtml', 'action', 'formaction', 'xlink:href']);
const SAFE_LINK = /^(#|\/(?!\/)|blob:)/;
let ids = 0;

/** A new id for label and description relations. */
export function newId(prefix = 'id') {
  return `${prefix}-${++ids}`;
}

/**
 * An element. `props`: attributes by name; `class`; functions become listeners of the event named
 * (`onclick`); true is an empty attribute; null, undefined and false are none; `value`, `checked`
 * and `disabled` are set as properties. Children: elements, text, numbers, arrays; null and false
 * are none. Links go to this site only.
 */
export function h(tag, props = {}, ...children) {
  const element = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    set(element, name, value);
  }
  append(element, children);
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) {
    return;
  }
  if (typeof value === 'function' && name.startsWith('on')) {
    element.addEventListener(name.slice(2), value);
    return;
  }
  const lower = name.toLowerCase();
  if (lower.startsWith('on') || FORBIDDEN.has(lower)) {
    throw new TypeError(`${name} is not set here`);
  }
  if ((lower === 'href' || lower === 'src') && !SAFE_LINK.test(String(value))) {
    throw new TypeError(`${name} leads elsewhere`);
  }
  if (name === 'value' || name === 'checked' || name === 'disabled') {
    element[name] = value;
  } else {
    element.setAttribute(name, value === true ? '' : String(value));
  }
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(child instanceof Node ? child : String(child));
    }
  }
}

/** Sets an element's text, but touches nothing when it has it already: live regions stay quiet. */
export function setText(element, text) {
  const value = String(text);
  if (element.textContent !== value) {
    element.textContent = value;
  }
}

/** Replaces what `element` holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

export function button(label, onclick, props = {}) {
  return h('button', {type: 'button', ...props, onclick}, label);
}
