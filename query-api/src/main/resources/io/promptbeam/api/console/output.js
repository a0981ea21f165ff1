// Shows what a model wrote: as text, whatever it looks like. Nothing is interpreted or linked.

import {copyButton, h, tabs} from './ui.js';

/** Beyond this a text is shown plain: a colour per token would make the page slow. */
const MAX_COLOURED = 60_000;
const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** JSON, indented and coloured. */
export function jsonView(value) {
  const text = JSON.stringify(value, null, 2) ?? '';
  return codeBlock(text.length > MAX_COLOURED ? [text] : coloured(text));
}

function coloured(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(end, match.index));
    const [all, string, colon, word] = match;
    const kind = string ? (colon ? 'json-key' : 'json-string') : word ? 'json-word' : 'json-number';
    parts.push(h('span', {class: kind}, string ?? all));
    if (colon) {
      parts.push(colon);
    }
    end = match.index + all.length;
  }
  parts.push(text.slice(end));
  return parts;
}

function codeBlock(parts) {
  return h('pre', {class: 'code', tabindex: '0'}, h('code', {}, parts));
}

/** Plain text with its line breaks. */
export function textView(text) {
  return h('div', {class: 'prose'}, text);
}

/** An object or array if `text` is JSON of one, also within a fence as models like to write it. */
export function parsedJson(text) {
  const bare = String(text).trim().replace(/^```(?:json)?\s*([\s\S]*?)\s*```$/, '$1');
  if (!/^[[{]/.test(bare)) {
    return undefined;
  }
  try {
    return JSON.parse(bare);
  } catch {
    return undefined;
  }
}

function readable(resultData) {
  const json = resultData.output_json ?? parsedJson(resultData.output_text ?? '');
  if (json !== undefined && json !== null) {
    return jsonView(json);
  }
  if (resultData.output_text) {
    return textView(resultData.output_text);
  }
  return h('div', {}, h('p', {class: 'muted'}, 'The answer has no text; this is all of it.'),
    jsonView(resultData.response ?? resultData));
}

/** A job's `result_data`, readable and raw. */
export function resultView(resultData) {
  if (!resultData) {
    return h('p', {class: 'muted'}, 'There is no result.');
  }
  return h('div', {class: 'result'}, tabs('Result', [
    {label: 'Readable', content: () => h('div', {}, readable(resultData),
      resultData.output_text ? h('div', {class: 'row end'}, copyButton(() => resultData.output_text)) : null)},
    {label: 'Raw JSON', content: () => h('div', {}, jsonView(resultData),
      h('div', {class: 'row end'}, copyButton(() => JSON.stringify(resultData, null, 2))))},
  ]));
}
