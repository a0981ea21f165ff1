// One batch: its progress, its lines with what became of them, its files, and what can be done.

import {download, get, poll, post, request, url} from './api.js';
import {problemList} from './batchform.js';
import {etaText, hasEnded, progressBar, progressText, rateText, timeOf} from './batchview.js';
import {textOf} from './export.js';
import {money, NONE, percent, whole} from './format.js';
import {clearFailures, isObject, jsonIn, newKey, showFailure, textArea} from './forms.js';
import {jsonView, textView} from './output.js';
import {announce, button, card, confirmDialog, copyButton, emptyState, errorPanel, facts, field, fill, h, pageHeader,
  runAction, select, statusBadge, table, tabs, timeFull, toast} from './ui.js';

const RUNNING_MS = 1_000;
const LINES_MS = 4_000;
const PAGE = 50;
const SHOWN_CHARS = 160;
const RETRIED = ['failed', 'expired', 'cancelled', 'completed'];
const RETRY_PATIENCE_MS = 1_800_000;

export async function showBatch(root, id, {signal, navigate}) {
  const path = `/v1/batches/${encodeURIComponent(id)}`;
  const state = h('div');
  const actions = h('div', {class: 'row'});
  const lines = linesView(path, signal);
  let status = null;
  fill(root,
    h('nav', {'aria-label': 'Path'}, h('a', {href: '#/batches'}, 'Batches')),
    pageHeader('Batch', actions),
    h('p', {class: 'row'}, h('code', {}, id), copyButton(() => id)),
    state, lines.element);

  const polling = poll(load, RUNNING_MS, {signal, onError: (error) => {
    if (status === null || error.status === 404) {
      fill(state, errorPanel(error, {retry: () => polling.now()}));
    }
  }});

  async function load() {
    const batch = await get(path, {signal});
    if (batch.status !== status) {
      if (status !== null) {
        announce(`Batch ${batch.status}`);
        lines.refresh();
      } else if (batch.status !== 'validating') {
        lines.refresh();
      }
      status = batch.status;
      fill(actions, actionsOf(batch));
    } else if (filesOf(batch) !== files) {
      fill(actions, actionsOf(batch));
    }
    fill(state, stateView(batch));
    const {unfinished} = batch.promptbeam.lines;
    if (unfinished !== linesLeft && performance.now() - linesAt > LINES_MS && !lines.isBeingRead()) {
      linesLeft = unfinished;
      linesAt = performance.now();
      lines.refresh();
    }
    return hasEnded(batch) ? false : undefined;
  }

  let linesLeft = null;
  let linesAt = 0;
  let files = '';
  function filesOf(batch) {
    return `${batch.output_file_id}${batch.error_file_id}`;
  }

  function actionsOf(batch) {
    files = filesOf(batch);
    const {lines: counts} = batch.promptbeam;
    const isRetryable = hasEnded(batch) && batch.status !== 'failed';
    return [
      fileButton('Output', batch.output_file_id, `${batch.id}_output.jsonl`),
      fileButton('Errors', batch.error_file_id, `${batch.id}_errors.jsonl`),
      isRetryable ? button('Retry failures…', () => retryDialog(batch), {
        class: counts.failed + counts.cancelled + counts.expired ? 'primary' : ''}) : null,
      hasEnded(batch) || batch.status === 'cancelling' ? null : button('Cancel', cancel, {class: 'danger'}),
    ];
  }

  function fileButton(label, fileId, name) {
    return fileId ? button(`Download ${label.toLowerCase()}`, (event) => runAction(event.currentTarget, () =>
      download(`/v1/files/${encodeURIComponent(fileId)}/content`, name, {signal}))) : null;
  }

  async function cancel(event) {
    const target = event.currentTarget;
    if (await confirmDialog({title: 'Cancel this batch?', danger: true, confirmLabel: 'Cancel the batch',
      text: 'What has not begun ends at once; calls under way end as they will and are kept.'})) {
      await runAction(target, () => post(`${path}/cancel`, {}, {signal}));
      polling.now();
    }
  }

  function retryDialog(batch) {
    const model = h('input', {name: 'model', type: 'text', autocomplete: 'off'});
    const params = textArea('params', {rows: '3', class: 'mono'});
    const boxes = RETRIED.map((name) => [name, h('input', {type: 'checkbox', id: `retry-${name}`, checked: name !== 'completed'})]);
    const place = h('div');
    const send = h('button', {type: 'submit', class: 'primary'}, 'Retry');
    const key = newKey();
    const counts = batch.promptbeam.lines;
    const form = h('form', {novalidate: true, class: 'stack', onsubmit: submit},
      h('p', {}, 'A new batch is made of this one\'s lines that ended so:'),
      h('fieldset', {'data-field': 'statuses'}, h('legend', {}, 'Lines'),
        boxes.map(([name, box]) => h('div', {class: 'check'}, box,
          h('label', {for: `retry-${name}`}, `${name} (${whole(counts[name])})`))),
        h('p', {class: 'field-error', hidden: true, 'aria-live': 'polite'})),
      field({label: 'Other model', control: model, optional: true}),
      field({label: 'Changed parameters', control: params, optional: true,
        hint: 'A JSON object that is merged into each body; null removes. Such as {"max_tokens": 2000}.'}),
      place,
      h('div', {class: 'row end'}, button('Keep as is', () => dialog.close()), send));
    const dialog = h('dialog', {class: 'dialog', 'aria-label': 'Retry failures'}, h('h2', {}, 'Retry failures'), form);
    dialog.addEventListener('close', () => dialog.remove());
    signal.addEventListener('abort', () => dialog.close());
    document.body.append(dialog);
    dialog.showModal();

    async function submit(event) {
      event.preventDefault();
      clearFailures(form, place);
      try {
        const body = {statuses: boxes.filter(([, box]) => box.checked).map(([name]) => name)};
        body.params = jsonIn(params, 'params', isObject, 'a JSON object');
        body.model = model.value.trim() || undefined;
        send.disabled = true;
        const {data} = await request('POST', `${path}/retry`, {
          json: body, signal, headers: {'Idempotency-Key': key}, timeoutMs: RETRY_PATIENCE_MS});
        dialog.close();
        toast('A new batch was made', 'success');
        navigate(`#/batches/${data.id}`);
      } catch (error) {
        if (!signal.aborted) {
          showFailure(form, error, place);
        }
      } finally {
        send.disabled = false;
      }
    }
  }
}

