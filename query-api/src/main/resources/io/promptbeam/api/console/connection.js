// Whether the service answers, and trying again until it does.

/**
 * Whether the service answers. Events: `offline`, `online` (it answers again: load anew),
 * `change` (either of them, and each try), `unauthorized` (a key is needed, or another one).
 */
class Connection extends EventTarget {
  #offlineSince = null;
  #tries = 0;
  #timer;

  /** When the last answer came, as milliseconds of Date.now(). */
  lastAnswerAt = null;
  nextTryAt = null;

  get isOffline() {
    return this.#offlineSince !== null;
  }

  get offlineSince() {
    return this.#offlineSince;
  }

  answered() {
    this.lastAnswerAt = Date.now();
    if (this.#offlineSince === null) {
      return;
    }
    this.#offlineSince = null;
    this.#tries = 0;
    this.nextTryAt = null;
    clearTimeout(this.#timer);
    this.#tell('online');
    this.#tell('change');
  }

  failed() {
    if (this.#offlineSince === null) {
      this.#offlineSince = Date.now();
      this.#tell('offline');
      this.#later();
    }
    this.#tell('change');
  }

  unauthorized() {
    this.#tell('unauthorized');
  }

  async tryNow() {
    clearTimeout(this.#timer);
    this.nextTryAt = null;
    this.#tell('change');
    try {
      await fetch('/livez', {cache: 'no-store', signal: AbortSignal.timeout(5_000)});
      this.answered();
    } catch {
      this.#tries++;
      this.#later();
      this.#tell('change');
    }
  }

  #later() {
    const pause = Math.min(10_000, 1_000 * 2 ** this.#tries);
    this.nextTryAt = Date.now() + pause;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.tryNow(), pause);
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}

export const connection = new Connection();
addEventListener('online', () => connection.isOffline && connection.tryNow());
