// All jobs, newest first. The filter is in the address; rows that are seen and have not ended are
// kept up to date.

import * as api from '../api.js';
import {whole, words} from '../format.js';
import {listView} from '../joblist.js';
import {announce, button, clearFieldErrors, emptyState, errorPanel, field, fill, h, pageHeader, select,
  setText, showFieldError, skeleton} from '../ui.js';

export const title = 'Jobs';

const PAGE_SIZE = 100;
const MANY_PAGES = 10;
/** Pages without a match that are looked through before the reader is asked. */
const MAX_EMPTY_PAGES = 20;
const REFRESH_MS = 2_000;
const MAX_SINGLE_LOOKUPS = 15;
const STATES = ['pending', 'processing', 'completed', 'failed', 'cancelled', 'expired'];
const FILTERS = ['status', 'model_id', 'job_type', 'text', 'created_after', 'created_before', 'owner',
  'question_id', 'batch_id'];

export function render(root, params, context) {
  const filter = Object.fromEntries(FILTERS.map((name) => [name, context.query[name] ?? '']));
  const count = h('span', {class: 'muted', role: 'status'});
  const place = h('div');
  const view = listView();
  const more = h('div', {class: 'row center'});
  const form = filterForm(filter, context, apply);
  root.append(pageHeader('Jobs', count), form, place, view.element, more);
  let generation = 0;
  let chunks = [];
  let isLoading = false;

  function apply() {
    context.setQuery(filter);
    load();
  }

  async function load() {
    const mine = ++generation;
    chunks = [];
    isLoading = false;
    clearFieldErrors(form);
    fill(place, skeleton(6));
    fill(more);
    setText(count, '');
    view.clear();
    await loadMore(1, mine);
  }

  /** Looks for `pages` more pages with jobs in them. */
  async function loadMore(pages, mine = generation) {
    if (isLoading) {
      return;
    }
    isLoading = true;
    let empty = 0;
    let found = 0;
    try {
      while (found < pages && empty < MAX_EMPTY_PAGES) {
        const last = chunks[chunks.length - 1];
        if (last && !last.next) {
          break;
        }
        const page = await fetchPage(last?.next);
        if (mine !== generation) {
          return;
        }
        const chunk = {token: last?.next, next: page.next_page_token};
        chunks.push(chunk);
        if (page.jobs.length) {
          found++;
          view.append(chunk, page.jobs);
        } else {
          empty++;
        }
        fill(place);
        showCount();
      }
      showMore();
    } catch (error) {
      if (error.name === 'AbortError' || mine !== generation) {
        return;
      }
      if (error.field && showFieldError(form, error.field, error.message)) {
        fill(place);
      } else {
        fill(place, errorPanel(error, {retry: () => chunks.length ? loadMore(pages) : load()}));
      }
    } finally {
      if (mine === generation) {
        isLoading = false;
      }
    }
  }

  function fetchPage(token) {
    return api.get(api.url('/api/llm/jobs/', {...filter, page_size: PAGE_SIZE, page_token: token}),
      {signal: context.signal});
  }

  const next = () => chunks[chunks.length - 1]?.next;

  function showCount() {
    setText(count, view.size ? `${whole(view.size)} shown${next() ? ', there are more' : ''}` : '');
  }

  function showMore() {
    showCount();
    if (!next()) {
      fill(more);
      if (!view.size) {
        const isFiltered = FILTERS.some((name) => filter[name]);
        fill(place, isFiltered
          ? emptyState('No job matches', 'Change the filter to see others.')
          : emptyState('No jobs yet', 'What you submit appears here.', h('a', {class: 'button primary', href: '#/submit'}, 'Submit a job')));
      }
      return;
    }
    if (!view.size) {
      fill(place, emptyState('No match among the newest jobs', 'Older ones have not been looked at.'));
    }
    fill(more, view.size ? button(`Load ${PAGE_SIZE} more`, loadWith(1), {id: 'load-more'}) : button('Look further back', loadWith(1)),
      view.size ? button('Load 1,000 more', loadWith(MANY_PAGES), {id: 'load-many'}) : null);
  }

  function loadWith(pages) {
    return async (event) => {
      const id = event.currentTarget.id;
      for (const each of more.querySelectorAll('button')) {
        each.disabled = true;
      }
      const before = view.size;
      await loadMore(pages);
      announce(`${whole(view.size - before)} more jobs`);
      document.getElementById(id)?.focus();
      for (const each of more.querySelectorAll('button')) {
        each.disabled = false;
      }
    };
  }

  /** What is new at the top, and what became of rows that are seen. */
  async function refresh() {
    const mine = generation;
    if (isLoading || !chunks.length) {
      return;
    }
    const wanted = new Set(view.seenUnfinished().map((row) => row.chunk));
    if (scrollY < 200) {
      wanted.add(chunks[0]);
    }
    for (const chunk of wanted) {
      const page = await fetchPage(chunk.token);
      if (mine !== generation) {
        return;
      }
      if (chunk === chunks[0]) {
        view.prepend(chunk, page.jobs);
      }
      view.update(page.jobs);
    }
    // A row whose state left the filter is on no page any more.
    const stale = view.seenUnfinished().filter((row) => wanted.has(row.chunk) && Date.now() - row.readAt > REFRESH_MS);
    for (const row of stale.slice(0, MAX_SINGLE_LOOKUPS)) {
      const status = await api.get(`/api/llm/jobs/${row.job.job_id}/status/`, {signal: context.signal});
      view.update([{...row.job, ...status, result_data: undefined}]);
    }
    if (view.size) {
      fill(place);
    }
    showCount();
  }

  load();
  api.poll(refresh, REFRESH_MS, {signal: context.signal});
  const again = () => view.size === 0 && load();
  api.connection.addEventListener('online', again);
  return () => {
    generation++;
    view.dispose();
    api.connection.removeEventListener('online', again);
  };
}

