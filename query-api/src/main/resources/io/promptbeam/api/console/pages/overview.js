// What happens now, and in the last ten minutes.

import * as api from '../api.js';
import {lineChart, meter} from '../chart.js';
import {compact, decimal, duration, money, NONE, percent, relative, whole, words} from '../format.js';
import {announce, card, emptyState, errorPanel, fill, h, pageHeader, setText, skeleton, statusBadge,
  table, timeAgo} from '../ui.js';

export const title = 'Overview';

const EVERY_MS = 2_000;
const SPAN_MS = 600_000;
const STALE_MS = 10_000;
const LIMITS = [
  ['requests_per_minute', 'Requests/min'],
  ['tokens_per_minute', 'Tokens/min'],
  ['input_tokens_per_minute', 'Input tokens/min'],
  ['output_tokens_per_minute', 'Output tokens/min'],
  ['max_in_flight', 'Calls in flight'],
];

/** Kept while the window is open, so that going to another page and back loses nothing. */
let history = [];
let historyOf = null;

function remember(overview) {
  const whose = `${overview.scope} ${overview.owner}`;
  if (historyOf !== whose) {
    history = [];
    historyOf = whose;
  }
  const latency = overview.latency_ms ?? {};
  history.push({
    at: Date.parse(overview.at) || Date.now(),
    values: {
      jobs: overview.jobs_per_second, calls: overview.calls_in_flight, waiting: overview.waiting,
      p50: latency.p50 ?? null, p95: latency.p95 ?? null, p99: latency.p99 ?? null,
    },
  });
  const oldest = history[history.length - 1].at - SPAN_MS;
  history = history.filter((point) => point.at >= oldest);
}

export function render(root, params, {signal}) {
  const state = h('span', {class: 'muted', id: 'freshness'}, 'Loading…');
  const error = h('div');
  const content = h('div', {class: 'page'}, skeleton(8));
  root.append(pageHeader('Overview', state), error, content);
  let view = null;
  let lastAt = null;
  let wasCalm = null;

  function freshness() {
    if (lastAt === null) {
      return;
    }
    const age = Date.now() - lastAt;
    const isStale = age > STALE_MS;
    setText(state, isStale ? `Figures of ${relative(lastAt)}, out of date` : 'Live, every 2 s');
    state.className = isStale ? 'badge badge-pending' : 'badge badge-completed';
    if (wasCalm !== null && wasCalm === isStale) {
      announce(isStale ? 'The figures are out of date' : 'The figures are live again');
    }
    wasCalm = !isStale;
  }

  const tick = setInterval(freshness, 1_000);
  api.poll(async () => {
    const overview = await api.get('/api/llm/overview', {signal});
    lastAt = Date.now();
    remember(overview);
    fill(error);
    if (!view) {
      view = buildView(overview.scope === 'all');
      fill(content, view.elements);
    }
    view.update(overview);
    freshness();
  }, EVERY_MS, {
    signal,
    onError: (failure) => {
      freshness();
      if (!failure.isOffline) {
        fill(error, errorPanel(failure));
      } else if (!view) {
        fill(content, emptyState('Nothing to show yet', 'The service does not answer.'));
      }
    },
  });
  return () => clearInterval(tick);
}

function tile(label) {
  const value = h('div', {class: 'tile-value'}, NONE);
  const note = h('div', {class: 'tile-note'});
  return {
    element: h('div', {class: 'tile'}, h('div', {class: 'tile-label'}, label), value, note),
    set(text, more = '') {
      setText(value, text);
      setText(note, more);
    },
  };
}

function buildView(seesAll) {
  const tiles = {
    jobs: tile('Throughput'), calls: tile('Calls in flight'), waiting: tile('Waiting'),
    latency: tile('Latency'), today: tile('Ended today'), cost: tile('Cost today'),
  };
  const charts = {
    jobs: lineChart({title: 'Throughput', unit: 'jobs/s', series: [{key: 'jobs', label: 'Jobs/s'}], spanMs: SPAN_MS}),
    calls: lineChart({
      title: 'Calls in flight', spanMs: SPAN_MS, format: compact, isWhole: true,
      series: [{key: 'calls', label: 'Calls'}],
    }),
    waiting: lineChart({
      title: 'Waiting', unit: 'jobs', spanMs: SPAN_MS, format: compact, isWhole: true,
      series: [{key: 'waiting', label: 'Waiting'}],
    }),
    latency: lineChart({
      title: 'Latency of calls', spanMs: SPAN_MS, format: duration,
      series: [{key: 'p50', label: 'p50'}, {key: 'p95', label: 'p95'}, {key: 'p99', label: 'p99'}],
    }),
  };
  const waiting = h('div', {class: 'stack'});
  const quota = h('div', {class: 'stack'});
  const failures = h('div');
  const models = modelTable(seesAll);
  const tilesRow = seesAll
    ? Object.values(tiles)
    : [tiles.waiting, tiles.today, tiles.cost];
  const elements = [
    seesAll ? null : h('p', {class: 'muted'}, 'These are your own jobs. What the service does in all is shown to admins.'),
    h('div', {class: 'tiles'}, tilesRow.map((each) => each.element)),
    seesAll
      ? h('div', {class: 'grid wide'}, card(null, charts.jobs.element), card(null, charts.latency.element),
        card(null, charts.calls.element), card(null, charts.waiting.element))
      : h('div', {class: 'grid wide'}, card(null, charts.waiting.element)),
    h('div', {class: 'grid wide'},
      h('div', {class: 'stack'}, card('Waiting by model and priority', waiting),
        seesAll ? card('Failed calls, last minute', failures) : null),
      card(seesAll ? 'Quota use' : 'Limits', quota)),
    card('Models', models.element),
  ];
  return {
    elements,
    update(overview) {
      updateTiles(tiles, overview);
      Object.values(charts).forEach((chart) => chart.update(history));
      fill(waiting, waitingRows(overview.models));
      fill(quota, quotaRows(overview.models, seesAll));
      fill(failures, failureRows(overview.failures));
      models.setRows(overview.models);
    },
  };
}

