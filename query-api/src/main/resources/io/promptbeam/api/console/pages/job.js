// One job, live, and what can be done with it.

import * as api from '../api.js';
import {shortId} from '../format.js';
import {contentOf} from '../jobview.js';
import {announce, button, confirmDialog, emptyState, errorPanel, fill, h, pageHeader, runAction,
  skeleton, statusBadge, toast} from '../ui.js';

export const title = 'Job';

const WAIT_SECONDS = 20;
const RETRYABLE = new Set(['failed', 'expired', 'cancelled']);

export function render(root, {id}, context) {
  const path = `/api/llm/jobs/${encodeURIComponent(id)}`;
  const {signal} = context;
  const badge = h('span', {role: 'status'});
  const actions = h('div', {class: 'row'});
  const place = h('div');
  const content = h('div', {class: 'page'}, skeleton(8));
  root.append(h('p', {class: 'small'}, h('a', {href: '#/jobs'}, '← Jobs')),
    pageHeader(`Job ${shortId(id)}`, badge, actions), place, content);
  let job = null;
  let etag = null;
  let shownText = '';

  async function loadDetail() {
    const answer = await api.request('GET', `${path}/`, {signal});
    fill(place);
    show(answer.data, answer.text);
  }

  function show(next, text) {
    if (text === shownText) {
      return;
    }
    const before = job?.status;
    shownText = text;
    job = next;
    if (before !== job.status) {
      fill(badge, statusBadge(job.status));
      if (before) {
        announce(`The job is ${job.status}`);
      }
    }
    fill(actions, actionsOf(job));
    fill(content, contentOf(job));
  }

  async function watch() {
    if (!job) {
      await loadDetail();
    }
    if (job.is_complete) {
      return false;
    }
    const begun = Date.now();
    const answer = await api.request('GET', `${path}/status/`, {
      signal, timeoutMs: (WAIT_SECONDS + 15) * 1_000,
      headers: {Prefer: `wait=${WAIT_SECONDS}`, ...(etag ? {'If-None-Match': etag} : {})},
    });
    etag = answer.headers.get('ETag') ?? etag;
    if (answer.status !== 304) {
      await loadDetail();
      if (job.is_complete) {
        return false;
      }
    }
    // Where nobody may wait any more, the answer comes at once: then at the pace it names.
    return Date.now() - begun < 1_000 ? answer.data?.poll_after_ms ?? 1_000 : 100;
  }

  let watching = begin();

  function begin() {
    return api.poll(watch, 1_000, {signal, onError: (error) => {
      if (error.status === 404 && !job) {
        watching.stop();
        fill(content, emptyState('There is no such job', 'Or it is not yours to see.',
          h('a', {class: 'button', href: '#/jobs'}, 'All jobs')));
      } else if (!error.isOffline) {
        fill(place, errorPanel(error));
        if (!job) {
          fill(content);
        }
      }
    }});
  }

  function actionsOf(now) {
    return [
      now.is_complete ? null : button(now.cancel_requested ? 'Cancelling…' : 'Cancel', cancel,
        {class: 'danger', disabled: now.cancel_requested}),
      RETRYABLE.has(now.status) && !now.erased ? button('Retry', retry, {class: 'primary'}) : null,
      now.is_complete && !now.erased ? button('Erase', erase, {class: 'danger'}) : null,
    ];
  }

  async function cancel(event) {
    const target = event.currentTarget;
    const sure = await confirmDialog({
      title: 'Cancel this job?', danger: true, confirmLabel: 'Cancel the job',
      text: 'If it waits, it ends at once. A call that is being made is given up; what it has cost is paid all the same.',
    });
    if (sure) {
      await runAction(target, async () => {
        const now = await api.post(`${path}/cancel/`, {}, {signal});
        toast(now.is_complete ? 'The job is cancelled.' : 'The job is asked to end.', 'success');
        await loadDetail();
      });
    }
  }

  async function retry(event) {
    const target = event.currentTarget;
    const sure = await confirmDialog({
      title: 'Run this job again?', confirmLabel: 'Retry',
      text: 'A new job with the same request is submitted. Asked for twice, it is the same new job.',
    });
    if (sure) {
      await runAction(target, async () => {
        const made = await api.post(`${path}/retry/`, {}, {signal});
        toast('Submitted again.', 'success');
        context.navigate(`#/jobs/${encodeURIComponent(made.job_id)}`);
      });
    }
  }

  async function erase(event) {
    const target = event.currentTarget;
    const sure = await confirmDialog({
      title: 'Erase request and result?', danger: true, confirmLabel: 'Erase',
      text: 'What was asked and what was answered are removed for good. That the job was, when, and what it cost, stays.',
    });
    if (sure) {
      await runAction(target, async () => {
        await api.del(`${path}/`, {signal});
        toast('Request and result are erased.', 'success');
        await loadDetail();
      });
    }
  }
}
