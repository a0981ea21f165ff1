// How figures, times and money are written. Pure.

const WHOLE = new Intl.NumberFormat('en', {maximumFractionDigits: 0});
const SHORT = new Intl.NumberFormat('en', {notation: 'compact', maximumFractionDigits: 1});

export const NONE = '–';

function missing(value) {
  return value === null || value === undefined || Number.isNaN(value);
}

/** 1,234 */
export function whole(value) {
  return missing(value) ? NONE : WHOLE.format(value);
}

/** 1.2K */
export function compact(value) {
  return missing(value) ? NONE : Math.abs(value) < 10_000 ? WHOLE.format(value) : SHORT.format(value);
}

/** 41.5, 0.25, 1,200 */
export function decimal(value) {
  if (missing(value)) {
    return NONE;
  }
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', {maximumFractionDigits: digits});
}

/** 83 % */
export function percent(part, all) {
  return missing(part) || !all ? NONE : `${Math.round((100 * part) / all)} %`;
}

/** $1,234.50, $0.0123, $0.00000012: of a small one three digits that count. */
export function money(usd) {
  if (missing(usd)) {
    return NONE;
  }
  const value = Number(usd);
  if (value === 0 || Math.abs(value) >= 1) {
    return `$${value.toLocaleString('en', {minimumFractionDigits: 2, maximumFractionDigits: 2})}`;
  }
  const digits = Math.max(2, Math.min(12, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return `$${value.toLocaleString('en', {minimumFractionDigits: 2, maximumFractionDigits: digits})}`;
}

/** 410 ms, 8.3 s, 2 min 05 s, 3 h 12 min, 2 d 4 h */
export function duration(ms) {
  if (missing(ms)) {
    return NONE;
  }
  const value = Math.max(0, ms);
  if (value < 1_000) {
    return `${Math.round(value)} ms`;
  }
  const seconds = value / 1_000;
  if (seconds < 59.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 3_600) {
    return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  }
  const minutes = Math.floor(whole / 60);
  if (minutes < 1_440) {
    return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
  }
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** 1.2 MB */
export function bytes(count) {
  if (missing(count)) {
    return NONE;
  }
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

function pad(number, width = 2) {
  return String(number).padStart(width, '0');
}

/** 14:03:07, in the reader's time zone. */
export function clock(time) {
  const at = new Date(time);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

/** 2026-11-24 14:03:07, in the reader's time zone. */
export function dateTime(time) {
  const at = new Date(time);
  return Number.isNaN(at.getTime())
    ? NONE
    : `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${clock(at)}`;
}

/** just now, 12 s ago, 5 min ago, in 3 min; a date beyond a day. */
export function relative(time, now = Date.now()) {
  const ms = now - new Date(time).getTime();
  const far = Math.abs(ms);
  if (Number.isNaN(ms)) {
    return NONE;
  }
  if (far < 2_000) {
    return 'just now';
  }
  if (far >= 86_400_000) {
    return dateTime(time);
  }
  const text = far < 60_000 ? `${Math.floor(far / 1_000)} s`
    : far < 3_600_000 ? `${Math.floor(far / 60_000)} min` : `${Math.floor(far / 3_600_000)} h`;
  return ms > 0 ? `${text} ago` : `in ${text}`;
}

/** The first part of an id, for lists. */
export function shortId(id) {
  return id ? String(id).slice(0, 8) : NONE;
}

/** prompt_too_long → prompt too long */
export function words(name) {
  return String(name ?? '').replaceAll('_', ' ');
}
