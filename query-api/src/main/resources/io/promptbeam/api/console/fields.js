// Labelled controls, and refusals shown at them.

import {fill, h, newId} from './dom.js';
import {errorPanel} from './ui.js';

/**
 * A labelled control: `control` is the input, select or textarea, its `name` is what the service
 * calls the field. Returns the wrapping element.
 */
export function field({label, hint, control, optional = false}) {
  control.id ||= newId('field');
  const hintId = hint ? newId('hint') : null;
  const errorId = newId('error');
  control.setAttribute('aria-describedby', [hintId, errorId].filter(Boolean).join(' '));
  return h('div', {class: 'field', 'data-field': control.name},
    h('label', {for: control.id}, label, optional ? h('span', {class: 'muted'}, ' (optional)') : null),
    control,
    hint ? h('p', {class: 'hint', id: hintId}, hint) : null,
    h('p', {class: 'field-error', id: errorId, hidden: true, 'aria-live': 'polite'}));
}

/** Shows `message` at the field of this name; false when there is no such field. */
export function showFieldError(form, name, message) {
  const wanted = String(name).split(/[.[]/)[0];
  const wrap = [...form.querySelectorAll('[data-field]')].find((each) =>
    each.dataset.field === name) ?? [...form.querySelectorAll('[data-field]')].find((each) =>
    each.dataset.field === wanted);
  if (!wrap) {
    return false;
  }
  const place = wrap.querySelector('.field-error');
  place.textContent = message;
  place.hidden = false;
  const control = wrap.querySelector('input, select, textarea');
  control.setAttribute('aria-invalid', 'true');
  control.focus();
  return true;
}

export function clearFieldErrors(form) {
  for (const place of form.querySelectorAll('.field-error')) {
    place.hidden = true;
    place.textContent = '';
  }
  for (const control of form.querySelectorAll('[aria-invalid]')) {
    control.removeAttribute('aria-invalid');
  }
}

/** A refusal at the field it is about, else in `place` as a panel. */
export function showFormError(form, error, place) {
  if (error?.field && showFieldError(form, error.field, error.message)) {
    return;
  }
  fill(place, errorPanel(error));
}

export function select(name, options, value, props = {}) {
  const element = h('select', {name, ...props}, options.map((option) => {
    const [id, label] = Array.isArray(option) ? option : [option, option];
    return h('option', {value: id}, label);
  }));
  if (value !== undefined && value !== null) {
    element.value = value;
  }
  return element;
}
