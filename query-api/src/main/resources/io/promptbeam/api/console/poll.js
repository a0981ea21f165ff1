// Asking now and again.

import {connection} from './connection.js';

/**
 * Runs `task` now and again, one run at a time, and only while the page is seen. The task returns
 * nothing, the pause until its next run in milliseconds, or false when there is nothing more to
 * ask for. After a failure the pause grows, or is what the service asked for; once the service
 * answers again, the task runs at once. `onError(error)` hears of failures.
 */
export function poll(task, everyMs, {signal, onError} = {}) {
  let timer;
  let isRunning = false;
  let isStopped = false;
  let failures = 0;

  async function run() {
    clearTimeout(timer);
    if (isStopped || isRunning || document.hidden) {
      return;
    }
    isRunning = true;
    let pause = everyMs;
    try {
      const asked = await task();
      failures = 0;
      if (asked === false) {
        stop();
      } else if (typeof asked === 'number') {
        pause = asked;
      }
    } catch (error) {
      if (isStopped || signal?.aborted) {
        return;
      }
      failures++;
      pause = error.retryAfterMs ?? Math.min(30_000, everyMs * 2 ** Math.min(failures, 5));
      onError?.(error);
    } finally {
      isRunning = false;
    }
    if (!isStopped) {
      clearTimeout(timer);
      timer = setTimeout(run, pause);
    }
  }

  function stop() {
    isStopped = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', run);
    connection.removeEventListener('online', run);
  }

  document.addEventListener('visibilitychange', run);
  connection.addEventListener('online', run);
  signal?.addEventListener('abort', stop);
  run();
  return {now: run, stop};
}
