// What is said, shown for a while, or asked.

import {button, h, newId} from './dom.js';

/** Says something to who listens, without showing it. */
export function announce(text) {
  const region = document.getElementById('announcer');
  region.textContent = '';
  requestAnimationFrame(() => { region.textContent = text; });
}

/** Shows a message for a while; `kind` is 'info', 'success' or 'error'. */
export function toast(text, kind = 'info') {
  const element = h('div', {class: `toast toast-${kind}`, role: kind === 'error' ? 'alert' : 'status'},
    h('span', {}, text),
    button('Close', () => element.remove(), {class: 'quiet small'}));
  const toasts = document.getElementById('toasts');
  toasts.append(element);
  while (toasts.childElementCount > 4) {
    toasts.firstElementChild.remove();
  }
  setTimeout(() => element.remove(), kind === 'error' ? 12_000 : 5_000);
}

/** A failed action, as a message. */
export function toastError(error) {
  if (error?.name === 'AbortError') {
    return;
  }
  const request = error?.requestId ? ` (request ${error.requestId})` : '';
  toast(`${error?.message ?? error}${request}`, 'error');
}

/** Runs an action of a button, which is disabled meanwhile; failures are shown. */
export async function runAction(target, action) {
  target.disabled = true;
  target.setAttribute('aria-busy', 'true');
  try {
    return await action();
  } catch (error) {
    toastError(error);
    return undefined;
  } finally {
    target.disabled = false;
    target.removeAttribute('aria-busy');
  }
}

/**
 * A modal dialog; resolves to the value of the action chosen, or null when it was left.
 * `actions`: `[{label, value, kind}]`, kind '', 'primary' or 'danger'. `content` may be elements.
 */
export function openDialog({title, content, actions}) {
  return new Promise((resolve) => {
    const titleId = newId('dialog');
    let chosen = null;
    const dialog = h('dialog', {class: 'dialog', 'aria-labelledby': titleId},
      h('h2', {id: titleId}, title),
      h('div', {class: 'dialog-body'}, content),
      h('div', {class: 'row end'}, actions.map(({label, value, kind}) => button(label, () => {
        chosen = value;
        dialog.close();
      }, {class: kind ?? ''}))));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(chosen);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Asks before something is done; resolves to whether to. */
export async function confirmDialog({title, text, confirmLabel = 'Yes', danger = false}) {
  const answer = await openDialog({
    title,
    content: h('p', {}, text),
    actions: [
      {label: 'Keep as is', value: false},
      {label: confirmLabel, value: true, kind: danger ? 'danger' : 'primary'},
    ],
  });
  return answer === true;
}