// ---- the filter ----

function filterForm(filter, context, apply) {
  const model = select('model_id', [['', 'Any model']], '');
  const types = h('datalist', {id: 'job-types'},
    ['generic', 'trainer_question_analysis'].map((type) => h('option', {value: type})));
  const controls = {
    status: select('status', [['', 'Any state'], ...STATES.map((state) => [state, words(state)])], filter.status),
    model_id: model,
    job_type: h('input', {name: 'job_type', list: 'job-types', value: filter.job_type, autocomplete: 'off'}),
    text: h('input', {name: 'text', type: 'search', value: filter.text, maxlength: 100}),
    created_after: h('input', {name: 'created_after', type: 'datetime-local', value: toLocal(filter.created_after)}),
    created_before: h('input', {name: 'created_before', type: 'datetime-local', value: toLocal(filter.created_before)}),
    owner: h('input', {name: 'owner', value: filter.owner, autocomplete: 'off', placeholder: context.session.owner ?? ''}),
  };
  const extra = h('div', {class: 'row'});
  const form = h('form', {class: 'card', role: 'search', 'aria-label': 'Jobs', novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    read();
  }},
    h('div', {class: 'fields filters'},
      field({label: 'State', control: controls.status}),
      field({label: 'Model', control: controls.model_id}),
      field({label: 'Text in metadata or ids', control: controls.text}),
      context.session.isAdmin || filter.owner ? field({label: 'Owner', control: controls.owner}) : null),
    h('details', {class: 'more-filters', open: Boolean(filter.job_type || filter.created_after || filter.created_before)},
      h('summary', {}, 'Type and time'),
      h('div', {class: 'fields filters'},
        field({label: 'Type', control: controls.job_type}),
        field({label: 'Created after', control: controls.created_after}),
        field({label: 'Created before', control: controls.created_before}))),
    types,
    h('div', {class: 'row'}, h('button', {type: 'submit', class: 'primary'}, 'Filter'),
      button('Clear', clear), extra));

  showExtra();
  api.get('/api/llm/models/', {signal: context.signal}).then(({models}) => {
    fill(model, h('option', {value: ''}, 'Any model'),
      [...new Set([...models.map((each) => each.id), filter.model_id].filter(Boolean))].map((id) => h('option', {value: id}, id)));
    model.value = filter.model_id;
  }).catch(() => {});
  for (const name of ['status', 'model_id', 'created_after', 'created_before']) {
    controls[name].addEventListener('change', read);
  }
  let typing;
  controls.text.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(read, 500);
  });

  function read() {
    clearTimeout(typing);
    const before = JSON.stringify(filter);
    for (const [name, control] of Object.entries(controls)) {
      filter[name] = name.startsWith('created_') ? toWire(control.value) : control.value.trim();
    }
    if (JSON.stringify(filter) !== before) {
      apply();
    }
  }

  function clear() {
    for (const name of FILTERS) {
      filter[name] = '';
    }
    for (const control of Object.values(controls)) {
      control.value = '';
    }
    showExtra();
    apply();
  }

  /** Filters that come by links only. */
  function showExtra() {
    fill(extra, ['batch_id', 'question_id'].filter((name) => filter[name]).map((name) =>
      button(`${words(name)}: ${filter[name]} ✕`, () => {
        filter[name] = '';
        showExtra();
        apply();
      }, {class: 'small', 'aria-label': `Remove the filter ${words(name)} ${filter[name]}`})));
  }

  return form;
}

function toLocal(wire) {
  const at = new Date(wire);
  if (!wire || Number.isNaN(at.getTime())) {
    return '';
  }
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function toWire(local) {
  return local ? new Date(local).toISOString() : '';
}
