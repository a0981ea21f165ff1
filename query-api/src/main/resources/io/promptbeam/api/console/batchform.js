// A batch from a file: chosen or dropped, uploaded once, checked (a dry run) and made.

import {post, request, upload} from './api.js';
import {bytes, duration, money, percent, whole} from './format.js';
import {clearFailures, FieldError, newKey, pairs, showFailure} from './forms.js';
import {announce, button, card, facts, field, fill, h, select, setText, timeFull} from './ui.js';

const ENDPOINTS = ['/v1/chat/completions', '/v1/responses', '/v1/embeddings', '/v1/completions'];
const DRY_RUN_PATIENCE_MS = 1_800_000;
const PEEKED_BYTES = 256 * 1024;

/** What the first line of a file says of it; says what is wrong with it where it is no batch. */
async function peek(file) {
  const start = await file.slice(0, PEEKED_BYTES).text();
  const line = start.split('\n').find((each) => each.trim());
  if (!line) {
    throw new FieldError('file', 'The file is empty.');
  }
  let first;
  try {
    first = JSON.parse(line);
  } catch {
    if (start.length === line.length && file.size > PEEKED_BYTES) {
      return {}; // a long line: the service judges it
    }
    throw new FieldError('file', 'Its first line is not JSON. A batch has one JSON object a line.');
  }
  if (!first || typeof first !== 'object' || !first.body) {
    throw new FieldError('file', 'Its first line is no request: it needs custom_id, method, url and body.');
  }
  return {url: first.url, model: first.body?.model};
}

/** @param onCreated hears the batch */
export function batchForm({signal, onCreated}) {
  let file = null;
  let uploaded = null; // {file, id}
  let sending = null;
  let key = newKey();

  const chooser = h('input', {type: 'file', name: 'file', accept: '.jsonl,.ndjson,.json,application/jsonl,text/plain'});
  const chosen = h('p', {class: 'wrap', 'aria-live': 'polite'}, 'or drop a JSONL file here');
  const drop = h('div', {class: 'drop'}, field({label: 'Batch file (JSONL)', control: chooser}), chosen);
  const endpoint = select('endpoint', ENDPOINTS);
  const completionWindow = h('input', {name: 'completion_window', type: 'text', value: '24h', list: 'batch-windows'});
  const metadata = pairs('Metadata', 'metadata', 'Up to 16 pairs.');
  const bar = h('progress', {max: '100', 'aria-label': 'Upload'});
  const barText = h('span', {class: 'hint'});
  const stop = button('Stop', () => sending?.abort(), {class: 'small'});
  const progress = h('div', {class: 'stack', hidden: true}, bar, h('div', {class: 'row spread'}, barText, stop));
  const place = h('div');
  const checked = h('div');
  const check = button('Check only', () => run(true));
  const create = h('button', {type: 'submit', class: 'primary'}, 'Create batch');
  const form = h('form', {novalidate: true, onsubmit: (event) => { event.preventDefault(); run(false); }},
    card('New batch', drop,
      h('div', {class: 'fields'}, field({label: 'Endpoint', control: endpoint}),
        field({label: 'Completion window', control: completionWindow, hint: 'Such as 90m, 24h or 7d.'})),
      h('datalist', {id: 'batch-windows'}, ['1h', '24h', '48h', '7d'].map((value) => h('option', {value}))),
      h('details', {}, h('summary', {}, 'Metadata'), h('div', {class: 'details'}, metadata.element)),
      place, progress, checked,
      h('div', {class: 'row'}, create, check,
        h('span', {class: 'hint'}, 'Checking makes nothing: it tells of bad lines, tokens, cost and time.'))));

  chooser.addEventListener('change', () => chooser.files[0] && take(chooser.files[0]));
  for (const event of ['dragenter', 'dragover']) {
    drop.addEventListener(event, (dragged) => {
      dragged.preventDefault();
      drop.classList.add('over');
    });
  }
  drop.addEventListener('dragleave', (dragged) => {
    if (!drop.contains(dragged.relatedTarget)) {
      drop.classList.remove('over');
    }
  });
  drop.addEventListener('drop', (dropped) => {
    dropped.preventDefault();
    drop.classList.remove('over');
    const [given] = dropped.dataTransfer.files;
    if (given) {
      chooser.files = dropped.dataTransfer.files;
      take(given);
    }
  });

  async function take(given) {
    sending?.abort();
    clearFailures(form, place);
    fill(checked);
    file = given;
    setText(chosen, `${given.name} · ${bytes(given.size)}`);
    try {
      const {url, model} = await peek(given);
      if (ENDPOINTS.includes(url)) {
        endpoint.value = url;
      }
      if (model && file === given) {
        setText(chosen, `${given.name} · ${bytes(given.size)} · first line for ${model}`);
      }
    } catch (error) {
      if (file === given) {
        showFailure(form, error instanceof FieldError ? error : new FieldError('file', 'The file cannot be read.'), place);
      }
    }
  }

  function busy(isBusy) {
    create.disabled = isBusy;
    check.disabled = isBusy;
    progress.hidden = !isBusy;
  }

  async function send() {
    if (uploaded?.file === file) {
      return uploaded.id;
    }
    const content = new FormData();
    // The service reads the parts as they come: what the file is for stands before it.
    content.append('purpose', 'batch');
    content.append('file', file, file.name);
    const startedAt = performance.now();
    const stored = await upload('/v1/files', content, {signal: sending.signal, onProgress(sent, all) {
      bar.max = all;
      bar.value = sent;
      const perMs = sent / (performance.now() - startedAt);
      setText(barText, `${percent(sent, all)} of ${bytes(all)}`
        + (sent < all && perMs > 0 ? `, ${duration((all - sent) / perMs)} left` : ''));
    }});
    uploaded = {file, id: stored.id};
    return stored.id;
  }

  async function run(isDry) {
    if (create.disabled) {
      return;
    }
    clearFailures(form, place);
    fill(checked);
    try {
      if (!file) {
        throw new FieldError('file', 'Choose a file, or drop one here.');
      }
      const labels = metadata.read();
      sending = new AbortController();
      signal.addEventListener('abort', () => sending.abort());
      busy(true);
      bar.value = 0;
      setText(barText, 'Uploading');
      const id = await send();
      bar.removeAttribute('value');
      setText(barText, isDry ? 'Checking every line' : 'Creating the batch');
      const body = {input_file_id: id, endpoint: endpoint.value, completion_window: completionWindow.value.trim(),
        ...(Object.keys(labels).length ? {metadata: labels} : {})};
      if (isDry) {
        const found = await request('POST', '/v1/batches', {
          json: {...body, dry_run: true}, signal: sending.signal, timeoutMs: DRY_RUN_PATIENCE_MS});
        fill(checked, dryRunView(found.data));
        announce(found.data.valid ? 'All lines are valid' : 'Some lines are not valid');
      } else {
        const batch = await post('/v1/batches', body, {signal: sending.signal, headers: {'Idempotency-Key': key}});
        key = newKey();
        onCreated(batch);
      }
    } catch (error) {
      if (error.code === 'idempotency_key_reused') {
        key = newKey();
      }
      if (error.name === 'AbortError') {
        announce('Stopped');
      } else if (!signal.aborted) {
        if (error.field === 'input_file_id') {
          uploaded = null;
        }
        showFailure(form, error, place);
      }
    } finally {
      busy(false);
    }
  }

  return form;
}

