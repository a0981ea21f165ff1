// What is shown of a job: what was asked, what became of it, and everything on the way.

import {dateTime, duration, money, NONE, relative, shortId, whole, words} from './format.js';
import {jsonView, resultView, textView} from './output.js';
import {card, copyButton, facts, h, tabs, timeFull} from './ui.js';

const EVENTS = {
  submitted: 'Submitted', claimed: 'Attempt begun', called: 'Called', waiting: 'Waits to try again',
  completed: 'Completed', failed: 'Failed', cancelled: 'Cancelled', expired: 'Expired', erased: 'Erased',
};

/** All of it but its heading. */
export function contentOf(job) {
  return [
    job.waiting ? waitingNote(job) : null,
    job.error ? failure(job) : null,
    job.last_error && !job.error ? h('p', {class: 'note'},
      `The latest attempt failed (${words(job.last_error.code)}): ${job.last_error.message} Another one follows.`) : null,
    h('div', {class: 'split'},
      h('div', {class: 'stack'},
        job.status === 'completed' && !job.erased ? card('Result', resultView(job.result_data)) : null,
        job.erased ? card('Result', h('p', {class: 'muted'}, 'Request and result are erased.')) : null,
        job.request ? card('Request', requestView(job.request)) : null,
        card('Timeline', timeline(job))),
      h('div', {class: 'stack'}, card('Facts', jobFacts(job)), costCard(job), labelCard(job))),
  ];
}

function waitingNote(job) {
  const {waiting} = job;
  return h('div', {class: 'note', id: 'waiting'},
    h('strong', {}, 'Why it waits: '), waiting.message ?? words(waiting.reason),
    waiting.position === null || waiting.position === undefined ? null : ` Position ${whole(waiting.position)} in line.`,
    waiting.estimated_start_at ? ` Starts ${relative(waiting.estimated_start_at)}, as it looks now.` : null);
}

function failure(job) {
  const {error} = job;
  return h('div', {class: 'error-panel', id: 'job-error'},
    h('p', {class: 'error-title'}, job.status === 'failed' ? 'The job failed' : `The job is ${job.status}`),
    h('p', {class: 'wrap'}, error.message),
    h('p', {class: 'error-facts'}, 'Code ', h('code', {}, error.code),
      error.provider_status ? ` · the provider answered ${error.provider_status}` : null));
}

function jobLink(id) {
  return h('a', {class: 'mono', href: `#/jobs/${encodeURIComponent(id)}`}, shortId(id));
}

function jobFacts(job) {
  return facts([
    ['Job', h('span', {}, h('code', {}, job.job_id), ' ', copyButton(() => job.job_id))],
    ['Type', words(job.job_type)],
    ['Model', job.served_by && job.served_by !== job.model_id ? `${job.model_id}, answered by ${job.served_by}` : job.model_id],
    job.owner && ['Owner', job.owner],
    job.priority && ['Priority', job.priority],
    ['Submitted', timeFull(job.created_at)],
    job.not_before && ['Not before', timeFull(job.not_before)],
    ['Started', timeFull(job.started_at)],
    ['Ended', timeFull(job.completed_at)],
    ['Took', job.processing_time_ms === null ? NONE : duration(job.processing_time_ms)],
    ['Attempts', `${job.attempt} of at most ${job.max_attempts}`],
    job.deadline_at && ['Deadline', timeFull(job.deadline_at)],
    job.retry_of && ['Retry of', jobLink(job.retry_of)],
    job.cached && ['Answered from', job.cached_from ? jobLink(job.cached_from) : 'the cache'],
    job.repaired && ['Repaired', 'yes: the first answer did not match the schema'],
    job.fallbacks?.length && ['Fallbacks', job.fallbacks.map((hop) => `${hop.model_id} (${words(hop.reason)})`).join(', ')],
  ], 'lines');
}

function costCard(job) {
  const {usage} = job;
  return card('Cost', facts([
    ['Cost', money(job.cost_usd)],
    job.saved_usd && ['Saved', money(job.saved_usd)],
    usage && ['Input tokens', whole(usage.input_tokens)],
    usage?.cached_input_tokens ? ['of them cached', whole(usage.cached_input_tokens)] : null,
    usage && ['Output tokens', whole(usage.output_tokens)],
    usage?.reasoning_tokens ? ['of them reasoning', whole(usage.reasoning_tokens)] : null,
    usage && ['All tokens', whole(usage.total_tokens)],
  ], 'lines'));
}

