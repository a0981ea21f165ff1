import {get, post} from '../api.js';
import {clearFailures, FieldError, isObject, jsonIn, modelSelect, newKey, numberField, numberIn, pairs, sendByKey,
  showFailure, textArea} from '../forms.js';
import {followJob} from '../jobrun.js';
import {button, card, emptyState, field, fill, h, pageHeader, select, tabs} from '../ui.js';

export const title = 'Submit';

const MESSAGES_HINT = 'A list such as [{"role": "user", "content": "…"}]. The system message may stand above.';
const REQUEST_HINT = 'A body in the form of the model\'s own provider; its system message and parameters are in it.';
const PARAMS = [
  ['temperature', 'Temperature', {step: 'any'}],
  ['max_tokens', 'Max tokens', {step: '1'}],
  ['top_p', 'Top p', {step: 'any'}],
];

export async function render(root, params, {query, signal}) {
  const {models} = await get('/api/llm/models/', {signal});
  if (!models.length) {
    fill(root, pageHeader(title), emptyState('There is no model', 'The service has none configured.'));
    return;
  }

  const model = modelSelect(models, query.model);
  const system = textArea('system_message', {rows: '2', spellcheck: 'true'});
  const input = textArea('full_input', {rows: '7', spellcheck: 'true'});
  const messages = textArea('messages', {rows: '7', class: 'mono'});
  const request = textArea('request', {rows: '9', class: 'mono'});
  const more = textArea('params', {rows: '3', class: 'mono'});
  const schema = textArea('output_schema', {rows: '4', class: 'mono'});
  const jobType = h('input', {name: 'job_type', type: 'text', placeholder: 'generic', maxlength: 64});
  const priority = select('priority', ['interactive', 'batch'], 'interactive');
  const idempotencyKey = h('input', {name: 'Idempotency-Key', type: 'text', value: newKey(), autocomplete: 'off',
    spellcheck: 'false', class: 'mono', maxlength: 255});
  const metadata = pairs('Metadata', 'metadata', 'Up to 16 pairs, by which jobs are found again.');
  const systemField = field({label: 'System message', control: system, optional: true});
  const paramsCard = h('fieldset', {}, h('legend', {}, 'Parameters'),
    h('div', {class: 'stack'},
      h('div', {class: 'fields'}, PARAMS.map(([name, label, props]) => numberField(label, `params.${name}`, props)))));
  const moreParams = field({label: 'Other parameters', control: more, optional: true,
    hint: 'A JSON object, such as {"stop": ["END"], "seed": 7}.'});

  const place = h('div');
  const run = h('div');
  const send = h('button', {type: 'submit', class: 'primary'}, 'Submit');
  let sent = null; // what the key was used for: another job needs another key
  const form = h('form', {novalidate: true, class: 'stack', onsubmit: submit},
    card(null,
      h('div', {class: 'fields'}, field({label: 'Model', control: model}),
        field({label: 'Priority', control: priority})),
      systemField,
      tabs('Input as', [
        {label: 'Text', content: () => shownAs('text', field({label: 'Input', control: input}))},
        {label: 'Messages', content: () => shownAs('messages',
          field({label: 'Messages (JSON)', control: messages, hint: MESSAGES_HINT}))},
        {label: 'Native request', content: () => shownAs('request',
          field({label: 'Request (JSON)', control: request, hint: REQUEST_HINT}))},
      ]),
      paramsCard,
      h('details', {}, h('summary', {}, 'More'), h('div', {class: 'stack details'},
        h('div', {class: 'fields'},
          numberField('Deadline in seconds', 'deadline_seconds', {step: '1'}, 'Up to 604,800; 86,400 unless given.'),
          numberField('Max attempts', 'max_attempts', {step: '1'}, '1 to 10; 3 unless given.'),
          field({label: 'Job type', control: jobType, optional: true})),
        moreParams,
        field({label: 'Output schema', control: schema, optional: true,
          hint: 'A JSON Schema that the answer has to keep to.'}),
        metadata.element,
        h('div', {class: 'row end-aligned'},
          field({label: 'Idempotency key', control: idempotencyKey,
            hint: 'The same key with the same request makes no second job. A new one is made after each submission.'}),
          button('New key', () => { idempotencyKey.value = newKey(); }, {class: 'small'})))),
      place,
      h('div', {class: 'row'}, send, h('span', {class: 'hint'}, 'Ctrl+Enter submits'))));
  sendByKey(form);
  fill(root, pageHeader(title), form, run);

  /** A native request has its own system message and parameters; one that is not shown is not sent. */
  function shownAs(kind, element) {
    element.dataset.kind = kind;
    return element;
  }
  const adapt = () => {
    const isNative = request.isConnected;
    systemField.hidden = isNative;
    paramsCard.hidden = isNative;
    moreParams.hidden = isNative;
  };
  form.addEventListener('click', adapt);
  form.addEventListener('keyup', adapt);

  function body() {
    const body = {model_id: model.value, priority: priority.value};
    if (request.isConnected) {
      body.request = required(jsonIn(request, 'request', isObject, 'a JSON object'), 'request');
    } else {
      if (messages.isConnected) {
        body.messages = required(jsonIn(messages, 'messages', Array.isArray, 'a list of messages'), 'messages');
      } else {
        body.full_input = required(input.value.trim() ? input.value : undefined, 'full_input');
      }
      body.system_message = system.value.trim() ? system.value : undefined;
      const given = jsonIn(more, 'params', isObject, 'a JSON object') ?? {};
      for (const [name] of PARAMS) {
        given[name] = numberOf(`params.${name}`) ?? given[name];
      }
      body.params = Object.values(given).some((value) => value !== undefined) ? given : undefined;
    }
    body.deadline_seconds = numberOf('deadline_seconds');
    body.max_attempts = numberOf('max_attempts');
    body.job_type = jobType.value.trim() || undefined;
    body.output_schema = jsonIn(schema, 'output_schema', isObject, 'a JSON object');
    const labels = metadata.read();
    body.metadata = Object.keys(labels).length ? labels : undefined;
    return body;
  }

  function numberOf(name) {
    return numberIn(form.elements.namedItem(name), name);
  }

  async function submit(event) {
    event.preventDefault();
    if (send.disabled) {
      return;
    }
    clearFailures(form, place);
    try {
      const wanted = body();
      const text = JSON.stringify(wanted);
      // After an answer was lost, the same again is the same job; something else is another.
      if (sent && sent.key === idempotencyKey.value && sent.text !== text) {
        idempotencyKey.value = newKey();
      }
      sent = {key: idempotencyKey.value, text};
      send.disabled = true;
      const sentAt = performance.now();
      const headers = sent.key ? {'Idempotency-Key': sent.key} : {};
      const accepted = await post('/api/llm/jobs/submit/', wanted, {signal, headers});
      sent = null;
      idempotencyKey.value = newKey();
      current?.abort();
      current = new AbortController();
      followJob(run, accepted, {signal: AbortSignal.any([signal, current.signal]), sentAt});
    } catch (error) {
      if (!signal.aborted) {
        showFailure(form, error, place);
      }
    } finally {
      send.disabled = false;
    }
  }
  let current = null;
  input.focus({preventScroll: true});
}

function required(value, name) {
  if (value === undefined) {
    throw new FieldError(name, 'This field is required.');
  }
  return value;
}
