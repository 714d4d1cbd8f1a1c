// The tool's messages. The browser comes back by itself and names the last one that it has; where it
// gives up (an answer that is no stream) or hears nothing, we come back ourselves.

const AGAIN_MS = 2000;
const SILENT_MS = 15000; // three beats: a tool that is stopped, or a tunnel that hangs, closes nothing

export class Stream {
  /** back(): it is connected; what there is to be told comes then. */
  constructor({take, back, lost}) {
    this.take = take;
    this.back = back;
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
    this.source.onopen = () => {
      this.heard = performance.now();
      this.back();
    };
    this.source.addEventListener("beat", () => { this.heard = performance.now(); });
    this.source.onerror = () => {
      this.lost();
      if (this.source.readyState === EventSource.CLOSED) setTimeout(() => this.#open(), AGAIN_MS);
    };
  }

  #look() {
    if (performance.now() - this.heard < SILENT_MS) return;
    this.lost();
    this.heard = performance.now();
    this.#open();
  }
}
