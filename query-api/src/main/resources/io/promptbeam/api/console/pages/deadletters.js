import {get, post, url} from '../api.js';
import {bytes, whole, words} from '../format.js';
import {announce, button, confirmDialog, emptyState, errorPanel, fill, h, pageHeader, runAction, setText, skeleton, table,
  timeAgo, toast} from '../ui.js';

export const title = 'Dead letters';

const PAGE = 50;
const PATIENCE_MS = 60_000;
const ABOUT = 'Messages that the pipeline could not read or place. Replay them once the cause is mended; discard what is of no use.';

export async function render(root, params, {signal}) {
  const chosen = new Set();
  let letters = [];
  const all = h('input', {type: 'checkbox', id: 'all-letters', onchange: () => choose(all.checked)});
  const told = h('span', {class: 'muted', 'aria-live': 'polite'});
  const replay = button('Replay', (event) => runAction(event.currentTarget, () => act('replay')), {class: 'primary'});
  const discard = button('Discard…', async (event) => {
    const target = event.currentTarget;
    if (await confirmDialog({
      title: chosen.size === 1 ? 'Discard this message?' : `Discard ${whole(chosen.size)} messages?`,
      text: 'They are gone then, and cannot be brought back.',
      confirmLabel: 'Discard', danger: true,
    })) {
      await runAction(target, () => act('discard'));
    }
  }, {class: 'danger'});
  const place = h('div', {}, skeleton(4));
  const actions = h('div', {class: 'row', hidden: true},
    h('span', {class: 'check'}, all, h('label', {for: 'all-letters'}, 'All')), replay, discard, told);
  fill(root, pageHeader(title, button('Look again', (event) => runAction(event.currentTarget, load))),
    h('p', {class: 'muted'}, ABOUT), actions, place);

  const rows = table({
    caption: 'Dead letters',
    columns: [
      {label: 'Select', hideLabel: true, render: (letter) => h('input', {
        type: 'checkbox', 'aria-label': `Select ${letter.id}`, 'data-id': letter.id, checked: chosen.has(letter.id),
        onchange: (event) => {
          chosen[event.currentTarget.checked ? 'add' : 'delete'](letter.id);
          drawChosen();
        },
      })},
      {label: 'Reason', render: (letter) => letter.reason ? h('strong', {}, words(letter.reason)) : 'not a message of the pipeline'},
      {label: 'What happened', class: 'text', render: (letter) => letter.message},
      {label: 'Message', class: 'text', render: (letter) => h('details', {},
        h('summary', {}, bytes(letter.bytes)), h('pre', {class: 'code', tabindex: '0'}, letter.payload),
        h('p', {class: 'hint'}, h('code', {}, letter.id)))},
      {label: 'Published', class: 'nowrap', render: (letter) => timeAgo(letter.published_at)},
    ],
  });

  function choose(isChosen) {
    chosen.clear();
    if (isChosen) {
      letters.forEach((letter) => chosen.add(letter.id));
    }
    for (const box of rows.element.querySelectorAll('input[data-id]')) {
      box.checked = isChosen;
    }
    drawChosen();
  }

  function drawChosen() {
    replay.disabled = chosen.size === 0;
    discard.disabled = chosen.size === 0;
    all.checked = letters.length > 0 && chosen.size === letters.length;
    all.indeterminate = chosen.size > 0 && !all.checked;
    setText(told, chosen.size ? `${whole(chosen.size)} selected` : '');
  }

  async function act(verb) {
    const done = await post(`/api/llm/dead-letters/${verb}`, {ids: [...chosen]}, {signal, timeoutMs: PATIENCE_MS});
    const gone = done.not_found.length;
    const cut = done.truncated?.length ?? 0;
    toast([`${whole(done.replayed ?? done.discarded)} ${verb === 'replay' ? 'replayed' : 'discarded'}`,
      gone ? `${whole(gone)} not there any more` : '', cut ? `${whole(cut)} cannot be replayed: they have lost their end` : '']
      .filter(Boolean).join('; '), gone + cut ? 'info' : 'success');
    chosen.clear();
    await load();
  }

  async function load() {
    let found;
    try {
      found = await get(url('/api/llm/dead-letters/', {limit: PAGE}), {signal, timeoutMs: PATIENCE_MS});
    } catch (error) {
      if (!signal.aborted) {
        actions.hidden = true;
        fill(place, explained(error));
      }
      return;
    }
    letters = found.dead_letters;
    const there = new Set(letters.map((letter) => letter.id));
    [...chosen].filter((id) => !there.has(id)).forEach((id) => chosen.delete(id));
    rows.setRows(letters);
    actions.hidden = letters.length === 0;
    drawChosen();
    fill(place, letters.length
      ? [rows.element, found.more ? h('p', {class: 'hint'}, 'There are more; these were found first.') : null]
      : emptyState('No dead letters', 'Every message could be read.'));
    announce(letters.length ? `${letters.length} dead letters` : 'No dead letters');
  }

  function explained(error) {
    if (error.status === 501) {
      return emptyState('Not to be seen from here', `${error.message} The command line shows them: promptbeam dead-letter list.`);
    }
    if (error.status === 403) {
      return emptyState('For admins only', 'This page needs a key with the scope admin.');
    }
    return errorPanel(error, {retry: load});
  }

  await load();
}
