// Small charts in SVG. Each has a name, a description that keeps up, and its figures as a table.

import {clock, decimal, NONE} from './format.js';
import {fill, h, newId, setText} from './ui.js';

const HEIGHT = 150;
const LEFT = 46;
const RIGHT = 6;
const TOP = 8;
const BOTTOM = 20;
const TABLE_ROWS = 15;
const LEAST_SPAN_MS = 60_000;

const STEPS = [1, 2, 2.5, 5, 10];
/** Their halves are whole too. */
const WHOLE_STEPS = [2, 4, 10];

/** The least of `steps` × 10ⁿ that is not below `value`; the first of them, if that is nothing. */
function niceCeiling(value, steps) {
  if (!(value > 0)) {
    return steps[0];
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return steps.map((step) => step * power).find((step) => step >= value * 0.9999);
}

/**
 * Lines over time. `series`: `[{key, label}]`, four at most. `update(points)` takes
 * `[{at, values: {key: number or null}}]`, oldest first; a null is a gap. `isWhole`: of things
 * that are counted.
 */
export function lineChart({title, unit = '', series, spanMs, format = decimal, isWhole = false}) {
  const titleId = newId('chart');
  const descId = newId('chart');
  const svgTitle = h('title', {id: titleId}, title);
  const desc = h('desc', {id: descId});
  const drawing = h('g');
  const svg = h('svg', {class: 'chart-plot', role: 'img', 'aria-labelledby': `${titleId} ${descId}`},
    svgTitle, desc, drawing);
  const values = series.map(() => h('span', {}, NONE));
  const legend = h('div', {class: 'chart-legend'}, series.map((each, i) =>
    h('span', {class: 'chart-key'},
      h('svg', {viewBox: '0 0 26 8', 'aria-hidden': 'true'},
        h('line', {x1: 1, x2: 25, y1: 4, y2: 4, class: `chart-line series-${i}`})),
      series.length > 1 ? `${each.label} ` : null, values[i])));
  const tableBody = h('tbody');
  const details = h('details', {ontoggle: () => fillTable()},
    h('summary', {}, 'Figures as a table'),
    h('div', {class: 'chart-table', tabindex: '0', role: 'region', 'aria-label': `${title}: figures`},
      h('table', {}, h('caption', {class: 'visually-hidden'}, title),
        h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Time'),
          series.map((each) => h('th', {scope: 'col', class: 'number'}, each.label)))), tableBody)));
  const element = h('figure', {class: 'chart'},
    h('figcaption', {class: 'chart-head'}, h('span', {class: 'chart-title'}, title,
      unit ? h('span', {class: 'muted'}, ` ${unit}`) : null), legend),
    svg, details);
  let points = [];
  let pointer = null;

  function draw() {
    const width = Math.max(160, svg.clientWidth || 480);
    svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    const end = points.length ? points[points.length - 1].at : Date.now();
    // Until there is history for all of it, less is drawn larger.
    const span = Math.min(spanMs, Math.max(LEAST_SPAN_MS, end - (points[0]?.at ?? end)));
    const begin = end - span;
    const seen = points.filter((point) => point.at >= begin);
    const largest = Math.max(0, ...seen.flatMap((point) => series.map((s) => point.values[s.key] ?? 0)));
    const top = niceCeiling(largest, isWhole ? WHOLE_STEPS : STEPS);
    const x = (at) => LEFT + ((at - begin) / span) * (width - LEFT - RIGHT);
    const y = (value) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
    const parts = [];
    for (const share of [0, 0.5, 1]) {
      const at = y(top * share);
      parts.push(h('line', {class: 'chart-grid', x1: LEFT, x2: width - RIGHT, y1: at, y2: at}));
      parts.push(h('text', {class: 'chart-axis', x: LEFT - 7, y: at + 4, 'text-anchor': 'end'}, format(top * share)));
    }
    for (const share of [0, 0.5, 1]) {
      const at = begin + span * share;
      parts.push(h('text', {
        class: 'chart-axis', x: x(at), y: HEIGHT - 4,
        'text-anchor': share === 0 ? 'start' : share === 1 ? 'end' : 'middle',
      }, clock(at)));
    }
    series.forEach((each, i) => {
      for (const run of runs(seen, each.key)) {
        const line = run.map((point) => `${x(point.at).toFixed(1)},${y(point.values[each.key]).toFixed(1)}`);
        const first = x(run[0].at).toFixed(1);
        const last = x(run[run.length - 1].at).toFixed(1);
        if (series.length === 1) {
          parts.push(h('path', {class: `chart-area series-${i}`, d: `M${first},${y(0)}L${line.join('L')}L${last},${y(0)}Z`}));
        }
        parts.push(h('path', {class: `chart-line series-${i}`, d: run.length > 1 ? `M${line.join('L')}` : `M${line[0]}h0.01`}));
      }
    });
    const pointed = pointer === null || !seen.length ? null : nearest(seen, begin + ((pointer - LEFT) / (width - LEFT - RIGHT)) * span);
    if (pointed) {
      parts.push(h('line', {class: 'chart-cursor', x1: x(pointed.at), x2: x(pointed.at), y1: TOP, y2: HEIGHT - BOTTOM}));
    }
    fill(drawing, parts);
    const told = pointed ?? seen[seen.length - 1];
    series.forEach((each, i) => setText(values[i], told ? format(told.values[each.key]) : NONE));
    setText(svgTitle, pointed ? `${title}, ${clock(pointed.at)}` : title);
    setText(desc, seen.length
      ? `Now ${series.map((each) => `${each.label} ${format(seen[seen.length - 1].values[each.key])}`).join(', ')}; most ${format(largest)}.`
      : 'No figures yet.');
  }

  function fillTable() {
    if (!details.open) {
      return;
    }
    const step = Math.max(1, Math.floor(points.length / TABLE_ROWS));
    const rows = points.filter((point, i) => (points.length - 1 - i) % step === 0).reverse();
    fill(tableBody, rows.map((point) => h('tr', {}, h('td', {}, clock(point.at)),
      series.map((each) => h('td', {class: 'number'}, format(point.values[each.key]))))));
  }

  svg.addEventListener('pointermove', (event) => {
    pointer = event.clientX - svg.getBoundingClientRect().left;
    draw();
  });
  svg.addEventListener('pointerleave', () => {
    pointer = null;
    draw();
  });
  new ResizeObserver(draw).observe(svg);
  return {
    element,
    update(next) {
      points = next;
      draw();
      fillTable();
    },
  };
}

