// The history of one slot: points a tick, with a null where nothing was measured.
import {isMeasured, model} from "/model.js";

const MOST = 4000; // then the tool's own, coarser history is asked for anew

export class Series {
  constructor(changed) {
    this.changed = changed;
    this.slot = null; // {cluster, server, slot}: names
    this.clear();
  }

  clear() {
    this.at = [];
    this.lag = [];
    this.behind = [];
    this.ticks = null;
    this.wanted = (this.wanted ?? 0) + 1;
  }

  is(slot) {
    return this.slot !== null && slot !== null && this.slot.cluster === slot.cluster.name &&
      this.slot.server === slot.server.name && this.slot.slot === slot.name;
  }

  choose(slot) {
    if (this.is(slot)) return;
    this.slot = slot && {cluster: slot.cluster.name, server: slot.server.name, slot: slot.name};
    this.load();
  }

  /** Asks the tool for all of it. An answer that comes behind another question is not taken. */
  async load() {
    this.clear();
    this.changed();
    if (this.slot === null) return;
    const wanted = this.wanted;
    try {
      const answer = await fetch(`/api/history?${new URLSearchParams(this.slot)}`);
      const told = answer.ok ? await answer.json() : null;
      if (told === null || wanted !== this.wanted) return;
      const last = told.at_us.at(-1) ?? 0;
      const later = this.at.findIndex((at) => at * 1e6 > last);
      const own = later < 0 ? {at: [], lag: [], behind: []} :
        {at: this.at.slice(later), lag: this.lag.slice(later), behind: this.behind.slice(later)};
      this.at = [];
      this.lag = [];
      this.behind = [];
      told.at_us.forEach((at, i) => this.#add(at / 1e6, told.lag_s[i], told.behind[i]));
      own.at.forEach((at, i) => this.#add(at, own.lag[i], own.behind[i]));
      this.changed();
    } catch {
      // the stream says that the tool is gone, and this is done again when it is back
    }
  }

  /** Times between which nobody looked are a gap, too. */
  #add(at, lag, behind) {
    const n = this.at.length;
    if (n > 0 && at <= this.at[n - 1]) return;
    const before = n > 1 ? this.at[n - 1] - this.at[n - 2] : at - (this.at[n - 1] ?? at);
    if (n > 1 && at - this.at[n - 1] > 4 * Math.max(before, model.intervalMs / 1000))
      this.#push(this.at[n - 1] + before, null, null);
    this.#push(at, lag, behind);
  }

  #push(at, lag, behind) {
    this.at.push(at);
    this.lag.push(lag);
    this.behind.push(behind);
  }

  /** A message was taken over: is there one more point? */
  tick() {
    const server = model.clusters.get(this.slot?.cluster)?.servers.get(this.slot.server);
    const slot = server?.slots.get(this.slot.slot);
    if (!slot || server.ticks === this.ticks) return;
    const missed = this.ticks !== null && server.ticks !== null && server.ticks - this.ticks > 3;
    this.ticks = server.ticks;
    if (missed || this.at.length > MOST) {
      this.load();
      this.ticks = server.ticks;
      return;
    }
    const known = isMeasured(server) && slot.is_there;
    this.#add(model.nowUs / 1e6, known && slot.lag_us !== null ? slot.lag_us / 1e6 : null,
      known ? slot.behind : null);
    this.changed();
  }

  /** Of the last `seconds`, null: of all of it; as uPlot wants it. */
  window(seconds) {
    let from = 0;
    const begin = (this.at.at(-1) ?? 0) - (seconds ?? Infinity);
    while (from < this.at.length && this.at[from] < begin) from++;
    from = Math.max(0, from - 1); // so that the line comes from the edge
    return {at: this.at.slice(from), lag: this.lag.slice(from), behind: this.behind.slice(from),
      begin: this.at.length ? Math.max(begin, this.at[0]) : null, end: this.at.at(-1) ?? null};
  }
}
