import {get, poll, post, url} from '../api.js';
import {duration, money, shortId} from '../format.js';
import {clearFailures, FieldError, modelSelect, sendByKey, showFailure, textArea} from '../forms.js';
import {followJob} from '../jobrun.js';
import {card, emptyState, errorPanel, field, fill, h, pageHeader, statusBadge, table, timeAgo} from '../ui.js';

export const title = 'Trainer question';

const RECENT_MS = 5_000;
const TYPING_MS = 400;

export async function render(root, params, {query, setQuery, signal}) {
  const {models} = await get('/api/llm/models/', {signal});
  const question = h('input', {name: 'question_id', type: 'text', value: query.question_id ?? '', autocomplete: 'off',
    spellcheck: 'false', maxlength: 256});
  const model = modelSelect(models, query.model);
  const system = textArea('system_message', {rows: '3', spellcheck: 'true'});
  const input = textArea('full_input', {rows: '7', spellcheck: 'true'});
  const place = h('div');
  const run = h('div');
  const send = h('button', {type: 'submit', class: 'primary'}, 'Analyse');
  const form = h('form', {novalidate: true, onsubmit: submit}, card(null,
    h('div', {class: 'fields'},
      field({label: 'Question id', control: question}), field({label: 'Model', control: model})),
    field({label: 'System message', control: system, optional: true}),
    field({label: 'Input', control: input}),
    place,
    h('div', {class: 'row'}, send, h('span', {class: 'hint'}, 'Ctrl+Enter sends'))));
  sendByKey(form);

  const recent = recentAnalyses(() => question.value.trim(), signal);
  fill(root, pageHeader('Trainer question analysis'), form, run, recent.element);

  let typing;
  question.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      setQuery({...query, question_id: question.value.trim()});
      recent.refresh();
    }, TYPING_MS);
  });

  let current = null;
  async function submit(event) {
    event.preventDefault();
    if (send.disabled) {
      return;
    }
    clearFailures(form, place);
    send.disabled = true;
    const sentAt = performance.now();
    try {
      for (const control of [question, input]) {
        if (!control.value.trim()) {
          throw new FieldError(control.name, 'This field is required.');
        }
      }
      const accepted = await post('/api/llm/trainer-analysis/', {
        model_id: model.value, question_id: question.value.trim(), system_message: system.value, full_input: input.value,
      }, {signal});
      current?.abort();
      current = new AbortController();
      followJob(run, accepted, {signal: AbortSignal.any([signal, current.signal]), sentAt, title: 'Analysis',
        onEnd: recent.refresh});
      recent.refresh();
    } catch (error) {
      if (!signal.aborted) {
        showFailure(form, error, place);
      }
    } finally {
      send.disabled = false;
    }
  }
  return () => clearTimeout(typing);
}

/** The newest analyses, of one question where one is named. */
function recentAnalyses(questionId, signal) {
  const heading = h('h2', {}, 'Recent analyses');
  const place = h('div');
  const rows = table({
    caption: 'Recent analyses',
    key: (job) => job.job_id,
    columns: [
      {label: 'Job', render: (job) => h('a', {href: `#/jobs/${job.job_id}`, class: 'mono'}, shortId(job.job_id))},
      {label: 'Question', class: 'wrap', render: (job) => job.question_id},
      {label: 'State', render: (job) => statusBadge(job.status)},
      {label: 'Model', render: (job) => job.model_id},
      {label: 'Took', class: 'number', render: (job) => duration(job.processing_time_ms)},
      {label: 'Cost', class: 'number', render: (job) => money(job.cost_usd)},
      {label: 'Submitted', class: 'nowrap', render: (job) => timeAgo(job.created_at)},
    ],
  });
  let shown = null;
  const polling = poll(load, RECENT_MS, {signal, onError: (error) => {
    if (!rows.size) {
      fill(place, errorPanel(error));
    }
  }});

  async function load() {
    const question = questionId();
    const page = await get(url('/api/llm/jobs/', {
      job_type: 'trainer_question_analysis', question_id: question, page_size: 20}), {signal});
    if (question !== questionId()) {
      return 0;
    }
    heading.textContent = question ? `Recent analyses of ${question}` : 'Recent analyses';
    const jobs = page.jobs.map(({poll_after_ms: ignored, ...job}) => job);
    rows.setRows(jobs);
    const isEmpty = jobs.length === 0;
    if (shown !== isEmpty) {
      shown = isEmpty;
      fill(place, isEmpty ? emptyState('None yet', 'What is analysed appears here.') : rows.element);
    }
    return jobs.some((job) => !job.is_complete) ? 2_000 : undefined;
  }

  return {element: h('section', {class: 'stack', 'aria-label': 'Recent analyses'}, heading, place), refresh: polling.now};
}
