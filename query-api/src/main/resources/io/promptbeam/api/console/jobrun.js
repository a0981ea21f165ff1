// One job from its submission to its end, shown where it was submitted.

import {post, request} from './api.js';
import {duration, money, shortId, whole} from './format.js';
import {messageOf} from './forms.js';
import {resultView} from './output.js';
import {announce, button, card, errorPanel, facts, fill, h, setText, statusBadge, timeFull, toastError} from './ui.js';

const TICK_MS = 100;
const FAILED_PAUSE_MS = 2_000;

/** The server may hold an answer so long until there are news, once it knows what is known here. */
const HELD_SECONDS = 5;

/** What a state means to who waits for it. */
function explained(status) {
  if (status.waiting) {
    return status.waiting.message;
  }
  if (status.status === 'pending') {
    return 'It waits for its turn.';
  }
  if (status.status === 'processing') {
    return status.cancel_requested ? 'Its cancellation is under way.' : 'The model is being asked.';
  }
  return '';
}

/**
 * Follows a job that was just accepted, in `place`.
 *
 * @param accepted the answer to the submission
 * @param sentAt when it was submitted, as of performance.now()
 * @param onEnd hears the last status
 */
export function followJob(place, accepted, {signal, sentAt = performance.now(), title = 'Job', onEnd} = {}) {
  const id = accepted.job_id;
  const badge = h('span', {class: 'run-state'}, statusBadge(accepted.status));
  const elapsed = h('span', {class: 'run-elapsed', 'aria-hidden': 'true'}, duration(0));
  const why = h('p', {class: 'muted'});
  const trouble = h('p', {class: 'note', hidden: true});
  const end = h('div', {class: 'stack'});
  const cancel = button('Cancel', cancelJob, {class: 'danger small'});
  const ownEnd = new AbortController();
  const ended = AbortSignal.any([signal, ownEnd.signal].filter(Boolean));
  fill(place, card(title,
    h('div', {class: 'row spread run'},
      h('div', {class: 'row'}, badge, elapsed, why),
      h('div', {class: 'row'}, cancel,
        h('a', {class: 'button small', href: `#/jobs/${encodeURIComponent(id)}`}, `Job ${shortId(id)}`))),
    trouble, end));
  place.scrollIntoView({block: 'nearest'});

  const ticking = setInterval(() => setText(elapsed, duration(performance.now() - sentAt)), TICK_MS);
  ended.addEventListener('abort', () => clearInterval(ticking));
  let state = accepted.status;
  let tag = null;
  let paceMs = accepted.poll_after_ms;
  announce(`Job ${state}`);
  setTimeout(ask, paceMs);

  async function ask() {
    if (ended.aborted) {
      return;
    }
    const askedAt = performance.now();
    const isHeld = tag !== null;
    let pauseMs = FAILED_PAUSE_MS;
    try {
      const answer = await request('GET', `/api/llm/jobs/${encodeURIComponent(id)}/status/`, {
        signal: ended, headers: isHeld ? {'If-None-Match': tag, Prefer: `wait=${HELD_SECONDS}`} : {},
      });
      trouble.hidden = true;
      tag = answer.headers.get('ETag');
      paceMs = answer.data?.poll_after_ms ?? paceMs;
      if (answer.data) {
        show(answer.data);
      }
      if (ended.aborted) {
        return;
      }
      // Where the server holds answers, that is the pause; the first of them is asked for at once.
      pauseMs = isHeld && performance.now() - askedAt < paceMs ? paceMs : 0;
    } catch (error) {
      if (ended.aborted) {
        return;
      }
      if (error.status >= 400 && error.status < 500 && error.status !== 429) {
        finish();
        fill(end, errorPanel(error));
        return;
      }
      pauseMs = error.retryAfterMs ?? FAILED_PAUSE_MS;
      trouble.textContent = `${messageOf(error)} The job goes on; its state is asked for again.`;
      trouble.hidden = false;
    }
    setTimeout(ask, pauseMs);
  }

  function show(status) {
    if (status.status !== state) {
      state = status.status;
      announce(`Job ${state}`);
    }
    fill(badge, statusBadge(state));
    setText(why, [explained(status), estimate(status), status.last_error
      ? `Attempt ${status.attempt} of ${status.max_attempts} met: ${status.last_error.message}` : ''].filter(Boolean).join(' '));
    if (status.is_complete) {
      finish();
      setText(elapsed, duration(performance.now() - sentAt));
      fill(end, outcome(status));
      place.scrollIntoView({block: 'nearest'});
      onEnd?.(status);
    }
  }

  function finish() {
    clearInterval(ticking);
    ownEnd.abort();
    cancel.remove();
  }

  async function cancelJob() {
    cancel.disabled = true;
    try {
      show(await post(`/api/llm/jobs/${encodeURIComponent(id)}/cancel/`, {}, {signal}));
    } catch (error) {
      cancel.disabled = false;
      if (error.status !== 409) {
        toastError(error);
      }
    }
  }
}

function estimate(status) {
  const at = status.waiting?.estimated_start_at;
  const ms = at ? new Date(at).getTime() - Date.now() : 0;
  return ms > 1_000 ? `It may begin in about ${duration(ms)}.` : '';
}

/** What became of a job that has ended. */
export function outcome(status) {
  return [
    status.error ? h('div', {class: 'error-panel'},
      h('p', {class: 'error-title'}, status.error.code), h('p', {}, status.error.message)) : null,
    status.status === 'completed' && status.result_data ? resultView(status.result_data) : null,
    facts([
      ['Model', status.served_by ?? status.model_id],
      ['Processing', duration(status.processing_time_ms)],
      ['Attempts', `${status.attempt} of ${status.max_attempts}`],
      ['Tokens', status.usage
        ? `${whole(status.usage.input_tokens)} in, ${whole(status.usage.output_tokens)} out` : null],
      ['Cost', money(status.cost_usd)],
      status.cached ? ['From an earlier answer', `saved ${money(status.saved_usd)}`] : null,
      ['Ended', timeFull(status.completed_at)],
    ]),
  ];
}
