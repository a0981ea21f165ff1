// Tables that are updated in place.

import {h} from './dom.js';

/**
 * A table that is updated in place. `columns`: `[{label, render(row), class}]`; class 'number'
 * aligns right. On a narrow screen each row is a card. `setRows(rows)` keeps the elements of rows
 * whose data are the same, by `key(row)`; focus and scrolling stay where they are.
 */
export function table({caption, columns, key = (row) => row.id, rowClass}) {
  const body = h('tbody', {role: 'rowgroup'});
  const element = h('div', {class: 'table-wrap'}, h('table', {role: 'table'},
    h('caption', {class: 'visually-hidden'}, caption),
    h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'}, columns.map((column) =>
      h('th', {scope: 'col', role: 'columnheader', class: column.class},
        column.hideLabel ? h('span', {class: 'visually-hidden'}, column.label) : column.label)))),
    body));
  const shown = new Map();

  function rowElement(row) {
    return h('tr', {role: 'row', class: rowClass?.(row)}, columns.map((column) =>
      h('td', {role: 'cell', class: column.class, 'data-label': column.hideLabel ? '' : column.label},
        column.render(row))));
  }

  function put(row) {
    const name = key(row);
    const data = JSON.stringify(row);
    const old = shown.get(name);
    if (old && old.data === data) {
      return old.element;
    }
    const made = rowElement(row);
    if (old) {
      replaceKeepingFocus(old.element, made);
    }
    shown.set(name, {data, element: made});
    return made;
  }

  return {
    element,
    setRows(rows) {
      const keep = new Set(rows.map(key));
      for (const [name, old] of shown) {
        if (!keep.has(name)) {
          old.element.remove();
          shown.delete(name);
        }
      }
      let previous = null;
      for (const row of rows) {
        const made = put(row);
        const place = previous ? previous.nextSibling : body.firstChild;
        if (place !== made) {
          body.insertBefore(made, place);
        }
        previous = made;
      }
    },
    /** Adds at the end, or updates in place. */
    putRow(row) {
      const made = put(row);
      if (!made.parentNode) {
        body.append(made);
      }
    },
    clear() {
      shown.clear();
      body.replaceChildren();
    },
    get size() {
      return shown.size;
    },
  };
}

function replaceKeepingFocus(old, made) {
  const focusable = 'a[href], button, input, select, textarea';
  const index = old.contains(document.activeElement)
    ? [...old.querySelectorAll(focusable)].indexOf(document.activeElement) : -1;
  old.replaceWith(made);
  if (index >= 0) {
    made.querySelectorAll(focusable)[index]?.focus();
  }
}
