// The tables: which columns there are, and what they say.
import {none, shown, unknown} from "/dom.js";
import {age, bothZones, count, duration, moment, rate, size, version} from "/format.js";
import {compareLag, isMeasured, isOurs, levelRank, model, slotLevel} from "/model.js";

export const SYMBOLS = {good: "●", hold: "◐", warn: "▲", bad: "✖", unmeasured: "◌"};

export function since(us) {
  return us === null ? "never measured" : `last measured ${moment(us, model.nowUs)} UTC, ` +
    `${age(model.nowUs - us)} ago`;
}

/** Why there is no value of it. */
export function unmeasured(source) {
  const why = source.why ?? (source.state === "connecting" ? "not connected yet" : "unknown reason");
  return shown("unmeasured", "unmeasured", `${why}; ${since(source.measured_us)}`);
}

/** The same where the row says it already. */
const alsoUnmeasured = (source) => shown("◌", "unmeasured", unmeasured(source).title);

const of = (slot, key, say) => {
  if (!isMeasured(slot.server)) return key === "lag_us" || key === "behind" ?
    unmeasured(slot.server) : alsoUnmeasured(slot.server);
  if (!slot.is_there) return none("the slot is gone");
  return slot[key] === null ? unknown() : say(slot[key]);
};

export function lagText(slot) {
  return `${slot.lag_is_least ? "≥ " : ""}${duration(slot.lag_us)}`;
}

export function trend(slot) {
  if (!isMeasured(slot.server)) return unmeasured(slot.server);
  if (!slot.is_there) return none("the slot is gone");
  switch (slot.trend) {
    case "caught_up": return shown("caught up", "good");
    case "catching_up":
      return shown(slot.eta_us === null ? "catching up" : `caught up in ${duration(slot.eta_us)}`);
    case "never": return shown(`▲ will not catch up${slot.why ? `: ${slot.why}` : ""}`, "warn");
    default: return shown("not known yet", "unknown", slot.why ?? "too little has been seen");
  }
}

function state(slot) {
  const [level, word] = slotLevel(slot);
  const title = level === "unmeasured" ? unmeasured(slot.server).title :
    slot.wal_status ? `wal_status ${slot.wal_status}` : "";
  return shown(`${SYMBOLS[level]} ${word}`, level, title);
}

const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const most = (key) => (a, b) => (b[key] ?? Infinity) - (a[key] ?? Infinity) || 0;
const least = (key) => (a, b) => (a[key] ?? Infinity) - (b[key] ?? Infinity) || 0;

/** What is worst first, ours before others, then by name: rows do not jump with every number. */
export function usualOrder(a, b) {
  return levelRank(slotLevel(b)[0]) - levelRank(slotLevel(a)[0]) ||
    isOurs(b) - isOurs(a) || order(a.server.name, b.server.name) || order(a.name, b.name);
}

export const slotColumns = [
  {name: "Slot", compare: (a, b) => order(a.name, b.name),
    cell: (slot) => shown(slot.name, isOurs(slot) ? "name ours" : "name",
      isOurs(slot) ? "of pgcutover; click to see its lag" : "of somebody else; click to see its lag")},
  {name: "Server", compare: (a, b) => order(a.server.name, b.server.name),
    cell: (slot) => shown(slot.server.name)},
  {name: "Database", compare: (a, b) => order(a.database ?? "", b.database ?? ""),
    cell: (slot) => slot.database === null ? none("a physical slot") : shown(slot.database, "name")},
  {name: "State", compare: (a, b) => levelRank(slotLevel(b)[0]) - levelRank(slotLevel(a)[0]),
    down: true, cell: state},
  {name: "Lag", number: true, down: true, compare: compareLag,
    title: "the age of the oldest change that the subscriber has not confirmed",
    cell: (slot) => of(slot, "lag_us", () => shown(lagText(slot), "", slot.lag_is_least ?
      "it was behind when the watch began: it is at least that old" : ""))},
  {name: "Behind", number: true, down: true, compare: most("behind"),
    title: "WAL that the subscriber has not confirmed",
    cell: (slot) => of(slot, "behind", (bytes) => shown(size(bytes), "", `${count(bytes)} bytes`))},
  {name: "Applies", number: true, down: true, compare: most("apply_rate"),
    title: "how fast the confirmed position moves",
    cell: (slot) => of(slot, "apply_rate", (bytes) => shown(rate(bytes)))},
  {name: "Trend", cell: trend},
  {name: "Keeps", number: true, down: true, compare: most("retained"),
    title: "WAL that the server keeps for the slot",
    cell: (slot) => of(slot, "retained", (bytes) => shown(size(bytes)))},
  {name: "Lost in", number: true, compare: least("lost_in_us"),
    title: "at the present rates, until the server no longer keeps what the slot needs",
    cell: (slot) => {
      if (!isMeasured(slot.server)) return alsoUnmeasured(slot.server);
      if (slot.lost_in_us !== null)
        return shown(duration(slot.lost_in_us), "warn",
          slot.safe === null ? "" : `${size(slot.safe)} may still be written`);
      return slot.safe === null ? none("no limit") : none(`${size(slot.safe)} may still be written`);
    }},
  {name: "Spilled", number: true, down: true, compare: most("spilled"),
    title: "what decoding wrote to disk since the counters began",
    cell: (slot) => of(slot, "spilled", (bytes) => shown(size(bytes)))},
];

export const isIdle = (server) => server.oldest_us === 0 && server.oldest_who === null;

