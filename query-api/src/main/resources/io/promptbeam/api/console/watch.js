// Follows many jobs to their end by one loop: each is asked for when the service said to ask again,
// so many at a time and no more, and none while nobody looks.

import {connection} from './api.js';

const FIRST_MS = 400;
const USUAL_MS = 2_000;
const SLOWEST_MS = 30_000;

export class Watcher {
  #ask;
  #heard;
  #atOnce;
  #jobs = new Map();
  #asking = 0;
  #timer;
  #signal;

  /**
   * @param ask (id) => promise of a status answer
   * @param heard {onStatus(id, status), onTrouble(id, error, isLast)}
   */
  constructor(ask, heard, {signal, atOnce = 4} = {}) {
    this.#ask = ask;
    this.#heard = heard;
    this.#atOnce = atOnce;
    this.#signal = signal;
    const again = () => this.#arm();
    const anew = () => {
      this.#jobs.forEach((job) => { job.at = performance.now(); });
      this.#arm();
    };
    document.addEventListener('visibilitychange', again);
    connection.addEventListener('online', anew);
    signal?.addEventListener('abort', () => {
      clearTimeout(this.#timer);
      this.#jobs.clear();
      document.removeEventListener('visibilitychange', again);
      connection.removeEventListener('online', anew);
    });
  }

  /** How many have not ended. */
  get size() {
    return this.#jobs.size;
  }

  /** Asks for a job after a while, and then again until it is complete. */
  add(id, afterMs = FIRST_MS) {
    if (this.#signal?.aborted) {
      return;
    }
    this.#jobs.set(id, {at: performance.now() + afterMs, failures: 0, isAsking: false});
    this.#arm();
  }

  drop(id) {
    this.#jobs.delete(id);
  }

  #arm() {
    clearTimeout(this.#timer);
    if (this.#asking >= this.#atOnce || document.hidden) {
      return;
    }
    let next = Infinity;
    for (const job of this.#jobs.values()) {
      if (!job.isAsking) {
        next = Math.min(next, job.at);
      }
    }
    if (next < Infinity) {
      this.#timer = setTimeout(() => this.#tick(), Math.max(0, next - performance.now()));
    }
  }

  #tick() {
    const now = performance.now();
    const ready = [...this.#jobs].filter(([, job]) => !job.isAsking && job.at <= now)
      .sort(([, a], [, b]) => a.at - b.at);
    for (const [id, job] of ready.slice(0, this.#atOnce - this.#asking)) {
      this.#follow(id, job);
    }
    this.#arm();
  }

  async #follow(id, job) {
    const isOurs = () => this.#jobs.get(id) === job;
    job.isAsking = true;
    this.#asking++;
    try {
      const status = await this.#ask(id);
      if (isOurs()) {
        job.failures = 0;
        job.at = performance.now() + (status.poll_after_ms ?? USUAL_MS);
        if (status.is_complete) {
          this.#jobs.delete(id);
        }
        this.#heard.onStatus(id, status);
      }
    } catch (error) {
      if (isOurs()) {
        const mayPass = error.status === 0 || error.status === 429 || error.status >= 500;
        job.at = performance.now()
          + (error.retryAfterMs ?? Math.min(SLOWEST_MS, USUAL_MS * 2 ** Math.min(job.failures++, 5)));
        if (!mayPass) {
          this.#jobs.delete(id);
        }
        this.#heard.onTrouble?.(id, error, !mayPass);
      }
    } finally {
      job.isAsking = false;
      this.#asking--;
      this.#arm();
    }
  }
}

/** Does `work` for each item, so many at a time; begins no more once `signal` is aborted. */
export async function eachOf(items, atOnce, work, signal) {
  const waiting = items.values();
  async function lane() {
    for (const item of waiting) {
      if (signal?.aborted) {
        return;
      }
      await work(item);
    }
  }
  await Promise.all(Array.from({length: Math.min(atOnce, items.length)}, lane));
}

/** Ends after a while, or at once when `signal` is aborted. */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
    if (signal?.aborted) {
      done();
    }
  });
}