function labelCard(job) {
  const metadata = Object.entries(job.metadata ?? {});
  if (!metadata.length && !job.batch_id && !job.custom_id && !job.question_id) {
    return null;
  }
  return card('Labels', facts([
    job.batch_id && ['Batch', h('a', {href: `#/batches/${encodeURIComponent(job.batch_id)}`}, job.batch_id)],
    job.custom_id && ['Custom id', job.custom_id],
    job.question_id && ['Question', h('a', {href: `#/jobs?question_id=${encodeURIComponent(job.question_id)}`}, job.question_id)],
    ...metadata,
  ], 'lines'));
}

// ---- the request ----

function requestView(request) {
  const messages = messagesOf(request);
  const views = [
    messages.length ? {label: 'Readable', content: () => h('div', {class: 'stack'}, messages.map(([role, text]) =>
      h('div', {class: 'message'}, h('span', {class: 'message-role'}, role), textView(text))), paramsOf(request))} : null,
    {label: 'Raw JSON', content: () => h('div', {}, jsonView(request),
      h('div', {class: 'row end'}, copyButton(() => JSON.stringify(request, null, 2))))},
  ];
  return tabs('Request', views.filter(Boolean));
}

/** What a person would read of a request, in whatever form: `[role, text]`. */
function messagesOf(request) {
  const body = request.request && typeof request.request === 'object' ? request.request : request;
  const list = [];
  const system = body.system_message ?? body.system ?? body.instructions;
  if (system) {
    list.push(['system', textOf(system)]);
  }
  const messages = Array.isArray(body.messages) ? body.messages
    : Array.isArray(body.contents) ? body.contents : Array.isArray(body.input) ? body.input : [];
  for (const message of messages) {
    list.push([message?.role ?? 'message', textOf(message?.content ?? message?.parts ?? message)]);
  }
  const input = body.full_input ?? (typeof body.input === 'string' ? body.input : body.prompt);
  if (input) {
    list.push(['user', textOf(input)]);
  }
  return list;
}

function textOf(content) {
  if (typeof content === 'string') {
    return content;
  }
  if (Array.isArray(content)) {
    return content.map(textOf).join('\n');
  }
  return typeof content?.text === 'string' ? content.text : JSON.stringify(content, null, 2);
}

function paramsOf(request) {
  const params = Object.entries(request.params ?? {}).filter(([, value]) => value !== null);
  return params.length
    ? facts(params.map(([name, value]) => [words(name), typeof value === 'object' ? JSON.stringify(value) : String(value)]))
    : null;
}

// ---- the timeline ----

/** From the detail; of a service that has none, what the job's times tell. */
function eventsOf(job) {
  if (job.timeline) {
    return job.timeline;
  }
  const all = [{at: job.created_at, event: 'submitted'}];
  if (job.started_at) {
    all.push({at: job.started_at, event: 'claimed'});
  }
  for (const call of job.calls ?? []) {
    all.push({at: call.at, event: 'called', attempt: call.attempt, model_id: call.model_id, error_code: call.error, cost_usd: call.cost_usd, usage: call.usage});
  }
  if (job.completed_at) {
    all.push({at: job.completed_at, event: job.status, error_code: job.error?.code});
  }
  return all;
}

function timeline(job) {
  const events = eventsOf(job);
  const begin = Date.parse(events[0]?.at);
  return h('ol', {class: 'timeline'}, events.map((each) => {
    const isBad = ['failed', 'expired'].includes(each.event) || (each.event === 'called' && each.error_code);
    const after = Date.parse(each.at) - begin;
    return h('li', {class: isBad ? 'event-bad' : each.event === 'completed' ? 'event-good' : null},
      h('div', {class: 'timeline-head'},
        h('span', {class: 'timeline-event'}, eventText(each)),
        h('span', {class: 'muted small'}, dateTime(each.at), after > 0 ? ` · ${duration(after)} after submission` : null)),
      eventMore(each));
  }));
}

function eventText(each) {
  if (each.event === 'called') {
    return each.error_code ? `Call failed: ${words(each.error_code)}` : 'Call answered';
  }
  return EVENTS[each.event] ?? words(each.event);
}

function eventMore(each) {
  const parts = [
    each.attempt ? `attempt ${each.attempt}` : null,
    each.model_id,
    each.event !== 'called' && each.error_code && each.error_code !== each.event ? words(each.error_code) : null,
    each.usage ? `${whole(each.usage.input_tokens)} tokens in, ${whole(each.usage.output_tokens)} out` : null,
    each.cost_usd !== null && each.cost_usd !== undefined ? money(each.cost_usd) : null,
  ].filter(Boolean);
  return parts.length ? h('div', {class: 'muted small'}, parts.join(' · ')) : null;
}