/** What would come of a batch. */
function dryRunView(found) {
  return h('section', {class: 'stack', 'aria-label': 'What the check found'},
    h('p', {class: found.valid ? 'good' : 'note'}, found.valid
      ? `All ${whole(found.lines)} lines are valid.` : 'Some lines are not valid; the batch would fail before anything runs.'),
    found.warning ? h('p', {class: 'note'}, found.warning.message) : null,
    facts([
      ['Lines', whole(found.lines)], ['Input tokens', `about ${whole(found.input_tokens)}`],
      ['Output tokens, at most', whole(found.output_tokens)], ['Cost, at most', money(found.cost_usd)],
      found.estimate ? ['Takes, at most', duration(found.estimate.takes_seconds * 1_000)] : null,
      found.estimate ? ['Ends by', timeFull(found.estimate.ends_at)] : null,
      found.estimate ? ['What binds', `${found.estimate.limit} of ${found.estimate.model}`] : null,
    ]),
    found.models.length > 1 ? h('ul', {}, found.models.map((model) => h('li', {},
      `${model.model}: ${whole(model.lines)} lines, ${whole(model.total_tokens)} tokens, ${money(model.cost_usd)}`))) : null,
    found.errors ? problemList(found.errors) : null);
}

/** Bad lines of a file. */
export function problemList(errors) {
  return h('ul', {class: 'problems'}, errors.data.map((problem) => h('li', {class: 'wrap'},
    problem.line ? h('strong', {}, `Line ${problem.line}: `) : null, problem.message,
    problem.param ? h('span', {class: 'muted'}, ` (${problem.param})`) : null)));
}