/** A prepared transaction has no process: its name is told. */
export const oldestWho = (server) => (server.oldest_who ?? "unknown") +
  (server.oldest_pid ? `, pid ${server.oldest_pid}` : "");

const ofServer = (server, key, say) => {
  if (!isMeasured(server)) return alsoUnmeasured(server);
  return server[key] === null ? unknown() : say(server[key]);
};

/** Of a server or a console. */
export function sourceState(source) {
  if (source.state === "measured")
    return shown(`${SYMBOLS.good}\u00a0measured`, "good", `at ${bothZones(source.measured_us)}`);
  if (source.state === "connecting") return shown(`${SYMBOLS.unmeasured}\u00a0connecting`, "unmeasured");
  return shown(`${SYMBOLS.unmeasured} unmeasured: ${unmeasured(source).title}`, "unmeasured");
}

export const serverColumns = [
  {name: "Server", cell: (server) => shown(server.name, "name")},
  {name: "State", cell: sourceState},
  {name: "Version", number: true,
    cell: (server) => server.version_num === null ? unknown() : shown(version(server.version_num))},
  {name: "Writes", number: true, title: "WAL",
    cell: (server) => ofServer(server, "wal_rate", (bytes) => shown(rate(bytes)))},
  {name: "Oldest transaction",
    cell: (server) => ofServer(server, "oldest_us", (us) => isIdle(server) ?
      none("no transaction is open") :
      shown(`${duration(us)}, ${oldestWho(server)}`))},
  {name: "Round trip", number: true,
    cell: (server) => ofServer(server, "round_trip_us", (us) => shown(duration(us)))},
];

const errors = (number) => shown(count(number), number > 0 ? "warn" : "");
const ofSubscription = (subscription, key, say) => {
  if (!isMeasured(subscription.server)) return alsoUnmeasured(subscription.server);
  return subscription[key] === null ? unknown("this server's version does not tell") :
    say(subscription[key]);
};

export const subscriptionColumns = [
  {name: "Subscription", cell: (one) => shown(one.name, "name")},
  {name: "On", cell: (one) => shown(`${one.server.name}/${one.database ?? "?"}`, "name")},
  {name: "State",
    cell: (one) => {
      if (!isMeasured(one.server)) return unmeasured(one.server);
      if (!one.is_enabled) return shown(`${SYMBOLS.warn}\u00a0disabled`, "warn");
      return one.has_worker ? shown(`${SYMBOLS.good}\u00a0works`, "good") :
        shown(`${SYMBOLS.warn}\u00a0no\u00a0worker`, "warn");
    }},
  {name: "Waits for",
    cell: (one) => !isMeasured(one.server) ? alsoUnmeasured(one.server) :
      one.waits_for === null ? none("nothing") : shown(one.waits_for)},
  {name: "Errors", number: true, title: "of apply, since the counters began",
    cell: (one) => ofSubscription(one, "apply_errors", errors)},
  {name: "Copy errors", number: true, title: "of the first copy, since the counters began",
    cell: (one) => ofSubscription(one, "sync_errors", errors)},
  {name: "Conflicts", number: true, title: "since the counters began; from 18 on",
    cell: (one) => ofSubscription(one, "conflicts", errors)},
  {name: "Heard", number: true, title: "how long ago the publisher was last heard of",
    cell: (one) => ofSubscription(one, "message_age_us", (us) => shown(duration(us)))},
];

const ofPool = (row, say) =>
  row.console.state !== "measured" ? alsoUnmeasured(row.console) : say(row.pool);

export const poolColumns = [
  {name: "Pool", cell: (row) => row.pool ? shown(`${row.pool.database}\u00a0·\u00a0${row.pool.user}`, "name") :
    row.console.state !== "measured" ? alsoUnmeasured(row.console) : none("no pools")},
  {name: "Console", cell: (row) => shown(
    row.console.pooler === row.console.name ? row.console.name :
      `${row.console.pooler} ${row.console.name}`, "name")},
  {name: "State", cell: (row) => row.console.state !== "measured" ? sourceState(row.console) :
    !row.pool ? none() : row.pool.is_paused ? shown("‖\u00a0paused", "hold") :
      shown(`${SYMBOLS.good}\u00a0open`, "good")},
  {name: "Waiting", number: true, cell: (row) => ofPool(row, (pool) => !pool ? none() :
    shown(count(pool.waiting), pool.waiting > 0 ? "warn" : ""))},
  {name: "Longest", title: "wait of a client", number: true, cell: (row) => ofPool(row, (pool) => !pool ? none() :
    pool.maxwait_us === null ? unknown() : shown(duration(pool.maxwait_us)))},
  {name: "Active", number: true,
    cell: (row) => ofPool(row, (pool) => pool ? shown(count(pool.active)) : none())},
  {name: "Servers", number: true, cell: (row) => ofPool(row, (pool) => !pool ? none() :
    shown(count(pool.servers), "", `${count(pool.idle)} of them idle`))},
];

/** A row a pool; a console without any has one all the same. */
export function poolRows(cluster) {
  const rows = [];
  for (const console of cluster.consoles.values()) {
    const pools = console.state === "measured" ? console.pools : [];
    for (const pool of pools)
      rows.push({key: JSON.stringify([console.key, pool.database, pool.user]), console, pool});
    if (pools.length === 0) rows.push({key: JSON.stringify([console.key]), console, pool: null});
  }
  return rows;
}
