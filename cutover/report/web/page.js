// The page of `pgcutover watch`: it shows what the tool tells, and can do nothing else.
import {Chart} from "/chart.js";
import {byId, create, setAttribute, setText} from "/dom.js";
import {age, bothZones, count, moment, time} from "/format.js";
import {allSlots, isLost, isMeasured, isOurs, model, take, worstSlot} from "/model.js";
import {Series} from "/series.js";
import {Stream} from "/stream.js";
import {brief, updateFigures, updateRun} from "/summary.js";
import {Table} from "/table.js";
import {poolColumns, poolRows, serverColumns, slotColumns, subscriptionColumns, usualOrder}
  from "/tables.js";

const RANGES = [["2 min", 120], ["15 min", 900], ["1 h", 3600], ["all", null]];
const SOME = 50; // rows of slots at a time: a browser is slow with a table of a thousand
const chosen = {cluster: null, slot: null, range: 900, from: 0};
const connection = {lost: true, ever: false, heard: null};
let told = null; // the version whose files these are

const chart = new Chart();
const series = new Series(() => draw());
const tables = {
  servers: new Table(byId("servers-table"), serverColumns, {empty: "No server is known yet."}),
  slots: new Table(byId("slots-table"), slotColumns,
    {choose: chooseSlot, sorted: () => { chosen.from = 0; draw(); }}),
  subscriptions: new Table(byId("subscriptions-table"), subscriptionColumns),
  pools: new Table(byId("pools-table"), poolColumns, {empty: "No pooler is watched."}),
};

// --- what was chosen, which is in the address: it can be sent to somebody ---------------------------

function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  chosen.cluster = words.get("cluster");
  chosen.slot = words.has("slot") ? {server: words.get("server"), name: words.get("slot")} : null;
  chosen.range = RANGES.find(([name]) => name === words.get("time"))?.[1] ?? chosen.range;
  if (words.get("time") === "all") chosen.range = null;
  choose();
}

function address(changes = {}) {
  const now = {cluster: chosen.cluster, server: chosen.slot?.server, slot: chosen.slot?.name,
    time: RANGES.find(([, seconds]) => seconds === chosen.range)[0], ...changes};
  return `#${new URLSearchParams(Object.entries(now).filter(([, value]) => value != null))}`;
}

function chooseSlot(slot) {
  location.hash = address({server: slot.server.name, slot: slot.name});
}

function cluster() {
  return model.clusters.get(chosen.cluster) ?? model.clusters.values().next().value ?? null;
}

/** The slot whose lag is drawn: the chosen one, while it is known, else the worst. Rather the last
    one than none: when a server cannot be measured its gap is to be seen. */
function slot() {
  const here = cluster();
  const wanted = chosen.slot &&
    here?.servers.get(chosen.slot.server)?.slots.get(chosen.slot.name);
  if (wanted) return wanted;
  const worst = here && worstSlot(here);
  const drawn = series.slot?.cluster === here?.name ?
    here?.servers.get(series.slot?.server)?.slots.get(series.slot?.slot) : undefined;
  if (worst) return drawn && isAsBad(drawn, worst) ? drawn : worst;
  return drawn ?? (here ? [...allSlots(here)].sort(usualOrder)[0] ?? null : null);
}

/** Two that are about as bad must not take turns. */
function isAsBad(one, worst) {
  return isMeasured(one.server) && one.is_there && isLost(one) === isLost(worst) &&
    (worst.lag_us ?? Infinity) <= 2 * (one.lag_us ?? Infinity) + 1e6;
}

function choose() {
  series.choose(slot());
  entitle();
  draw();
}

// --- drawing: once a frame at most -----------------------------------------------------------------

let asked = false;
function draw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    const here = cluster();
    if (here) render(here);
  });
}