function stateView(batch) {
  const more = batch.promptbeam;
  const {lines} = more;
  const all = batch.request_counts.total;
  const waits = more.waiting ? [more.waiting, ...more.waiting.other_models] : [];
  return card(null,
    h('div', {class: 'row'}, statusBadge(batch.status), h('strong', {}, progressText(batch)),
      h('span', {class: 'muted'}, all ? percent(all - lines.unfinished, all) : 'The lines are being checked.')),
    progressBar(batch),
    more.warning ? h('p', {class: 'note'}, more.warning.message) : null,
    waits.map((wait) => h('p', {class: 'muted'}, wait.model ? `${wait.model}: ` : '', wait.message)),
    batch.errors ? h('div', {class: 'error-panel'}, h('p', {class: 'error-title'}, 'The file has bad lines; nothing was run'),
      problemList(batch.errors)) : null,
    facts([
      ['Completed', whole(lines.completed)], ['Failed', whole(lines.failed)], ['Not ended', whole(lines.unfinished)],
      lines.cancelled ? ['Cancelled', whole(lines.cancelled)] : null, lines.expired ? ['Expired', whole(lines.expired)] : null,
      ['Rate', rateText(batch)], hasEnded(batch) ? null : ['Left', etaText(batch)],
      ['Cost', money(more.cost_usd)], ['Tokens', `${whole(more.tokens.input_tokens)} in, ${whole(more.tokens.output_tokens)} out`],
      ['Endpoint', h('code', {}, batch.endpoint)], ['Window', `${batch.completion_window}`],
      ['Created', timeFull(timeOf(batch.created_at))], hasEnded(batch) ? ['Ended', timeFull(timeOf(
        batch.completed_at ?? batch.failed_at ?? batch.expired_at ?? batch.cancelled_at))] : ['Expires', timeFull(timeOf(batch.expires_at))],
      ['Input file', h('code', {}, batch.input_file_id)],
      more.retry_of ? ['Retry of', h('a', {href: `#/batches/${more.retry_of}`, class: 'mono'}, more.retry_of.slice(0, 14))] : null,
      ...Object.entries(batch.metadata).map(([name, value]) => [name, value]),
    ]));
}

