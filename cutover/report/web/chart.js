// The chart: lag in seconds above, bytes below, one time scale. Thresholds are lines, events marks,
// and what was not measured is hatched, never zero and never joined.
import {byId, create, setText} from "/dom.js";
import {duration, size, time, day} from "/format.js";
/* global uPlot */

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120,
  300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];
const TIMES = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
  172800, 604800];
const BYTES = Array.from({length: 52}, (_, i) => 2 ** i);
const NEAR = 8; // pixels

function colors() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return {text: of("dim"), grid: of("line"), lag: of("lag"), behind: of("behind"), bad: of("bad"),
    hold: of("hold"), event: of("event"), hatch: of("hatch"), back: of("back")};
}

/** The stretches in which nothing was measured: [from, to], to the points that were. */
function gaps(at, values) {
  const found = [];
  for (let i = 0; i < at.length; i++) {
    if (values[i] !== null) continue;
    const first = i;
    while (i + 1 < at.length && values[i + 1] === null) i++;
    found.push([at[Math.max(first - 1, 0)], at[Math.min(i + 1, at.length - 1)]]);
  }
  return found;
}

class Plot {
  /** kind: {id, increments, say, key, label, color, least} */
  constructor(chart, kind) {
    this.chart = chart;
    this.kind = kind;
    this.element = byId(kind.id);
  }

