import {del, get, post, url} from '../api.js';
import {dateTime} from '../format.js';
import {clearFailures, showFailure} from '../forms.js';
import {announce, button, card, confirmDialog, copyButton, emptyState, errorPanel, field, fill, h, openDialog, pageHeader,
  runAction, select, statusBadge, table, timeAgo, timeFull, toast, toastError} from '../ui.js';

export const title = 'API keys';

const DAY = 86_400;
const LIVES = [[String(7 * DAY), '7 days'], [String(30 * DAY), '30 days'], [String(90 * DAY), '90 days'],
  [String(365 * DAY), 'a year'], ['never', 'never']];
const SCOPES = [
  ['read', 'see jobs, batches, files, usage and models'],
  ['submit', 'submit, cancel, retry and erase jobs and batches'],
  ['admin', 'all of that for every owner, and the keys'],
];
const OLD_KEY_LIFE_SECONDS = DAY;

export async function render(root, params, {query, setQuery, signal}) {
  const owner = h('input', {name: 'owner', type: 'text', autocomplete: 'off', spellcheck: 'false', maxlength: 64});
  const name = h('input', {name: 'name', type: 'text', autocomplete: 'off', spellcheck: 'false', maxlength: 64});
  const life = select('expires_in_seconds', LIVES, String(90 * DAY));
  const scopes = SCOPES.map(([scope, may]) => [scope, may,
    h('input', {type: 'checkbox', id: `scope-${scope}`, checked: scope !== 'admin'})]);
  const place = h('div');
  const send = h('button', {type: 'submit', class: 'primary'}, 'Create key');
  const form = h('form', {novalidate: true, onsubmit: create}, card('New key',
    h('div', {class: 'fields'},
      field({label: 'Owner', control: owner, hint: 'Whose jobs it sees and makes.'}),
      field({label: 'Name', control: name, hint: 'What it is for, such as ci.'}),
      field({label: 'Ends after', control: life})),
    h('fieldset', {'data-field': 'scopes'}, h('legend', {}, 'Scopes'),
      scopes.map(([scope, may, box]) => h('div', {class: 'check'}, box,
        h('label', {for: box.id}, h('strong', {}, scope), `: ${may}`))),
      h('p', {class: 'field-error', hidden: true, 'aria-live': 'polite'})),
    place, h('div', {class: 'row'}, send)));

  const ofOwner = h('input', {type: 'search', id: 'keys-owner', value: query.owner ?? '', spellcheck: 'false'});
  const withEnded = h('input', {type: 'checkbox', id: 'keys-ended', onchange: draw});
  const list = h('div');
  let keys = [];
  const rows = table({
    caption: 'API keys',
    key: (key) => key.key_id,
    columns: [
      {label: 'Owner', class: 'wrap', render: (key) => key.owner},
      {label: 'Name', class: 'wrap', render: (key) => key.name},
      {label: 'Scopes', render: (key) => key.scopes.join(', ')},
      {label: 'State', render: (key) => statusBadge(key.status === 'live' ? 'active' : key.status)},
      {label: 'Created', class: 'nowrap', render: (key) => timeAgo(key.created_at)},
      {label: 'Ends', class: 'nowrap', render: (key) => key.revoked_at ? timeFull(key.revoked_at)
        : key.expires_at ? timeFull(key.expires_at) : 'never'},
      {label: 'Id', class: 'nowrap', render: (key) => h('code', {}, key.key_id)},
      {label: 'Actions', hideLabel: true, render: (key) => key.status === 'live' ? h('div', {class: 'row tight'},
        button('Rotate…', (event) => rotate(key, event.currentTarget), {class: 'small', 'aria-label': `Rotate ${key.owner} ${key.name}`}),
        button('Revoke…', (event) => revoke(key, event.currentTarget), {class: 'small danger', 'aria-label': `Revoke ${key.owner} ${key.name}`})) : ''},
    ],
  });
  fill(root, pageHeader(title), form,
    h('section', {class: 'stack', 'aria-label': 'Keys'},
      h('form', {class: 'row', onsubmit: (event) => { event.preventDefault(); setQuery({owner: ofOwner.value.trim()}); load(); }},
        h('label', {for: 'keys-owner'}, 'Owner'), h('div', {class: 'narrow'}, ofOwner), h('button', {type: 'submit'}, 'Show'),
        h('span', {class: 'check'}, withEnded, h('label', {for: 'keys-ended'}, 'with ended ones'))),
      list));

  async function load() {
    try {
      keys = (await get(url('/api/llm/keys/', {owner: ofOwner.value.trim()}), {signal})).keys;
      draw();
      return true;
    } catch (error) {
      if (signal.aborted) {
        return false;
      }
      const isForbidden = error.status === 403;
      form.hidden = isForbidden;
      fill(list, isForbidden ? emptyState('For admins only', 'This page needs a key with the scope admin.')
        : errorPanel(error, {retry: load}));
      return false;
    }
  }

  function draw() {
    const shown = keys.filter((key) => withEnded.checked || key.status === 'live')
      .sort((a, b) => b.created_at.localeCompare(a.created_at));
    rows.setRows(shown);
    fill(list, shown.length ? rows.element
      : emptyState('No keys', keys.length ? 'All of them have ended.' : 'Keys of a file and of tokens are not listed here.'));
  }

  async function create(event) {
    event.preventDefault();
    clearFailures(form, place);
    send.disabled = true;
    try {
      const made = await post('/api/llm/keys/', {
        owner: owner.value.trim(), name: name.value.trim(),
        scopes: scopes.filter(([, , box]) => box.checked).map(([scope]) => scope),
        expires_in_seconds: life.value === 'never' ? null : Number(life.value),
      }, {signal});
      name.value = '';
      await showOnce(made);
      await load();
    } catch (error) {
      if (!signal.aborted) {
        showFailure(form, error, place);
      }
    } finally {
      send.disabled = false;
    }
  }

  async function rotate(key, target) {
    if (await confirmDialog({title: `Rotate ${key.name} of ${key.owner}?`, confirmLabel: 'Make a new key',
      text: 'The new key has the same scopes. The old one goes on for a day, so that it can be replaced where it is used.'})) {
      await runAction(target, async () => {
        const made = await post('/api/llm/keys/', {owner: key.owner, name: key.name, rotate: true,
          old_expires_in_seconds: OLD_KEY_LIFE_SECONDS}, {signal});
        await showOnce(made);
        await load();
      });
    }
  }

  async function revoke(key, target) {
    if (await confirmDialog({title: `Revoke ${key.name} of ${key.owner}?`, confirmLabel: 'Revoke', danger: true,
      text: `The key ${key.key_id} is refused everywhere within 5 seconds. This cannot be undone.`})) {
      try {
        target.disabled = true;
        await del(`/api/llm/keys/${encodeURIComponent(key.key_id)}/`, {signal});
        toast(`The key ${key.key_id} is revoked`, 'success');
        await load();
      } catch (error) {
        target.disabled = false;
        toastError(error);
      }
    }
  }

  await load();
}

/** The key itself, for as long as the dialog is open: nobody can show it again. */
async function showOnce(made) {
  const text = h('input', {type: 'text', readonly: true, value: made.key, class: 'mono key-once', name: 'key',
    autocomplete: 'off', spellcheck: 'false', onfocus: (event) => event.currentTarget.select()});
  announce('The key is shown');
  const closed = openDialog({
    title: 'Store this key now',
    content: [
      h('p', {class: 'note'}, 'It is shown this once. The service keeps only its hash: if it is lost, revoke it and make another.'),
      field({label: `Key ${made.name} of ${made.owner}`, control: text}),
      h('div', {class: 'row'}, copyButton(() => made.key, 'Copy key'),
        h('span', {class: 'hint'}, made.expires_at ? `It ends on ${dateTime(made.expires_at)}.` : 'It does not end by itself.')),
    ],
    actions: [{label: 'I have stored it', value: true, kind: 'primary'}],
  });
  // Escape is pressed too easily for what is gone then.
  text.closest('dialog').addEventListener('cancel', (event) => event.preventDefault());
  await closed;
  text.value = '';
}
