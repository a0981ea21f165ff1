// The rows of the job list.

import {duration, money, NONE, shortId, words} from './format.js';
import {fill, h, statusBadge, timeAgo} from './ui.js';

const COLUMNS = ['Status', 'Job', 'Model', 'Type', 'Created', 'Took', 'Cost'];

/**
 * Rows by chunks, one per page: the browser skips what it takes to draw those out of sight
 * (content-visibility), which a table's own rows do not allow. Arrow keys go from row to row.
 */
export function listView() {
  const rows = new Map();
  const chunkElements = new Map();
  const seen = new Set();
  const element = h('div', {class: 'job-list', role: 'table', 'aria-label': 'Jobs', hidden: true, onkeydown: move},
    h('div', {role: 'rowgroup', class: 'job-head'}, h('div', {role: 'row', class: 'job-row'},
      COLUMNS.map((label) => h('div', {role: 'columnheader'}, label)))));
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      seen[entry.isIntersecting ? 'add' : 'delete'](entry.target.dataset.job);
    }
  });

  function move(event) {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    const link = event.target.closest('a.job-link');
    if (!step || !link) {
      return;
    }
    const links = [...element.querySelectorAll('a.job-link')];
    const next = links[links.indexOf(link) + step];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }

  function make(job, chunk) {
    const made = h('div', {role: 'row', class: 'job-row', 'data-job': job.job_id}, cells(job));
    rows.set(job.job_id, {job, chunk, element: made, text: JSON.stringify(job), readAt: Date.now()});
    observer.observe(made);
    return made;
  }

  return {
    element,
    get size() {
      return rows.size;
    },
    append(chunk, jobs) {
      const group = h('div', {role: 'rowgroup', class: 'job-chunk'},
        jobs.filter((job) => !rows.has(job.job_id)).map((job) => make(job, chunk)));
      group.style.containIntrinsicBlockSize = `auto ${Math.max(1, jobs.length) * 45}px`;
      chunkElements.set(chunk, group);
      element.append(group);
      element.hidden = false;
    },
    /** New ones go before the others, unless the reader is at the list with the keyboard. */
    prepend(chunk, jobs) {
      if (element.contains(document.activeElement)) {
        return;
      }
      if (!chunkElements.has(chunk)) {
        if (jobs.length) {
          this.append(chunk, jobs);
        }
        return;
      }
      const group = chunkElements.get(chunk);
      const fresh = jobs.filter((job) => !rows.has(job.job_id)
        && (!group.firstChild || job.created_at >= rows.get(group.firstChild.dataset.job).job.created_at));
      group.prepend(...fresh.map((job) => make(job, chunk)));
    },
    update(jobs) {
      for (const job of jobs) {
        const row = rows.get(job.job_id);
        if (!row) {
          continue;
        }
        row.readAt = Date.now();
        const text = JSON.stringify(job);
        if (text !== row.text) {
          row.text = text;
          row.job = job;
          const hadFocus = row.element.contains(document.activeElement);
          fill(row.element, cells(job));
          if (hadFocus) {
            row.element.querySelector('a.job-link').focus();
          }
        }
      }
    },
    seenUnfinished() {
      return [...seen].map((id) => rows.get(id)).filter((row) => row && !row.job.is_complete);
    },
    clear() {
      observer.disconnect();
      rows.clear();
      seen.clear();
      for (const group of chunkElements.values()) {
        group.remove();
      }
      chunkElements.clear();
      element.hidden = true;
    },
    dispose: () => observer.disconnect(),
  };
}

function cells(job) {
  const name = job.custom_id ?? job.question_id ?? Object.values(job.metadata ?? {}).join(' · ');
  const error = job.error ?? job.last_error;
  return [
    h('div', {role: 'cell', class: 'job-state'}, statusBadge(job.status),
      error && error.code !== job.status ? h('span', {class: 'muted small'}, words(error.code)) : null),
    h('div', {role: 'cell', class: 'job-id'}, h('a', {class: 'job-link', href: `#/jobs/${encodeURIComponent(job.job_id)}`, title: job.job_id},
      h('span', {class: 'mono'}, shortId(job.job_id))), name ? h('span', {class: 'muted'}, ` ${name}`) : null),
    h('div', {role: 'cell', class: 'job-model wrap'}, job.model_id),
    h('div', {role: 'cell', class: 'job-type muted wrap'}, words(job.job_type)),
    h('div', {role: 'cell', class: 'job-created nowrap'}, timeAgo(job.created_at)),
    h('div', {role: 'cell', class: 'job-took number nowrap'}, job.processing_time_ms === null ? NONE : duration(job.processing_time_ms)),
    h('div', {role: 'cell', class: 'job-cost number nowrap'}, money(job.cost_usd)),
  ];
}
