// What the forms of several pages share, beside field() of ui.js.

import {button, clearFieldErrors, errorPanel, field, fill, h, showFieldError} from './ui.js';

/** A random key that makes repeating a submission harmless. */
export function newKey() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0'));
  return `console-${hex.join('')}`;
}

/** Thrown for what can be seen before the service is asked. */
export class FieldError extends Error {
  constructor(name, message) {
    super(message);
    this.field = name;
  }
}

/** Without the field's name, which the service puts before it for programs that show the detail only. */
export function messageOf(error) {
  const text = error?.message ?? String(error);
  return error?.field && text.startsWith(`${error.field}: `) ? text.slice(error.field.length + 2) : text;
}

/** Says what is wrong at the field it is about, else in `place`. */
export function showFailure(form, error, place) {
  for (const closed of form.querySelectorAll('details:not([open])')) {
    if (error.field && [...closed.querySelectorAll('[data-field]')].some((each) => isOf(each.dataset.field, error.field))) {
      closed.open = true;
    }
  }
  if (error.field) {
    const isExact = form.querySelector(`[data-field="${CSS.escape(error.field)}"]`) !== null;
    if (showFieldError(form, error.field, isExact ? messageOf(error) : error.message)) {
      return;
    }
  }
  fill(place, error instanceof FieldError ? h('p', {class: 'field-error', role: 'alert'}, error.message) : errorPanel(error));
  place.scrollIntoView({block: 'nearest'});
}

function isOf(name, field) {
  return name === field || name === field.split(/[.[]/)[0];
}

export function clearFailures(form, place) {
  clearFieldErrors(form);
  fill(place);
}

/** JSON that somebody wrote; undefined where nothing is. */
export function jsonIn(control, name, isWanted = () => true, wanted = 'JSON') {
  const text = control.value.trim();
  if (!text) {
    return undefined;
  }
  let value;
  try {
    value = JSON.parse(text);
  } catch (e) {
    throw new FieldError(name, `This is not JSON: ${e.message}`);
  }
  if (!isWanted(value)) {
    throw new FieldError(name, `It must be ${wanted}.`);
  }
  return value;
}

export function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** A number that somebody wrote; undefined where nothing is. The service judges its size. */
export function numberIn(control, name) {
  const text = control.value.trim();
  if (control.validity.badInput || !Number.isFinite(Number(text))) {
    throw new FieldError(name, 'It must be a number.');
  }
  return text ? Number(text) : undefined;
}

export function numberField(label, name, props = {}, hint) {
  return field({label, hint, optional: true, control: h('input', {type: 'number', name, inputmode: 'decimal', ...props})});
}

export function textArea(name, props = {}) {
  return h('textarea', {name, spellcheck: 'false', rows: '4', ...props});
}

/** Ctrl+Enter, or Cmd+Enter, anywhere in a form sends it. */
export function sendByKey(form) {
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}

/** Pairs of a key and a value. `read()` returns them as an object. */
export function pairs(label, name, hint) {
  const rows = h('div', {class: 'pairs'});
  const more = button('Add a pair', () => add(true), {class: 'small', name});
  let count = 0;
  const element = h('div', {role: 'group', 'aria-label': label},
    h('div', {class: 'field', 'data-field': name}, h('p', {class: 'pairs-label'}, label), rows,
      h('div', {class: 'row'}, more), hint ? h('p', {class: 'hint'}, hint) : null,
      h('p', {class: 'field-error', hidden: true, 'aria-live': 'polite'})));

  function add(isByHand) {
    const number = ++count;
    const key = h('input', {type: 'text', placeholder: 'key', 'aria-label': `${label}: key ${number}`});
    const value = h('input', {type: 'text', placeholder: 'value', 'aria-label': `${label}: value ${number}`});
    const row = h('div', {class: 'pair'}, key, value, button('Remove', () => {
      row.remove();
      if (!rows.hasChildNodes()) {
        add(false);
      }
      more.focus();
    }, {class: 'quiet small', 'aria-label': `Remove pair ${number}`}));
    rows.append(row);
    if (isByHand) {
      key.focus();
    }
  }

  add(false);
  return {
    element,
    read() {
      const read = {};
      for (const row of rows.children) {
        const [key, value] = row.querySelectorAll('input');
        if (!key.value && !value.value) {
          continue;
        }
        if (!key.value) {
          throw new FieldError(name, 'There is a value without a key.');
        }
        if (Object.hasOwn(read, key.value)) {
          throw new FieldError(name, `The key ${key.value} is there twice.`);
        }
        read[key.value] = value.value;
      }
      return read;
    },
  };
}

const MODEL = 'promptbeam-model';

/** A choice of the models that the service has; what was chosen last is chosen again. */
export function modelSelect(models, wanted) {
  const control = h('select', {name: 'model_id', required: true},
    models.map((model) => h('option', {value: model.id}, model.id)));
  const last = wanted ?? sessionStorage.getItem(MODEL);
  if (models.some((model) => model.id === last)) {
    control.value = last;
  }
  control.addEventListener('change', () => sessionStorage.setItem(MODEL, control.value));
  return control;
}
