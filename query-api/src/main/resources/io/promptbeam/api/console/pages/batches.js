import {get, poll, url} from '../api.js';
import {batchForm} from '../batchform.js';
import {showBatch} from '../batchpage.js';
import {etaText, hasEnded, progressBar, progressText, rateText, timeOf} from '../batchview.js';
import {money} from '../format.js';
import {button, emptyState, errorPanel, fill, h, pageHeader, statusBadge, table, timeAgo, toastError} from '../ui.js';

export const title = 'Batches';

const RUNNING_MS = 2_000;
const IDLE_MS = 10_000;
const PAGE = 20;

export function render(root, params, context) {
  return params.id ? showBatch(root, params.id, context) : showList(root, context);
}

function showList(root, {query, session, signal, navigate, setQuery}) {
  const place = h('div');
  const more = button('More', () => loadMore(), {hidden: true});
  const owner = h('input', {type: 'search', id: 'batch-owner', value: query.owner ?? '', placeholder: session.owner ?? ''});
  let older = []; // pages after the first: what is there does not change its order
  let hasMore = false;
  let first = [];
  let isEmptyShown = null;

  const rows = table({
    caption: 'Batches',
    columns: [
      {label: 'Batch', render: (batch) => h('a', {href: `#/batches/${batch.id}`, class: 'mono'}, batch.id.slice(0, 14))},
      {label: 'State', render: (batch) => statusBadge(batch.status)},
      {label: 'Progress', class: 'progress-cell', render: (batch) =>
        h('div', {class: 'meter-row'}, h('span', {class: 'small'}, progressText(batch)), progressBar(batch))},
      {label: 'Failed', class: 'number', render: (batch) => batch.promptbeam.lines.failed},
      {label: 'Rate', class: 'number nowrap', render: rateText},
      {label: 'Left', class: 'number nowrap', render: etaText},
      {label: 'Cost', class: 'number', render: (batch) => money(batch.promptbeam.cost_usd)},
      {label: 'Created', class: 'nowrap', render: (batch) => timeAgo(timeOf(batch.created_at))},
    ],
  });

  const polling = poll(load, RUNNING_MS, {signal, onError: (error) => {
    if (!rows.size) {
      isEmptyShown = null;
      fill(place, errorPanel(error, {retry: () => polling.now()}));
    }
  }});

  function path(after) {
    return url('/v1/batches', {limit: PAGE, after, owner: session.isAdmin ? owner.value.trim() : ''});
  }

  async function load() {
    const asked = path();
    const page = await get(asked, {signal});
    if (asked !== path()) {
      return 0;
    }
    first = page.data;
    if (!older.length) {
      hasMore = page.has_more;
    }
    draw();
    return first.some((batch) => !hasEnded(batch)) ? RUNNING_MS : IDLE_MS;
  }

  async function loadMore() {
    const all = [...first, ...older];
    more.disabled = true;
    try {
      const page = await get(path(all.at(-1).id), {signal});
      older = [...all, ...page.data].slice(first.length);
      hasMore = page.has_more;
      draw();
    } catch (error) {
      toastError(error);
    } finally {
      more.disabled = false;
    }
  }

  function draw() {
    const newest = new Set(first.map((batch) => batch.id));
    const all = [...first, ...older.filter((batch) => !newest.has(batch.id))];
    rows.setRows(all);
    more.hidden = !hasMore;
    if (isEmptyShown !== (all.length === 0)) {
      isEmptyShown = all.length === 0;
      fill(place, isEmptyShown
        ? emptyState('No batches', 'Give a file above, or use the SDK of OpenAI or the command line.') : rows.element);
    }
  }

  let typing;
  owner.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      older = [];
      setQuery({...query, owner: owner.value.trim()});
      polling.now();
    }, 400);
  });

  fill(root, pageHeader(title),
    batchForm({signal, onCreated: (batch) => navigate(`#/batches/${batch.id}`)}),
    h('section', {class: 'stack', 'aria-label': 'Batches'},
      session.isAdmin ? h('div', {class: 'row'}, h('label', {for: 'batch-owner'}, 'Owner'), h('div', {class: 'narrow'}, owner)) : null,
      place,
      h('div', {class: 'row spread'},
        h('p', {class: 'hint'}, 'Batches of OpenAI\'s protocol, newest first. Those of Anthropic\'s are listed by GET /v1/messages/batches.'),
        more)));
  return () => clearTimeout(typing);
}
