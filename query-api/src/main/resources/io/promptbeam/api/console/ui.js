// What pages are made of. The elements themselves come of dom.js; pages need import this file only.

import {button, fill, h, newId, setText} from './dom.js';
import {dateTime, NONE, relative, words} from './format.js';

export {button, fill, h, newId, setText} from './dom.js';
export {clearFieldErrors, field, select, showFieldError, showFormError} from './fields.js';
export {announce, confirmDialog, openDialog, runAction, toast, toastError} from './messages.js';
export {table} from './tables.js';

/** The page's heading with what stands beside it. */
export function pageHeader(title, ...actions) {
  return h('div', {class: 'page-header'},
    h('h1', {tabindex: '-1'}, title), h('div', {class: 'page-actions'}, ...actions));
}

export function card(title, ...children) {
  const id = newId('card');
  return h('section', {class: 'card', 'aria-labelledby': title ? id : null},
    title ? h('h2', {id}, title) : null, ...children);
}

const STATES = new Set(['pending', 'processing', 'completed', 'failed', 'cancelled', 'expired']);

/** A job's or batch's state. */
export function statusBadge(status) {
  const kind = STATES.has(status) ? status : BADGE_KINDS[status] ?? 'neutral';
  return h('span', {class: `badge badge-${kind}`}, words(status));
}

const BADGE_KINDS = {
  validating: 'pending', in_progress: 'processing', finalizing: 'processing', cancelling: 'cancelled',
  canceling: 'cancelled', ended: 'completed', closed: 'completed', open: 'failed', paused: 'pending',
  active: 'completed', revoked: 'cancelled', unknown: 'neutral',
};

/** A time as said relative to now, with the full one at hand. */
export function timeAgo(time) {
  return time
    ? h('time', {datetime: time, title: dateTime(time), 'data-relative': ''}, relative(time))
    : NONE;
}

export function timeFull(time) {
  return time ? h('time', {datetime: time, title: time}, dateTime(time)) : NONE;
}

// Times that are said relative to now go on with it.
setInterval(() => {
  for (const element of document.querySelectorAll('time[data-relative]')) {
    setText(element, relative(element.getAttribute('datetime')));
  }
}, 5_000);

export function copyButton(getText, label = 'Copy') {
  return button(label, async (event) => {
    const target = event.currentTarget;
    try {
      await navigator.clipboard.writeText(getText());
      target.textContent = 'Copied';
    } catch {
      target.textContent = 'Cannot copy here';
    }
    setTimeout(() => { target.textContent = label; }, 1_500);
  }, {class: 'quiet small'});
}

/**
 * Terms and what they are: `[[term, text or element], …]`; entries that are null are left out.
 * `kind` 'lines' is for narrow places: a line each.
 */
export function facts(entries, kind = '') {
  return h('dl', {class: `facts ${kind}`}, entries.filter(Boolean).map(([term, value]) =>
    h('div', {}, h('dt', {}, term), h('dd', {}, value ?? NONE))));
}

export function skeleton(lines = 3) {
  return h('div', {class: 'skeleton', role: 'status'},
    h('span', {class: 'visually-hidden'}, 'Loading'),
    Array.from({length: lines}, () => h('div', {class: 'skeleton-line', 'aria-hidden': 'true'})));
}

export function emptyState(title, text, ...actions) {
  return h('div', {class: 'empty'}, h('p', {class: 'empty-title'}, title), text ? h('p', {}, text) : null,
    actions.length ? h('div', {class: 'row center'}, ...actions) : null);
}

/** What went wrong, with what an operator needs to find it; `retry` adds a button. */
export function errorPanel(error, {retry, title} = {}) {
  const known = error?.name === 'ApiError';
  return h('div', {class: 'error-panel', role: 'alert'},
    h('p', {class: 'error-title'}, title || (known && error.title) || 'Something went wrong here'),
    h('p', {}, known ? error.message : `The page failed: ${error?.message ?? error}`),
    known && !error.isOffline
      ? h('p', {class: 'error-facts'}, `Status ${error.status}`,
        error.code ? [' · code ', h('code', {}, error.code)] : null,
        error.requestId ? [' · request ', h('code', {class: 'request-id'}, error.requestId), ' ',
          copyButton(() => error.requestId)] : null)
      : null,
    retry ? h('div', {class: 'row'}, button('Try again', retry)) : null);
}

/** Tabs: `[{label, content()}]`, each built when first shown. Arrow keys move between them. */
export function tabs(label, list) {
  const panels = list.map(() => null);
  const tabIds = list.map(() => newId('tab'));
  const panelId = newId('panel');
  const panel = h('div', {role: 'tabpanel', id: panelId, tabindex: '0', class: 'tab-panel'});
  const buttons = list.map((each, index) => h('button', {
    type: 'button', role: 'tab', id: tabIds[index], 'aria-controls': panelId,
    onclick: () => show(index),
    onkeydown: (event) => {
      const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
      if (step) {
        event.preventDefault();
        show((index + step + list.length) % list.length, true);
      }
    },
  }, each.label));

  function show(index, focus) {
    buttons.forEach((each, i) => {
      each.setAttribute('aria-selected', String(i === index));
      each.tabIndex = i === index ? 0 : -1;
    });
    panels[index] ??= list[index].content();
    panel.setAttribute('aria-labelledby', tabIds[index]);
    fill(panel, panels[index]);
    if (focus) {
      buttons[index].focus();
    }
  }

  show(0);
  return h('div', {class: 'tabs'},
    h('div', {role: 'tablist', 'aria-label': label, class: 'tab-list'}, buttons), panel);
}
