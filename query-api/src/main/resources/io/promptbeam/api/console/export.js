// Texts of files that are made of what a page shows. Pure.

/** One JSON object a line. */
export function toJsonl(rows) {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/**
 * RFC 4180, with a header of `columns`. What a spreadsheet would take for a formula gets an
 * apostrophe before it: the texts come from models.
 */
export function toCsv(columns, rows) {
  const line = (cells) => `${cells.map(cell).join(',')}\r\n`;
  return line(columns) + rows.map((row) => line(columns.map((column) => row[column]))).join('');
}

function cell(value) {
  if (value === null || value === undefined) {
    return '';
  }
  if (typeof value === 'number') {
    return String(value);
  }
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The text that a model wrote, of an answer in any provider's form; null where there is none. */
export function textOf(response) {
  const message = response?.choices?.[0]?.message;
  const parts = message ? message.content
    : response?.output?.flatMap((item) => item.content ?? [])
      ?? response?.content ?? response?.candidates?.[0]?.content?.parts ?? response?.choices?.[0]?.text;
  if (Array.isArray(parts)) {
    return parts.map((part) => part?.text).filter((text) => typeof text === 'string').join('') || null;
  }
  return typeof parts === 'string' ? parts : null;
}
