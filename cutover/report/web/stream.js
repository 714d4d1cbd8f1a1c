// The tool's messages. The browser comes back by itself and names the last one that it has; where it
// gives up (an answer that is no stream) or hears nothing, we come back ourselves.
import {model} from "/model.js";

const AGAIN_MS = 2000;

export class Stream {
  constructor(take, lost) {
    this.take = take;
    this.lost = lost;
    this.id = "";
    this.heard = performance.now();
    this.#open();
    setInterval(() => this.#look(), 1000);
  }

  #open() {
    this.source?.close();
    this.source = new EventSource(`/api/events?${new URLSearchParams({since: this.id})}`);
    this.source.onmessage = (message) => {
      this.id = message.lastEventId;
      this.heard = performance.now();
      this.take(JSON.parse(message.data));
    };
    this.source.onopen = () => { this.heard = performance.now(); };
    this.source.onerror = () => {
      this.lost();
      if (this.source.readyState === EventSource.CLOSED) setTimeout(() => this.#open(), AGAIN_MS);
    };
  }

  /** Every interval something is told; a tool that is stopped, or a tunnel that hangs, closes
      nothing. */
  #look() {
    const silent = performance.now() - this.heard;
    if (silent < Math.max(10000, 5 * model.intervalMs)) return;
    this.lost();
    this.heard = performance.now();
    this.#open();
  }
}
