import {get, saveBlob} from '../api.js';
import {toCsv, toJsonl} from '../export.js';
import {duration, money, shortId, whole} from '../format.js';
import {clearFailures, FieldError, modelSelect, newKey, sendByKey, showFailure, textArea} from '../forms.js';
import {resultView} from '../output.js';
import {EXPORTED, exported, isOpen, isRetryable, isUnwell, reviewRun, stateOf} from '../reviewrun.js';
import {announce, button, card, copyButton, emptyState, field, fill, h, pageHeader, select, setText, statusBadge,
  table, tabs, toast} from '../ui.js';

export const title = 'Review';

const MAX_ITEMS = 2_000;
const SHOWN_CHARS = 160;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const STATES = ['pending', 'processing', 'completed', 'failed', 'cancelled', 'expired'];

/** The prompts of a text: parts between lines of ---, else between blank lines, else lines. */
export function split(text, by) {
  const parts = by === 'line' ? text.split(/\r?\n/)
    : by === 'blank' ? text.split(/\r?\n[ \t]*(?:\r?\n[ \t]*)+/) : text.split(/^[ \t]*-{3,}[ \t]*$/m);
  return parts.map((part) => part.trim()).filter(Boolean);
}

function guess(text) {
  return /^[ \t]*-{3,}[ \t]*$/m.test(text) ? 'rule' : /\n[ \t]*\r?\n/.test(text.trim()) ? 'blank' : 'line';
}

function beginning(text) {
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}

