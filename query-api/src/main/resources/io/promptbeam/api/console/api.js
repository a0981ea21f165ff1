// Talks to the service. The key is in this tab's sessionStorage and nowhere else.

import {connection} from './connection.js';

export {connection} from './connection.js';
export {poll} from './poll.js';

const KEY = 'promptbeam-key';
const USUAL_TIMEOUT_MS = 15_000;

/** An answer that is no success, or none at all (status 0). */
export class ApiError extends Error {
  constructor(fields) {
    super(fields.detail || fields.title || 'The request failed.');
    this.name = 'ApiError';
    this.status = fields.status;
    this.code = fields.code || '';
    this.title = fields.title || '';
    this.detail = fields.detail || '';
    this.field = fields.field || '';
    this.requestId = fields.requestId || '';
    this.retryAfterMs = fields.retryAfterMs;
    /** The parsed problem, with whatever members it has beside these. */
    this.problem = fields.problem || {};
  }

  get isOffline() {
    return this.status === 0;
  }
}

// ---- the key ----

export const key = {
  get: () => sessionStorage.getItem(KEY),
  set: (text) => sessionStorage.setItem(KEY, text),
  clear: () => sessionStorage.removeItem(KEY),
};

// ---- requests ----

function authorization(given) {
  const text = given === undefined ? key.get() : given;
  return text ? {Authorization: `Bearer ${text}`} : {};
}

function retryAfterMs(value) {
  const seconds = Number(value);
  return value && Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}

/** Of problem+json, or of the errors of OpenAI's and Anthropic's forms under /v1/. */
function errorOf(status, text, header) {
  let body = {};
  try {
    body = JSON.parse(text) ?? {};
  } catch {
    // Not JSON: a proxy's page, for example. Its text is not shown.
  }
  const inner = body.error && typeof body.error === 'object' ? body.error : {};
  return new ApiError({
    status,
    code: body.code || inner.code || inner.type || `http_${status}`,
    title: body.title || `Answered with ${status}`,
    detail: body.detail || inner.message || `The service answered with status ${status}.`,
    field: body.field || inner.param || '',
    requestId: body.request_id || header('X-Request-Id') || '',
    retryAfterMs: retryAfterMs(header('Retry-After')),
    problem: body,
  });
}

function unanswered() {
  return new ApiError({
    status: 0,
    code: 'offline',
    title: 'The service does not answer',
    detail: 'There is no connection to the service at the moment.',
  });
}

function noteStatus(status, isOwnKey) {
  connection.answered();
  if (status === 401 && isOwnKey) {
    connection.unauthorized();
  }
}

/**
 * One request. Returns `{status, headers, data, text}`; `data` is the parsed JSON, null where
 * there is none. 304 and all of 2xx are successes.
 *
 * Options: `json` (sent as the body), `body`, `headers`, `signal`, `timeoutMs`, `key` (instead of
 * the stored one), `as` ('json', 'text' or 'blob').
 *
 * @throws ApiError; or the signal's AbortError
 */
export async function request(method, path, options = {}) {
  const headers = {Accept: 'application/json', ...authorization(options.key), ...options.headers};
  let body = options.body;
  if (options.json !== undefined) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(options.json);
  }
  const timeout = AbortSignal.timeout(options.timeoutMs ?? USUAL_TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  let response;
  let content;
  try {
    response = await fetch(path, {
      method, headers, body, signal, cache: 'no-store', redirect: 'error',
    });
    content = response.ok && options.as === 'blob' ? await response.blob() : await response.text();
  } catch (failure) {
    if (options.signal?.aborted) {
      throw failure;
    }
    connection.failed();
    throw unanswered();
  }
  noteStatus(response.status, options.key === undefined);
  if (!response.ok && response.status !== 304) {
    throw errorOf(response.status, content, (name) => response.headers.get(name));
  }
  let data = null;
  if ((options.as ?? 'json') === 'json' && content) {
    try {
      data = JSON.parse(content);
    } catch {
      throw errorOf(response.status, '', (name) => response.headers.get(name));
    }
  }
  return {status: response.status, headers: response.headers, data, text: content};
}

/** The parsed JSON of a GET. */
export async function get(path, options) {
  return (await request('GET', path, options)).data;
}

/** The parsed JSON that answers a POST of `json`. */
export async function post(path, json = {}, options = {}) {
  return (await request('POST', path, {...options, json})).data;
}

/** DELETE; the parsed JSON of the answer, if it has any. */
export async function del(path, options) {
  return (await request('DELETE', path, options)).data;
}

/** A path with a query; null, undefined and '' are left out. */
export function url(path, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') {
      search.set(name, value);
    }
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/**
 * Sends a form, telling how much is sent: `onProgress(sentBytes, totalBytes)`. Resolves to the
 * parsed JSON.
 */
export function upload(path, formData, {onProgress, signal} = {}) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open('POST', path);
    sending.setRequestHeader('Accept', 'application/json');
    for (const [name, value] of Object.entries(authorization())) {
      sending.setRequestHeader(name, value);
    }
    sending.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) {
        onProgress?.(event.loaded, event.total);
      }
    });
    sending.addEventListener('load', () => {
      noteStatus(sending.status, true);
      if (sending.status < 200 || sending.status > 299) {
        reject(errorOf(sending.status, sending.responseText, (n) => sending.getResponseHeader(n)));
        return;
      }
      try {
        resolve(JSON.parse(sending.responseText));
      } catch {
        reject(errorOf(sending.status, '', (n) => sending.getResponseHeader(n)));
      }
    });
    sending.addEventListener('error', () => {
      connection.failed();
      reject(unanswered());
    });
    sending.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    signal?.addEventListener('abort', () => sending.abort());
    sending.send(formData);
  });
}

/** Saves the answer of a GET as a file; a link cannot, since it would not send the key. */
export async function download(path, fileName, options = {}) {
  const answer = await request('GET', path, {
    timeoutMs: 600_000, ...options, as: 'blob', headers: {Accept: '*/*'},
  });
  saveBlob(answer.text, fileName);
}

export function saveBlob(blob, fileName) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