function renderClusters() {
  const nav = byId("clusters"), list = [...model.clusters.values()];
  nav.hidden = list.length < 2;
  while (nav.children.length > list.length) nav.lastChild.remove();
  list.forEach((each, i) => {
    const link = nav.children[i] ?? nav.appendChild(create("a", {}, create("span"), create("span")));
    const {level, lag, symbol} = brief(each);
    setAttribute(link, "href", `#${new URLSearchParams({cluster: each.name})}`);
    setAttribute(link, "class", level);
    setAttribute(link, "aria-current", each === cluster() ? "page" : null);
    setText(link.firstChild, `${symbol} ${each.name}`);
    setText(link.lastChild, lag);
  });
}

/** Where not all are seen, it is not known whether there is one. */
function absent(here, what) {
  const blind = [...here.servers.values()].filter((server) => !isMeasured(server));
  return blind.length === 0 && here.servers.size > 0 ? `There is no ${what}.` :
    `No ${what} is known; ${blind.map((server) => server.name).join(", ") || "no server"} ` +
    `${blind.length ? "unmeasured" : "seen yet"}.`;
}

function renderSlots(here, drawn) {
  const words = byId("filter").value.toLowerCase();
  const every = [...allSlots(here)].filter((each) => each.is_there || isOurs(each));
  const wanted = every.filter((each) => !words ||
    `${each.server.name} ${each.name} ${each.database ?? ""}`.toLowerCase().includes(words));
  const rows = tables.slots.order(wanted, usualOrder);
  chosen.from = Math.max(0, Math.min(chosen.from, Math.ceil(rows.length / SOME) * SOME - SOME));
  const some = rows.slice(chosen.from, chosen.from + SOME);
  byId("filter-label").hidden = every.length <= 10;
  setText(byId("slots-count"), (rows.length > SOME ?
    `${count(chosen.from + 1)} to ${count(chosen.from + some.length)} of ` : "") +
    (rows.length > 1 ? count(rows.length) : "") +
    (rows.length < every.length ? ` of all ${count(every.length)}` : ""));
  byId("pager").hidden = rows.length <= SOME;
  byId("slots-back").disabled = chosen.from === 0;
  byId("slots-on").disabled = chosen.from + SOME >= rows.length;
  tables.slots.sayEmpty(words ? "No slot has this in its name." : absent(here, "replication slot"));
  tables.slots.update(some, (each) => each === drawn);
}

function renderChart(here, drawn) {
  const known = drawn !== null && series.at.length > 0;
  setText(byId("chart-title"), drawn ? `Lag of ${drawn.name}` : "Lag");
  byId("follow").hidden = chosen.slot === null;
  byId("plot-empty").hidden = known;
  setText(byId("plot-empty"), drawn ? "Waiting for the first measurement." :
    `Nothing to draw. ${absent(here, "replication slot")}`);
  for (const id of ["plot-lag", "plot-behind", "legend"]) byId(id).hidden = !known;
  if (!known) return;
  chart.update(here, series.window(chosen.range),
    model.events.filter((event) => event.cluster === here.name));
  chart.legend(byId("legend"));
  chart.describe(drawn.name);
}

let shownEvents = null;
function renderEvents(here) {
  const list = model.events.filter((event) => event.cluster === here.name)
    .sort((a, b) => b.at_us - a.at_us);
  const key = `${here.name} ${list.length} ${list[0]?.at_us} ${list[0]?.text} ${list.at(-1)?.at_us}`;
  if (key === shownEvents) return;
  shownEvents = key;
  byId("events-list").replaceChildren(...(list.length ? list.map((event) => create("li", {},
    create("time", {textContent: moment(event.at_us, model.nowUs), title: bothZones(event.at_us),
      dateTime: new Date(event.at_us / 1000).toISOString()}),
    create("span", {className: "event-kind", textContent: event.kind}),
    create("span", {className: "event-text", textContent: event.text}))) :
    [create("li", {className: "empty", textContent: "Nothing has happened since the watch began."})]));
}

function render(here) {
  const drawn = slot();
  byId("main").hidden = false;
  renderClusters();
  updateRun(here);
  updateFigures(here);
  tables.servers.update([...here.servers.values()]);
  renderSlots(here, drawn);
  tables.subscriptions.sayEmpty(absent(here, "subscription"));
  tables.subscriptions.update([...here.servers.values()]
    .flatMap((server) => [...server.subscriptions.values()]));
  tables.pools.update(poolRows(here));
  renderEvents(here);
  renderChart(here, drawn);
  setText(byId("clock"), model.nowUs === null ? "" : `as of ${time(model.nowUs)} UTC`);
  if (model.nowUs !== null) byId("clock").title = bothZones(model.nowUs);
  setText(byId("version"), `pgcutover ${model.version}.`);
}

