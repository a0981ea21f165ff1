// The console's shell: pages by location.hash, navigation, sign-in.
//
// A page is a module in pages/ that exports
//   title    text of the window's title
//   render(root, params, context)
// `root` is an empty element; the page puts a pageHeader and the rest into it. `params` has the
// path's `:name` parts. render may be async and returns a function that ends what the page has
// running (or nothing). `context`:
//   query              the hash's query as an object of texts, such as {status: 'failed'}
//   setQuery(object)   writes it back without rendering anew; empty values are left out
//   navigate(hash)     goes to another page, such as '#/jobs/ID'
//   signal             is aborted when the page is left: give it to every request and poll
//   session            {scope: 'all' | 'owner' | null, owner: text | null, isAdmin}
// Whatever a page builds goes through h() of ui.js; requests through api.js; polling through
// poll() of api.js, which stops while nobody looks and begins again after an outage.

import * as api from './api.js';
import {clock} from './format.js';
import {announce, button, clearFieldErrors, emptyState, errorPanel, field, fill, h, setText,
  showFieldError, skeleton} from './ui.js';

const PAGES = [
  {path: '/overview', file: 'overview', label: 'Overview', group: 'Look'},
  {path: '/jobs', file: 'jobs', label: 'Jobs', group: 'Look'},
  {path: '/jobs/:id', file: 'job'},
  {path: '/batches', file: 'batches', label: 'Batches', group: 'Look'},
  {path: '/batches/:id', file: 'batches'},
  {path: '/models', file: 'models', label: 'Models', group: 'Look'},
  {path: '/submit', file: 'submit', label: 'Submit', group: 'Do'},
  {path: '/trainer', file: 'trainer', label: 'Trainer question', group: 'Do'},
  {path: '/review', file: 'review', label: 'Review', group: 'Do'},
  {path: '/dead-letters', file: 'deadletters', label: 'Dead letters', group: 'Admin'},
  {path: '/keys', file: 'keys', label: 'API keys', group: 'Admin'},
];
const HOME = '#/overview';
const GROUPS = ['Look', 'Do', 'Admin'];

const main = document.getElementById('main');
const nav = document.getElementById('nav');
const session = {scope: null, owner: null, get isAdmin() { return this.scope === 'all'; }};
let shown = {controller: null, dispose: null, hash: null};
let isAsking = false;
let isFirst = true;

// ---- pages ----

function parseHash() {
  const [path, search = ''] = location.hash.replace(/^#/, '').split('?', 2);
  const parts = path.split('/').filter(Boolean).map(decodePart);
  for (const page of PAGES) {
    const pattern = page.path.split('/').filter(Boolean);
    if (pattern.length === parts.length
        && pattern.every((part, i) => part.startsWith(':') || part === parts[i])) {
      const params = {};
      pattern.forEach((part, i) => {
        if (part.startsWith(':')) {
          params[part.slice(1)] = parts[i];
        }
      });
      return {page, params, query: Object.fromEntries(new URLSearchParams(search))};
    }
  }
  return {page: null, params: {}, query: {}};
}

function decodePart(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function leave() {
  shown.controller?.abort();
  shown.dispose?.();
  shown = {controller: null, dispose: null, hash: null};
}

function replaceQuery(query) {
  const path = location.hash.split('?', 1)[0] || HOME;
  const hash = api.url(path, query);
  history.replaceState(null, '', hash);
  shown.hash = hash;
}

async function show() {
  if (['', '#/', '#main'].includes(location.hash)) {
    history.replaceState(null, '', HOME);
  }
  leave();
  const {page, params, query} = parseHash();
  const controller = new AbortController();
  const mine = {controller, dispose: null, hash: location.hash};
  shown = mine;
  closeMenu();
  markCurrent(page);
  const root = h('div', {class: 'page'});
  if (!page) {
    document.title = 'Not found · Promptbeam';
    fill(main, h('h1', {tabindex: '-1'}, 'Not found'),
      emptyState('There is no such page', '', h('a', {class: 'button', href: HOME}, 'Overview')));
    return;
  }
  fill(main, skeleton(6));
  try {
    const module = await import(`./pages/${page.file}.js`);
    if (shown !== mine) {
      return;
    }
    document.title = `${module.title} · Promptbeam`;
    fill(main, root);
    const context = {
      query, session, signal: controller.signal,
      setQuery: replaceQuery,
      navigate: (hash) => { location.hash = hash; },
    };
    const dispose = await module.render(root, params, context);
    if (shown !== mine) {
      dispose?.();
      return;
    }
    mine.dispose = dispose;
    focusHeading();
  } catch (error) {
    if (shown === mine && !controller.signal.aborted) {
      fill(root, h('h1', {tabindex: '-1'}, page.label ?? 'Page'), errorPanel(error, {retry: show}));
      fill(main, root);
    }
  }
}

/** After the first page: who reads by ear or keyboard is taken to what is new. */
function focusHeading() {
  if (!isFirst) {
    main.querySelector('h1')?.focus({preventScroll: true});
    scrollTo(0, 0);
  }
  isFirst = false;
}

// ---- navigation ----

/** Keys are of no use where nobody needs one. */
function isOfUse(page) {
  return page.path !== '/keys' || api.key.get() || session.owner !== 'local';
}

function buildNav() {
  fill(nav, GROUPS.filter((group) => group !== 'Admin' || session.isAdmin).map((group) =>
    h('div', {class: 'nav-group'},
      h('p', {class: 'nav-title'}, group),
      h('ul', {}, PAGES.filter((page) => page.group === group && isOfUse(page)).map((page) =>
        h('li', {}, h('a', {href: `#${page.path}`, 'data-path': page.path}, page.label)))))));
  markCurrent(parseHash().page);
}

function markCurrent(page) {
  const path = page ? (page.group ? page.path : `/${page.path.split('/')[1]}`) : null;
  for (const link of nav.querySelectorAll('a')) {
    if (link.dataset.path === path) {
      link.setAttribute('aria-current', 'page');
    } else {
      link.removeAttribute('aria-current');
    }
  }
}

const menu = document.getElementById('menu');

function closeMenu() {
  document.body.classList.remove('menu-open');
  menu.setAttribute('aria-expanded', 'false');
}

menu.addEventListener('click', () => {
  const open = document.body.classList.toggle('menu-open');
  menu.setAttribute('aria-expanded', String(open));
  if (open) {
    nav.querySelector('a')?.focus();
  }
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && document.body.classList.contains('menu-open')) {
    closeMenu();
    menu.focus();
  }
});
document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
  main.scrollIntoView();
});