/** The lines, page by page in their order, also while the batch runs. */
function linesView(path, signal) {
  const status = select('status', [['', 'all'], 'completed', 'failed', 'cancelled', 'expired', 'processing', 'pending'], '',
    {id: 'line-status', onchange: () => first()});
  const customId = h('input', {type: 'search', id: 'line-custom-id', spellcheck: 'false'});
  const place = h('div');
  const next = button('Next page', () => go([...cursors, last]));
  const back = button('Page before', () => go(cursors.slice(0, -1)));
  const where = h('span', {class: 'hint', 'aria-live': 'polite'});
  let cursors = []; // where each page shown so far began
  let last = null;
  let asked = 0;

  const rows = table({
    caption: 'Lines',
    columns: [
      {label: 'Line', class: 'number', render: (line) => h('a', {href: `#/jobs/${jobOf(line)}`}, whole(line.line))},
      {label: 'Custom id', class: 'wrap', render: (line) => line.custom_id ?? NONE},
      {label: 'Model', render: (line) => line.model},
      {label: 'State', render: (line) => statusBadge(line.status)},
      {label: 'Answer', class: 'text', render: answerCell},
      {label: 'Cost', class: 'number', render: (line) => money(line.cost_usd)},
    ],
  });

  const form = h('form', {class: 'row', onsubmit: (event) => { event.preventDefault(); first(); }},
    h('label', {for: 'line-status'}, 'State'), status,
    h('label', {for: 'line-custom-id'}, 'Custom id'), h('div', {class: 'narrow'}, customId),
    h('button', {type: 'submit'}, 'Show'));
  status.classList.add('narrow');
  const element = h('section', {class: 'stack', 'aria-label': 'Lines', hidden: true},
    h('div', {class: 'row spread'}, h('h2', {}, 'Lines'), form), place,
    h('div', {class: 'row'}, back, next, where));

  function first() {
    return go([]);
  }

  async function go(to) {
    const mine = ++asked;
    try {
      const page = await get(url(`${path}/results`, {
        limit: PAGE, after: to.at(-1), status: status.value, custom_id: customId.value.trim()}), {signal, timeoutMs: 60_000});
      if (mine !== asked) {
        return;
      }
      element.hidden = false;
      cursors = to;
      last = page.last_id;
      rows.setRows(page.data);
      back.disabled = to.length === 0;
      next.disabled = !page.has_more || last === null;
      where.textContent = `Page ${to.length + 1}`;
      if (page.data.length && rows.element.isConnected) {
        return;
      }
      fill(place, page.data.length ? rows.element : emptyState('No such lines on this page',
        page.has_more ? 'There may be some on the next one.' : 'Choose another state, or look again later.'));
    } catch (error) {
      if (!signal.aborted && mine === asked) {
        element.hidden = false;
        fill(place, errorPanel(error, {retry: () => go(to)}));
      }
    }
  }

  return {
    element,
    refresh: () => go(cursors),
    /** What somebody has opened is not moved away. */
    isBeingRead: () => element.querySelector('details[open]') !== null || element.querySelector('form').contains(document.activeElement),
  };
}

/** A line is a job: its id has the job's without the dashes. */
function jobOf(line) {
  return line.id.replace(/^batch_req_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function answerCell(line) {
  const body = line.response?.body;
  const text = line.error ? `${line.error.code}: ${line.error.message}`
    : body ? textOf(body) ?? body.error?.message ?? JSON.stringify(body) : '';
  const whole = h('details', {}, h('summary', {}, (text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text) || 'Request'));
  whole.addEventListener('toggle', () => {
    if (whole.open && whole.childElementCount === 1) {
      whole.append(tabs('Line', [
        ...(text ? [{label: 'Answer', content: () => textView(text)}] : []),
        {label: 'Request', content: () => jsonView(line.input)},
        ...(body ? [{label: 'Response', content: () => jsonView(body)}] : []),
      ]));
    }
  });
  return whole;
}