  #axes(color) {
    const font = `12px system-ui, sans-serif`;
    const line = {stroke: color.text, font, grid: {stroke: color.grid, width: 1},
      ticks: {stroke: color.grid, width: 1, size: 4}};
    return [
      {...line, space: 60, incrs: TIMES, size: this.kind.times ? 28 : 6,
        values: (u, splits, axis, space, step) => splits.map((at) => !this.kind.times ? "" :
          step >= 86400 ? day(at * 1e6).slice(5) : time(at * 1e6, step < 60))},
      {...line, size: 66, space: 28, incrs: this.kind.increments,
        values: (u, splits) => splits.map((value) => this.kind.say(value))},
    ];
  }

  /** A point with a gap on both sides would be no line. */
  #lonely(u, series) {
    const values = u.data[series], found = [];
    for (let i = 0; i < values.length; i++)
      if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
    return found;
  }

  make() {
    const color = colors();
    this.plot?.destroy();
    this.color = color;
    const stroke = color[this.kind.color];
    this.plot = new uPlot({
      width: Math.max(this.element.clientWidth, 200),
      height: this.kind.height(),
      padding: [10, 12, 0, 0],
      tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), "Etc/UTC"),
      legend: {show: false},
      cursor: {drag: {x: false, y: false}, y: false, sync: {key: "lag"}, points: {size: 7}},
      select: {show: false},
      scales: {x: {time: true, range: () => this.chart.range()},
        y: {range: (u, low, high) => this.#range(high)}},
      axes: this.#axes(color),
      series: [{}, {label: this.kind.label, stroke, width: 2, fill: `${stroke}22`, spanGaps: false,
        points: {show: true, size: 5, fill: stroke,
          filter: (u, series, visible) => visible ? this.#lonely(u, series) : null}}],
      hooks: {drawClear: [() => this.#hatch()], draw: [() => this.#lines()],
        setCursor: [(u) => this.chart.tip(u)]},
    }, [[], []], this.element);
  }

  /** The threshold belongs to the scale when the line comes near it. */
  #range(high) {
    const threshold = this.chart.threshold(this.kind.key);
    let top = Math.max(high ?? 0, this.kind.least);
    if (threshold !== null && top > threshold / 8) top = Math.max(top, threshold);
    return [0, top * 1.12];
  }

  #hatch() {
    const u = this.plot, {ctx, bbox} = u, data = this.chart.data;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const [from, to] of gaps(data.at, data[this.kind.key])) {
      const left = u.valToPos(from, "x", true), right = u.valToPos(to, "x", true);
      const width = Math.max(right - left, 2 * devicePixelRatio), step = 7 * devicePixelRatio;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, bbox.top, width, bbox.height);
      ctx.clip();
      ctx.strokeStyle = this.color.hatch;
      ctx.lineWidth = devicePixelRatio;
      ctx.beginPath();
      for (let x = left - bbox.height; x < left + width; x += step) {
        ctx.moveTo(x, bbox.top + bbox.height);
        ctx.lineTo(x + bbox.height, bbox.top);
      }
      ctx.stroke();
      ctx.restore();
      if (width > 90 * devicePixelRatio)
        this.#write("unmeasured", Math.max(left, bbox.left) + width / 2, bbox.top + bbox.height / 2,
          this.color.text, "center");
    }
    ctx.restore();
  }

  /** Words with the ground behind them, so that lines do not run through. */
  #write(words, x, y, color, align) {
    const {ctx, bbox} = this.plot, ratio = devicePixelRatio;
    ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = align;
    ctx.textBaseline = "middle";
    const width = ctx.measureText(words).width + 6 * ratio;
    const left = align === "center" ? x - width / 2 : x - width + 3 * ratio;
    const shift = Math.max(0, bbox.left - left);
    ctx.fillStyle = this.color.back;
    ctx.globalAlpha = 0.7;
    ctx.fillRect(left + shift, y - 8 * ratio, width, 16 * ratio);
    ctx.globalAlpha = 1;
    ctx.fillStyle = color;
    ctx.fillText(words, x + shift, y);
  }

  #lines() {
    const u = this.plot, {ctx, bbox} = u, ratio = devicePixelRatio;
    ctx.save();
    this.#events();
    const threshold = this.chart.threshold(this.kind.key);
    this.element.dataset.threshold = "none";
    if (threshold !== null) {
      const color = this.color[this.kind.key === "lag" ? "bad" : "hold"];
      const words = `${this.kind.threshold} ${this.kind.say(threshold)}`;
      const right = bbox.left + bbox.width - 4 * ratio;
      const y = u.valToPos(threshold, "y", true);
      this.element.dataset.threshold = y >= bbox.top ? "line" : "above";
      if (y >= bbox.top) {
        ctx.strokeStyle = color;
        ctx.lineWidth = 1.5 * ratio;
        ctx.setLineDash([8 * ratio, 4 * ratio]);
        ctx.beginPath();
        ctx.moveTo(bbox.left, y);
        ctx.lineTo(bbox.left + bbox.width, y);
        ctx.stroke();
        this.#write(words, right, y + 20 * ratio < bbox.top + bbox.height ?
          y + 11 * ratio : y - 11 * ratio, color, "right");
      } else {
        this.#write(`▲ ${words}`, right, bbox.top + 10 * ratio, color, "right");
      }
    }
    ctx.restore();
  }

  #events() {
    const {ctx, bbox} = this.plot, ratio = devicePixelRatio;
    ctx.strokeStyle = ctx.fillStyle = this.color.event;
    ctx.lineWidth = ratio;
    for (const mark of this.chart.marks) {
      const x = mark.x * ratio + bbox.left;
      ctx.setLineDash([2 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      if (this.kind.times) continue;
      ctx.setLineDash([]);
      ctx.beginPath();
      ctx.moveTo(x - 5 * ratio, bbox.top - 9 * ratio);
      ctx.lineTo(x + 5 * ratio, bbox.top - 9 * ratio);
      ctx.lineTo(x, bbox.top);
      ctx.fill();
    }
  }
}

export class Chart {
  constructor() {
    this.data = {at: [], lag: [], behind: [], begin: null, end: null};
    this.marks = [];
    this.cluster = null;
    this.events = [];
    const tall = () => innerWidth < 600 ? 170 : innerHeight > 1000 ? 260 : 210;
    const low = () => innerWidth < 600 ? 130 : 160;
    this.plots = [
      new Plot(this, {id: "plot-lag", key: "lag", label: "lag", color: "lag", least: 1, times: false,
        increments: SECONDS, say: (seconds) => duration(seconds * 1e6), threshold: "abort at",
        height: tall}),
      new Plot(this, {id: "plot-behind", key: "behind", label: "behind", color: "behind",
        least: 65536, times: true, increments: BYTES, say: size, threshold: "hold above",
        height: low}),
    ];
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#again());
    new ResizeObserver(() => this.#resize()).observe(byId("chart"));
    byId("chart").addEventListener("mouseleave", () => { byId("tip").hidden = true; });
  }

  #again() {
    for (const each of this.plots) each.plot && each.make();
    this.#draw();
  }