function nearest(points, at) {
  return points.reduce((best, point) => Math.abs(point.at - at) < Math.abs(best.at - at) ? point : best);
}

/** Stretches without a gap: of nulls, or of half a minute without any figures. */
function runs(points, key) {
  const all = [];
  let run = [];
  let before = null;
  for (const point of points) {
    const value = point.values[key];
    const isGap = value === null || value === undefined;
    if (run.length && (isGap || point.at - before > 30_000)) {
      all.push(run);
      run = [];
    }
    if (!isGap) {
      run.push(point);
    }
    before = point.at;
  }
  return run.length ? [...all, run] : all;
}

/**
 * How much of something is used: a bar with its figures in words. `parts`: `[{value, kind}]`, drawn
 * one after the other; `max` is the whole.
 */
export function meter({label, text, parts, max}) {
  const sum = parts.reduce((all, part) => all + (part.value ?? 0), 0);
  const bar = h('div', {
    class: 'meter', role: 'meter', 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': max || 1,
    'aria-valuenow': Math.min(sum, max || 1), 'aria-valuetext': text,
  }, parts.map((part) => {
    const piece = h('div', {class: `meter-part ${part.kind ?? ''}`});
    piece.style.width = `${Math.min(100, (100 * (part.value ?? 0)) / (max || 1))}%`;
    return piece;
  }));
  return h('div', {class: 'meter-row'},
    h('div', {class: 'meter-text'}, h('span', {}, label), h('span', {class: 'muted'}, text)), bar);
}
