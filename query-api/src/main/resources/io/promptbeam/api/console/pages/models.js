// What a job may name: limits, prices, and whether calls pass.

import * as api from '../api.js';
import {money, NONE, whole} from '../format.js';
import {announce, card, emptyState, errorPanel, facts, fill, h, pageHeader, skeleton} from '../ui.js';
import {health} from './overview.js';

export const title = 'Models';

const EVERY_MS = 3_000;

export function render(root, params, {signal}) {
  const error = h('div');
  const list = h('div', {class: 'stack'}, skeleton(5));
  root.append(pageHeader('Models'), error, list);
  let shown = '';
  let states = null;

  api.poll(async () => {
    const {models} = await api.get('/api/llm/models/', {signal});
    fill(error);
    const text = JSON.stringify(models);
    if (text !== shown) {
      shown = text;
      fill(list, models.length ? models.map(modelCard) : emptyState('No models', 'The catalog is empty.'));
    }
    const now = new Map(models.map((model) => [model.id, model.health?.state]));
    for (const [id, state] of now) {
      if (states && states.get(id) !== state) {
        announce(`${id}: circuit ${state}`);
      }
    }
    states = now;
  }, EVERY_MS, {signal, onError: (failure) => !failure.isOffline && fill(error, errorPanel(failure))});
}

function limit(value) {
  return value === null || value === undefined ? h('span', {class: 'muted'}, 'no limit') : whole(value);
}

function modelCard(model) {
  const {limits = {}, price_per_million_tokens: prices = {}} = model;
  const path = `model_id=${encodeURIComponent(model.id)}`;
  const section = card(model.id,
    h('div', {class: 'row'}, health(model.health), h('span', {class: 'muted'}, model.provider)),
    facts([
      ['Requests per minute', limit(limits.requests_per_minute)],
      ['Tokens per minute', limit(limits.tokens_per_minute)],
      ['Input tokens per minute', limit(limits.input_tokens_per_minute)],
      ['Output tokens per minute', limit(limits.output_tokens_per_minute)],
      ['Calls in flight', limit(limits.max_in_flight)],
      ['Input, per million tokens', prices.input === null ? NONE : money(prices.input)],
      ['Cached input', prices.cached_input === null ? NONE : money(prices.cached_input)],
      ['Output', prices.output === null ? NONE : money(prices.output)],
    ]),
    h('div', {class: 'row'},
      h('a', {class: 'button small', href: `#/submit?${path}`}, 'Submit a job'),
      h('a', {class: 'button small', href: `#/jobs?${path}`}, 'Its jobs')));
  section.dataset.model = model.id;
  return section;
}