  #resize() {
    for (const {plot, element, kind} of this.plots) {
      const width = element.clientWidth, height = kind.height();
      if (plot && width > 0 && (plot.width !== width || plot.height !== height))
        plot.setSize({width, height});
    }
  }

  range() {
    const {begin, end} = this.data;
    if (end === null) return [Date.now() / 1000 - 60, Date.now() / 1000];
    return end - begin < 10 ? [end - 10, end] : [begin, end];
  }

  threshold(key) {
    if (this.cluster === null) return null;
    const {abort_lag_us: abort, hold_behind: hold} = this.cluster;
    return key === "lag" ? (abort === null ? null : abort / 1e6) : hold;
  }

  /** Events that would lie upon another are one mark. */
  #mark() {
    const plot = this.plots[0].plot, [begin, end] = this.range();
    this.marks = [];
    for (const event of this.events) {
      const at = event.at_us / 1e6;
      if (at < begin || at > end) continue;
      const x = (at - begin) / (end - begin) * plot.bbox.width / devicePixelRatio;
      const last = this.marks.at(-1);
      if (last && x - last.x < NEAR) last.events.push(event);
      else this.marks.push({x, events: [event]});
    }
    byId("chart").dataset.marks = String(this.marks.length);
  }

  #draw() {
    const {at, lag, behind} = this.data;
    this.plots[0].plot.setData([at, lag]);
    this.#mark();
    this.plots[0].plot.redraw(false);
    this.plots[1].plot.setData([at, behind]);
  }

  update(cluster, data, events) {
    this.cluster = cluster;
    this.data = data;
    this.events = [...events].sort((a, b) => a.at_us - b.at_us);
    for (const each of this.plots) if (!each.plot) each.make();
    this.#draw();
  }

  /** What is under the pointer: the point, and the events near it. */
  tip(u) {
    const tip = byId("tip"), {left, idx} = u.cursor;
    if (!(left >= 0) || u.cursor.event == null) return;
    const marks = this.marks.filter((mark) => Math.abs(mark.x - left) <= NEAR);
    const events = marks.flatMap((mark) => mark.events).slice(-6);
    const lines = [];
    if (idx != null && this.data.at[idx] !== undefined) {
      const lag = this.data.lag[idx], behind = this.data.behind[idx];
      lines.push(create("p", {className: "tip-time",
        textContent: `${time(this.data.at[idx] * 1e6)} UTC`}));
      lines.push(create("p", {textContent: lag === null && behind === null ? "unmeasured" :
        `lag ${lag === null ? "unknown" : duration(lag * 1e6)}, behind ` +
        (behind === null ? "unknown" : size(behind))}));
    }
    for (const event of events)
      lines.push(create("p", {className: "tip-event",
        textContent: `▼ ${time(event.at_us)} ${event.text}`}));
    tip.replaceChildren(...lines);
    tip.hidden = lines.length === 0;
    this.#place(tip, left + u.bbox.left / devicePixelRatio);
  }

  #place(tip, x) {
    const room = byId("chart").querySelector(".plots").clientWidth, width = tip.offsetWidth;
    const left = x + 14 + width > room ? x - 14 - width : x + 14;
    tip.style.left = `${Math.max(0, Math.min(left, room - width))}px`;
  }

  /** For those who do not see it. */
  describe(name) {
    const {lag, behind} = this.data;
    const say = (values, words) => {
      const known = values.filter((value) => value !== null);
      const last = values.at(-1);
      return `now ${last == null ? "unmeasured" : words(last)}, at most ` +
        (known.length ? words(known.reduce((a, b) => Math.max(a, b))) : "unmeasured");
    };
    this.plots[0].element.ariaLabel = `Lag of ${name}: ${say(lag, (s) => duration(s * 1e6))}`;
    this.plots[1].element.ariaLabel = `How far ${name} is behind: ${say(behind, size)}`;
  }

  legend(list) {
    const abort = this.threshold("lag"), hold = this.threshold("behind");
    const items = [["lag", "lag"], ["behind", "behind"]];
    if (abort !== null) items.push(["abort", `abort at a lag of ${duration(abort * 1e6)}`]);
    if (hold !== null) items.push(["hold", `hold above ${size(hold)} behind`]);
    items.push(["hatched", "unmeasured"], ["event", "event"]);
    const key = JSON.stringify(items);
    if (list.dataset.key === key) return;
    list.dataset.key = key;
    list.replaceChildren(...items.map(([kind, words]) => {
      const item = create("li", {className: `key key-${kind}`});
      setText(item, words);
      return item;
    }));
  }
}