const theme = document.getElementById('theme');
const THEMES = ['auto', 'light', 'dark'];

function labelTheme() {
  theme.textContent = `Theme: ${window.promptbeamTheme.get()}`;
}

theme.addEventListener('click', () => {
  const next = THEMES[(THEMES.indexOf(window.promptbeamTheme.get()) + 1) % THEMES.length];
  window.promptbeamTheme.set(next);
  labelTheme();
  announce(`Theme: ${next}`);
});

// ---- who is here ----

const who = document.getElementById('who');
const signOut = document.getElementById('sign-out');

function showSession() {
  signOut.hidden = !api.key.get();
  who.hidden = !session.owner;
  who.textContent = session.owner ? `${session.owner}${session.isAdmin ? ' · admin' : ''}` : '';
  buildNav();
}

/** Finds out who the key stands for; false when one is needed. */
async function establish() {
  session.scope = null;
  session.owner = null;
  try {
    const overview = await api.get('/api/llm/overview');
    session.scope = overview.scope;
    session.owner = overview.owner;
  } catch (error) {
    if (error.status === 401) {
      return false;
    }
    // Not to be known: pages say themselves what they may not show.
  }
  showSession();
  return true;
}

async function begin() {
  if (await establish()) {
    isAsking = false;
    await show();
  }
}

function askForKey() {
  if (isAsking) {
    return;
  }
  isAsking = true;
  leave();
  const wasRefused = Boolean(api.key.get());
  api.key.clear();
  session.scope = null;
  session.owner = null;
  showSession();
  fill(nav);
  document.title = 'Sign in · Promptbeam';
  const input = h('input', {name: 'key', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true});
  const submit = h('button', {type: 'submit', class: 'primary'}, 'Sign in');
  const place = h('div');
  const form = h('form', {class: 'sign-in card', novalidate: true, onsubmit: signIn},
    h('h1', {tabindex: '-1'}, 'Sign in'),
    h('p', {}, 'This service wants an API key. It stays in this tab and is gone when you sign out or close it.'),
    field({label: 'API key', control: input}), place,
    h('div', {class: 'row'}, submit));
  fill(main, form);
  input.focus();
  if (wasRefused) {
    showFieldError(form, 'key', 'The key is not known any more. Give another one.');
  }

  async function signIn(event) {
    event.preventDefault();
    clearFieldErrors(form);
    fill(place);
    const text = input.value.trim();
    if (!text) {
      showFieldError(form, 'key', 'Give a key.');
      return;
    }
    submit.disabled = true;
    try {
      await api.get('/api/llm/models/', {key: text});
    } catch (error) {
      submit.disabled = false;
      if (error.status === 401) {
        showFieldError(form, 'key', error.message);
        return;
      }
      if (error.status !== 403) {
        fill(place, errorPanel(error));
        return;
      }
    }
    api.key.set(text);
    input.value = '';
    await begin();
    announce('Signed in');
  }
}

signOut.addEventListener('click', () => {
  api.key.clear();
  // What was shown may not stay in memory either.
  location.reload();
});
api.connection.addEventListener('unauthorized', askForKey);

// ---- offline ----

const offline = document.getElementById('offline');
const offlineText = h('span');
const tryNow = button('Try now', () => api.connection.tryNow(), {class: 'small'});
fill(offline, offlineText, tryNow);

function showConnection() {
  const {isOffline, offlineSince, nextTryAt} = api.connection;
  offline.hidden = !isOffline;
  if (isOffline) {
    setText(offlineText, `The service has not answered since ${clock(offlineSince)}. What you see may be out of date. `
      + (nextTryAt ? 'It is tried again by itself.' : 'Trying…'));
  }
}

api.connection.addEventListener('change', showConnection);
api.connection.addEventListener('online', () => {
  announce('The service answers again');
  if (!session.owner && !isAsking) {
    establish();
  }
});

addEventListener('hashchange', () => {
  if (!isAsking && location.hash !== shown.hash) {
    show();
  }
});

labelTheme();
buildNav();
begin();