export async function render(root, params, {signal}) {
  const {models} = await get('/api/llm/models/', {signal});
  const run = reviewRun(signal, draw);

  // ---- what to review ----
  const prompts = textArea('prompts', {rows: '8', spellcheck: 'true'});
  const by = select('by', [['auto', 'as it looks'], ['line', 'one per line'], ['blank', 'blank lines between'],
    ['rule', 'lines of --- between']], 'auto');
  const system = textArea('system_message', {rows: '2', spellcheck: 'true'});
  const model = modelSelect(models);
  const priority = select('priority', ['interactive', 'batch'], 'interactive');
  const ids = textArea('ids', {rows: '8', class: 'mono'});
  const found = h('p', {class: 'hint', 'aria-live': 'polite'});
  const place = h('div');
  const send = h('button', {type: 'submit', class: 'primary'}, 'Submit all');
  const form = h('form', {novalidate: true, onsubmit: begin}, card(null,
    tabs('Review', [
      {label: 'Prompts', content: () => h('div', {class: 'stack'},
        field({label: 'Prompts', control: prompts}),
        h('div', {class: 'fields'}, field({label: 'Separated', control: by}),
          field({label: 'Model', control: model}), field({label: 'Priority', control: priority})),
        field({label: 'System message for all', control: system, optional: true}))},
      {label: 'Job ids', content: () => field({label: 'Job ids', control: ids,
        hint: 'Of jobs that are there already, with anything between them.'})},
    ]),
    place, h('div', {class: 'row'}, send, found)));
  sendByKey(form);
  const adapt = () => setTimeout(() => {
    const isIds = ids.isConnected;
    const count = wanted().length;
    setText(send, isIds ? 'Watch all' : 'Submit all');
    setText(found, count ? `${whole(count)} ${isIds ? 'job' : 'prompt'}${count === 1 ? '' : 's'} found` : '');
  });
  for (const event of ['input', 'click', 'keyup']) {
    form.addEventListener(event, adapt);
  }

  function wanted() {
    if (ids.isConnected) {
      return [...new Set(ids.value.split(/[\s,;"']+/).map((id) => id.toLowerCase()).filter((id) => ID.test(id)))];
    }
    return split(prompts.value, by.value === 'auto' ? guess(prompts.value) : by.value);
  }

  // ---- what became of it ----
  const counts = h('div', {class: 'row', role: 'group', 'aria-label': 'Counts'});
  const filter = select('shown', [['', 'all'], ['open', 'not ended'], ['completed', 'completed'],
    ['unwell', 'failed, cancelled or expired']], '', {onchange: draw});
  const retry = button('Retry failed', retryFailed);
  const cancel = button('Cancel the rest', () => run.cancelRest(), {class: 'danger'});
  const rows = table({
    caption: 'Jobs under review',
    key: (row) => row.number,
    columns: [
      {label: 'No.', class: 'number', render: (row) => whole(row.number)},
      {label: 'Prompt', class: 'text', render: (row) => row.prompt ?? ''},
      {label: 'State', render: (row) => [statusBadge(row.status), row.trouble ? h('p', {class: 'hint'}, row.trouble) : null]},
      {label: 'Result', class: 'text', render: resultCell},
      {label: 'Took', class: 'number nowrap', render: (row) => duration(row.took)},
      {label: 'Cost', class: 'number', render: (row) => money(row.cost)},
      {label: 'Job', render: (row) => row.id
        ? h('a', {href: `#/jobs/${row.id}`, class: 'mono'}, shortId(row.id)) : ''},
    ],
  });
  const none = emptyState('None of this kind', 'Choose another state above.');
  const results = h('section', {class: 'stack', 'aria-label': 'Jobs under review', hidden: true},
    h('div', {class: 'row spread'}, counts,
      h('div', {class: 'row'}, retry, cancel, button('Export JSONL', () => save('jsonl')),
        button('Export CSV', () => save('csv')),
        copyButton(() => run.items.map((item) => item.id).filter(Boolean).join('\n'), 'Copy ids'))),
    h('div', {class: 'row'}, h('label', {for: 'review-shown'}, 'Show'), filter), none, rows.element);
  filter.id = 'review-shown';
  filter.classList.add('narrow');
  fill(root, pageHeader(title), form, results);

  function resultCell(row) {
    const item = run.items[row.number - 1];
    if (row.text === null && !row.error) {
      return '';
    }
    const whole = h('details', {}, h('summary', {}, row.error ?? row.text));
    whole.addEventListener('toggle', () => {
      if (whole.open && whole.childElementCount === 1) {
        whole.append(resultView(item.last.result_data));
      }
    });
    return item.last?.result_data ? whole : h('span', {}, row.error);
  }

  /** What a row shows: small, since it is compared on every change. */
  function rowOf(item) {
    const last = item.last;
    const text = last?.result_data?.output_text ?? (last?.result_data ? '(no text)' : null);
    const error = item.error ?? (last?.error ? `${last.error.code}: ${last.error.message}` : null);
    return {
      number: item.number, prompt: item.prompt ? beginning(item.prompt) : null, id: item.id, status: stateOf(item),
      trouble: item.trouble ?? null, text: text === null ? null : beginning(text), error, took: last?.processing_time_ms ?? null,
      cost: last?.cost_usd ?? null,
    };
  }

  let isDrawing = false;
  function draw() {
    if (isDrawing) {
      return;
    }
    isDrawing = true;
    requestAnimationFrame(() => {
      isDrawing = false;
      if (signal.aborted) {
        return;
      }
      results.hidden = run.items.length === 0;
      const shown = run.items.filter((item) => {
        const wants = {open: isOpen, unwell: isUnwell}[filter.value];
        return !filter.value || (wants ? wants(item) : stateOf(item) === filter.value);
      });
      rows.setRows(shown.map(rowOf));
      none.hidden = shown.length > 0;
      rows.element.hidden = shown.length === 0;
      drawCounts();
    });
  }

  function drawCounts() {
    const by = new Map();
    let cost = 0;
    let isCosting = false;
    for (const item of run.items) {
      const state = stateOf(item);
      by.set(state, (by.get(state) ?? 0) + 1);
      if (item.last?.cost_usd !== null && item.last?.cost_usd !== undefined) {
        cost += item.last.cost_usd;
        isCosting = true;
      }
    }
    const order = [...STATES, ...[...by.keys()].filter((state) => !STATES.includes(state))];
    fill(counts, order.filter((state) => by.has(state)).map((state) =>
      h('span', {class: 'count', 'data-state': state}, statusBadge(state), ' ', whole(by.get(state)))),
    h('span', {class: 'count'}, `Cost ${money(isCosting ? cost : null)}`));
    retry.disabled = !run.items.some(isRetryable);
    cancel.disabled = !run.items.some(isOpen);
    const open = run.items.filter(isOpen).length;
    if (wasOpen > 0 && open === 0) {
      announce(`All ${run.items.length} jobs have ended`);
    }
    wasOpen = open;
  }
  let wasOpen = 0;

  // ---- what is done ----
  async function begin(event) {
    event.preventDefault();
    if (send.disabled) {
      return;
    }
    clearFailures(form, place);
    const name = ids.isConnected ? 'ids' : 'prompts';
    try {
      const given = wanted();
      if (!given.length) {
        throw new FieldError(name, name === 'ids' ? 'There is no job id in it.' : 'This field is required.');
      }
      if (given.length > MAX_ITEMS) {
        throw new FieldError(name, `These are ${whole(given.length)}; ${whole(MAX_ITEMS)} at a time. A batch takes more.`);
      }
      rows.clear();
      filter.value = '';
      send.disabled = true;
      const begun = run.begin(given.map((text, i) => name === 'ids' ? {number: i + 1, id: text}
        : {number: i + 1, prompt: text, key: newKey(), model: model.value, priority: priority.value,
          system: system.value.trim() ? system.value : undefined}));
      results.hidden = false;
      results.scrollIntoView({block: 'nearest'});
      await begun;
    } catch (error) {
      showFailure(form, error, place);
    } finally {
      send.disabled = false;
    }
  }

  async function retryFailed() {
    retry.disabled = true;
    const {refused, told} = await run.retryFailed();
    if (refused && !signal.aborted) {
      toast(`${whole(refused)} could not be tried again: ${told}`, 'error');
    }
  }

  function save(kind) {
    const lines = run.items.map(exported);
    const text = kind === 'csv' ? toCsv(EXPORTED, lines) : toJsonl(lines);
    // Spreadsheets take a CSV for Latin-1 unless it begins with a byte order mark.
    saveBlob(new Blob(kind === 'csv' ? ['\ufeff', text] : [text],
      {type: kind === 'csv' ? 'text/csv' : 'application/jsonl'}), `promptbeam-review.${kind}`);
  }

  run.resume();
  prompts.focus({preventScroll: true});
}
