// Many jobs at once: submitted or named, each followed to its end.

import {connection, get, post} from './api.js';
import {messageOf, newKey} from './forms.js';
import {eachOf, pause, Watcher} from './watch.js';

const SUBMITTED_AT_ONCE = 4;
const UNWELL = new Set(['failed', 'cancelled', 'expired', 'refused', 'gone']);

// An item: {number, id, prompt, key, model, priority, system, last, trouble, error, isCancelled}. `last` is its
// latest status; `trouble` is said while it may pass; `error` ends it where it has no status.

/** A job's state; 'refused' where it was not accepted, 'gone' where it cannot be seen. */
export function stateOf(item) {
  if (item.error) {
    return item.id ? 'gone' : 'refused';
  }
  return item.last?.status ?? (item.id ? 'pending' : 'to submit');
}

export function isUnwell(item) {
  return UNWELL.has(stateOf(item));
}

export function isOpen(item) {
  return !item.error && !item.last?.is_complete;
}

export function isRetryable(item) {
  return item.error ? !item.id : Boolean(item.last?.is_complete) && isUnwell(item);
}

/** What an item is in a file. */
export function exported(item) {
  const last = item.last;
  return {
    number: item.number, job_id: item.id ?? null, status: stateOf(item), model_id: last?.model_id ?? item.model ?? null,
    prompt: item.prompt ?? null, output_text: last?.result_data?.output_text ?? null,
    error_code: last?.error?.code ?? null, error_message: item.error ?? last?.error?.message ?? null,
    processing_time_ms: last?.processing_time_ms ?? null, attempts: last?.attempt ?? null,
    input_tokens: last?.usage?.input_tokens ?? null, output_tokens: last?.usage?.output_tokens ?? null,
    cost_usd: last?.cost_usd ?? null,
  };
}

export const EXPORTED = ['number', 'job_id', 'status', 'model_id', 'prompt', 'output_text', 'error_code', 'error_message',
  'processing_time_ms', 'attempts', 'input_tokens', 'output_tokens', 'cost_usd'];

/** What was reviewed last stays while the tab does, whatever other page is looked at meanwhile. */
let items = [];

/** What follows the jobs, while they are looked at: {watcher, onChange}. */
let looking = null;

function changed() {
  looking?.onChange();
}

// Who signs in next may be somebody else.
connection.addEventListener('unauthorized', () => {
  items = [];
});

function follow(item, afterMs) {
  looking?.watcher.add(item.id, afterMs);
}

/** Goes on when the page is left. */
async function submitAll(group) {
  await eachOf(group, SUBMITTED_AT_ONCE, submitOne);
}

/** Until it is accepted or refused: each has its key, so that a repetition makes no second job. */
async function submitOne(item) {
  const isWanted = () => items[item.number - 1] === item && !item.isCancelled;
  while (isWanted()) {
    try {
      const accepted = await post('/api/llm/jobs/submit/', {model_id: item.model, full_input: item.prompt,
        system_message: item.system, priority: item.priority}, {headers: {'Idempotency-Key': item.key}});
      item.id = accepted.job_id;
      item.trouble = null;
      if (item.isCancelled) {
        await cancelJob(item);
      }
      follow(item, accepted.poll_after_ms);
      changed();
      return;
    } catch (error) {
      if (error.status > 0 && error.status < 500 && error.status !== 429) {
        item.error = messageOf(error);
        item.trouble = null;
        changed();
        return;
      }
      item.trouble = messageOf(error);
      changed();
      await pause(error.retryAfterMs ?? 2_000);
    }
  }
  if (item.isCancelled) {
    item.error = 'Cancelled before it was submitted.';
    item.trouble = null;
    changed();
  }
}

/** The job's state then; null where it has ended already, or cannot be reached. */
async function cancelJob(item) {
  try {
    return await post(`/api/llm/jobs/${encodeURIComponent(item.id)}/cancel/`);
  } catch {
    return null;
  }
}

/** @param onChange is called after each change; a caller draws when it sees fit */
export function reviewRun(signal, onChange) {
  const watcher = new Watcher((id) => get(`/api/llm/jobs/${encodeURIComponent(id)}/status/`, {signal}),
    {onStatus: heard, onTrouble: troubled}, {signal});
  const here = {watcher, onChange};
  looking = here;
  signal.addEventListener('abort', () => {
    looking = looking === here ? null : looking;
  });

  function heard(id, status) {
    for (const item of items) {
      if (item.id === id) {
        item.last = status;
        item.trouble = status.waiting?.message ?? null;
      }
    }
    changed();
  }

  function troubled(id, error, isLast) {
    for (const item of items) {
      if (item.id === id) {
        if (isLast) {
          item.error = messageOf(error);
          item.trouble = null;
        } else {
          item.trouble = messageOf(error);
        }
      }
    }
    changed();
  }

  /** Tells how many could not be tried again, and why the last of them. */
  async function retryFailed() {
    const group = items.filter(isRetryable);
    let refused = 0;
    let told = '';
    await eachOf(group, SUBMITTED_AT_ONCE, async (item) => {
      if (!item.id) {
        item.error = null;
        item.isCancelled = false;
        item.key = newKey();
        await submitOne(item);
        return;
      }
      try {
        const accepted = await post(`/api/llm/jobs/${encodeURIComponent(item.id)}/retry/`);
        item.id = accepted.job_id;
        item.last = null;
        item.trouble = null;
        follow(item, accepted.poll_after_ms);
      } catch (error) {
        refused++;
        told = messageOf(error);
      }
      changed();
    });
    return {refused, told};
  }

  async function cancelRest() {
    const group = items.filter((item) => isOpen(item) && item.id);
    items.filter((item) => isOpen(item) && !item.id).forEach((item) => { item.isCancelled = true; });
    await eachOf(group, SUBMITTED_AT_ONCE, async (item) => {
      const status = await cancelJob(item);
      if (status?.is_complete) {
        watcher.drop(item.id);
        heard(item.id, status);
      }
    });
    changed();
  }

  /** Begins anew with these. Those with an id are followed only. */
  async function begin(given) {
    items.forEach((item) => item.id && watcher.drop(item.id));
    items = given;
    changed();
    items.filter((item) => item.id).forEach((item) => follow(item, 0));
    await submitAll(items.filter((item) => !item.id));
  }

  /** Follows what was begun on an earlier visit. */
  function resume() {
    items.filter((item) => item.id && isOpen(item)).forEach((item) => follow(item, 0));
    changed();
  }

  return {begin, resume, retryFailed, cancelRest, get items() { return items; }};
}