// --- the tool ---------------------------------------------------------------------------------------

function announce(words) {
  setText(byId("announce"), words);
}

/** The words of the banner; null: all is well. */
function trouble() {
  if (!connection.ever) return "Connecting to pgcutover watch …";
  if (connection.lost)
    return "✖ No connection to pgcutover watch: what is shown is old. It is tried again.";
  const old = performance.now() - connection.heard > Math.max(10000, 5 * model.intervalMs);
  return old ? "◌ pgcutover watch tells nothing new: what is shown is old." : null;
}

function renderConnection() {
  const words = trouble();
  byId("banner").hidden = words === null;
  document.body.classList.toggle("stale", words !== null && connection.ever);
  if (words === null) return;
  setText(byId("banner-text"), words);
  setText(byId("banner-age"), connection.ever && model.nowUs !== null ?
    `Last heard at ${time(model.nowUs)} UTC, ` +
    `${age((performance.now() - connection.heard) * 1000)} ago.` : "");
}

/** Also while nobody looks: what is drawn waits until somebody does. */
function entitle() {
  const here = cluster(), {lag, symbol} = here ? brief(here) : {};
  if (here)
    document.title = `${connection.lost ? "✖ lost" : `${symbol} ${lag}`} · ${here.name} · pgcutover`;
}

function lost() {
  if (!connection.lost) announce("The connection to pgcutover watch is lost.");
  connection.lost = true;
  renderConnection();
  entitle();
}

function back() {
  if (connection.lost && connection.ever) announce("The connection to pgcutover watch is back.");
  connection.lost = false;
  renderConnection();
  entitle();
}

function hear(message) {
  const before = cluster()?.run?.phase;
  if (told !== null && message.version !== told) return location.reload();
  told = message.version;
  const events = take(message).filter((event) => event.cluster === cluster()?.name);
  connection.lost = false;
  connection.ever = true;
  connection.heard = performance.now();
  const here = cluster(), words = events.slice(-3).map((event) => event.text);
  if (here && before && here.run?.phase && here.run.phase !== before) words.unshift(here.run.phase);
  if (words.length) announce(words.join(". "));
  renderConnection();
  if (message.whole) {
    shownEvents = null;
    series.slot = null;
  }
  if (here) {
    const drawn = slot();
    if (!series.is(drawn)) series.choose(drawn);
    else series.tick();
  }
  entitle();
  draw();
}

function begin() {
  for (const [name, seconds] of RANGES) {
    const button = create("button", {type: "button", textContent: name});
    button.addEventListener("click", () => { location.hash = address({time: name}); });
    button.dataset.seconds = String(seconds);
    byId("ranges").append(button);
  }
  const press = () => {
    for (const button of byId("ranges").children)
      setAttribute(button, "aria-pressed", String(button.dataset.seconds === String(chosen.range)));
  };
  addEventListener("hashchange", () => { readAddress(); press(); });
  byId("follow").addEventListener("click", () => {
    location.hash = address({server: null, slot: null});
  });
  const turn = (from) => { chosen.from = from; draw(); };
  byId("filter").addEventListener("input", () => turn(0));
  byId("slots-back").addEventListener("click", () => turn(chosen.from - SOME));
  byId("slots-on").addEventListener("click", () => turn(chosen.from + SOME));
  byId("copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(byId("next").textContent);
      announce("copied");
      setText(byId("copy"), "Copied");
      setTimeout(() => setText(byId("copy"), "Copy"), 1500);
    } catch { // not allowed here: it is marked, for the keyboard
      getSelection().selectAllChildren(byId("next"));
    }
  });
  readAddress();
  press();
  renderConnection();
  setInterval(renderConnection, 1000);
  new Stream({take: hear, back, lost});
}

begin();
