// How a batch is told of, in a list and on its own page.

import {decimal, duration, percent, whole} from './format.js';
import {h} from './ui.js';

const ENDED = new Set(['completed', 'failed', 'expired', 'cancelled']);

export function hasEnded(batch) {
  return ENDED.has(batch.status);
}

/** Unix seconds as the text of a time. */
export function timeOf(seconds) {
  return seconds ? new Date(seconds * 1_000).toISOString() : null;
}

function endedLines(lines) {
  return lines.completed + lines.failed + lines.cancelled + lines.expired;
}

/** "120 of 500" */
export function progressText(batch) {
  const all = batch.request_counts.total;
  return all ? `${whole(endedLines(batch.promptbeam.lines))} of ${whole(all)}` : '–';
}

/** A bar of what has become of the lines. */
export function progressBar(batch) {
  const {lines} = batch.promptbeam;
  const all = batch.request_counts.total;
  const ended = endedLines(lines);
  const bar = h('div', {class: 'progress', role: 'progressbar', 'aria-label': 'Progress', 'aria-valuemin': '0',
    'aria-valuemax': all, 'aria-valuenow': ended, 'aria-valuetext': `${progressText(batch)}, ${percent(ended, all)}`});
  for (const [count, name] of [[lines.completed, 'done'], [lines.failed, 'bad'], [lines.expired, 'late'], [lines.cancelled, 'off']]) {
    if (count && all) {
      const part = h('span', {class: name});
      part.style.width = `${(100 * count) / all}%`;
      bar.append(part);
    }
  }
  return bar;
}

export function rateText(batch) {
  const rate = batch.promptbeam.lines_per_second;
  return rate === null ? '–' : `${decimal(rate)} lines/s`;
}

/** How long it still takes, where that can be said. */
export function etaText(batch) {
  const at = batch.promptbeam.estimated_completion_at;
  return hasEnded(batch) || !at ? '–' : `in ${duration(Math.max(0, at * 1_000 - Date.now()))}`;
}