function updateTiles(tiles, overview) {
  const latency = overview.latency_ms;
  const today = overview.today;
  tiles.jobs.set(overview.jobs_per_second === null ? NONE : `${decimal(overview.jobs_per_second)}/s`,
    `jobs, last ${overview.window_seconds} s`);
  tiles.calls.set(whole(overview.calls_in_flight),
    overview.workers === null || overview.workers === undefined ? ''
      : overview.workers === 1 ? 'by 1 worker' : `by ${whole(overview.workers)} workers`);
  tiles.waiting.set(whole(overview.waiting), 'jobs');
  tiles.latency.set(latency ? duration(latency.p50) : NONE,
    latency ? `p95 ${duration(latency.p95)} · p99 ${duration(latency.p99)}` : 'no calls just now');
  const jobs = today?.jobs ?? {};
  const ended = (jobs.completed ?? 0) + (jobs.failed ?? 0) + (jobs.cancelled ?? 0) + (jobs.expired ?? 0);
  tiles.today.set(today ? whole(ended) : NONE, today
    ? ['failed', 'cancelled', 'expired'].filter((state) => jobs[state]).map((state) => `${whole(jobs[state])} ${state}`).join(' · ') || 'all completed' : '');
  tiles.cost.set(today ? money(today.cost_usd) : NONE,
    today ? `${compact(today.calls)} calls · ${compact(today.total_tokens)} tokens` : '');
}

function waitingRows(models) {
  const rows = models.filter((model) => model.waiting
    && (model.waiting.interactive ?? 0) + (model.waiting.batch ?? 0) > 0);
  if (!rows.length) {
    return h('p', {class: 'muted'}, 'Nothing waits.');
  }
  const most = Math.max(...rows.map((model) => (model.waiting.interactive ?? 0) + (model.waiting.batch ?? 0)));
  return rows.map((model) => meter({
    label: model.id, max: most,
    text: `${whole(model.waiting.interactive ?? 0)} interactive · ${whole(model.waiting.batch ?? 0)} batch`,
    parts: [{value: model.waiting.interactive}, {value: model.waiting.batch, kind: 'third'}],
  }));
}

function quotaRows(models, seesAll) {
  const rows = models.flatMap((model) => LIMITS
    .filter(([name]) => model.limits?.[name])
    .map(([name, label]) => {
      const limit = model.limits[name];
      const used = model.used?.[name] ?? null;
      if (!seesAll || used === null) {
        return h('div', {class: 'meter-text'}, h('span', {}, `${model.id}: ${label}`),
          h('span', {class: 'muted'}, compact(limit)));
      }
      const share = used / limit;
      return meter({
        label: `${model.id}: ${label}`, max: limit,
        text: `${compact(used)} of ${compact(limit)} · ${percent(used, limit)}`,
        parts: [{value: used, kind: share > 1.02 ? 'full' : share > 0.9 ? 'high' : ''}],
      });
    }));
  return rows.length ? rows : h('p', {class: 'muted'}, 'No model has a limit.');
}

function failureRows(failures) {
  if (!failures?.length) {
    return h('p', {class: 'muted'}, 'None.');
  }
  const most = Math.max(...failures.map((each) => each.count));
  return h('div', {class: 'stack'}, failures.map((each) => meter({
    label: words(each.code), text: whole(each.count), max: most, parts: [{value: each.count, kind: 'bad'}],
  })));
}

function modelTable(seesAll) {
  const all = [
    {label: 'Model', render: (m) => h('a', {href: `#/jobs?model_id=${encodeURIComponent(m.id)}`}, m.id)},
    {label: 'Health', render: (m) => health(m.health)},
    seesAll && {label: 'Calls/s', class: 'number', render: (m) => decimal(m.calls_per_second)},
    seesAll && {label: 'In flight', class: 'number', render: (m) => whole(m.calls_in_flight)},
    {
      label: 'Waiting', class: 'number',
      render: (m) => m.waiting ? whole((m.waiting.interactive ?? 0) + (m.waiting.batch ?? 0)) : NONE,
    },
    seesAll && {label: 'p50', class: 'number', render: (m) => duration(m.latency_ms?.p50)},
    seesAll && {label: 'p95', class: 'number', render: (m) => duration(m.latency_ms?.p95)},
    seesAll && {label: 'p99', class: 'number', render: (m) => duration(m.latency_ms?.p99)},
  ];
  return table({caption: 'Models', columns: all.filter(Boolean)});
}

const HEALTH = {
  closed: 'calls pass', open: 'circuit open', paused: 'paused by provider', unknown: 'no worker',
};

/** A model's health in a word, and more where there is trouble. */
export function health(state) {
  if (!state) {
    return NONE;
  }
  const badge = statusBadge(state.state);
  badge.textContent = HEALTH[state.state] ?? words(state.state);
  return h('span', {class: 'row'}, badge,
    state.error_code ? h('span', {class: 'muted small'}, words(state.error_code)) : null,
    state.since ? h('span', {class: 'muted small'}, 'since ', timeAgo(state.since)) : null,
    state.paused_until ? h('span', {class: 'muted small'}, 'until ', timeAgo(state.paused_until)) : null);
}
