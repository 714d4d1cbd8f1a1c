// What the tool has told, put together from its messages; and what follows from it.

export const model = {clusters: new Map(), events: [], nowUs: null, version: null, intervalMs: 1000};

const EVENTS = 256;

function child(map, key, make) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}

function takeServer(cluster, told) {
  const server = child(cluster.servers, told.name,
    () => ({key: told.name, name: told.name, slots: new Map(), subscriptions: new Map()}));
  const {slots, subscriptions, ...values} = told;
  Object.assign(server, values);
  for (const slot of slots ?? []) {
    const known = child(server.slots, slot.name, 
      () => ({server, cluster, key: JSON.stringify([server.name, slot.name])}));
    Object.assign(known, slot);
  }
  for (const subscription of subscriptions ?? []) {
    const key = JSON.stringify([subscription.database, subscription.name]);
    const known = child(server.subscriptions, key, () => ({server, key: `${server.name} ${key}`}));
    Object.assign(known, subscription);
  }
}

function takeCluster(told) {
  const cluster = child(model.clusters, told.name,
    () => ({name: told.name, servers: new Map(), consoles: new Map(), run: null}));
  cluster.hold_behind = told.hold_behind;
  cluster.abort_lag_us = told.abort_lag_us;
  cluster.run = told.run ?? cluster.run;
  for (const server of told.servers ?? []) takeServer(cluster, server);
  for (const console of told.consoles ?? []) {
    const key = JSON.stringify([console.pooler, console.name]);
    cluster.consoles.set(key, {...console, key});
  }
}

/** Takes a message over; returns the events that are new to somebody who looked before it. */
export function take(message) {
  const events = message.events ?? [];
  if (message.whole) {
    model.clusters.clear();
    model.events = [];
  }
  model.nowUs = message.now_us ?? model.nowUs;
  model.version = message.version;
  model.intervalMs = message.interval_ms;
  for (const cluster of message.clusters) takeCluster(cluster);
  model.events.push(...events);
  model.events.splice(0, model.events.length - EVENTS);
  return message.whole ? [] : events;
}

export const isMeasured = (server) => server.state === "measured";
export const isOurs = (slot) => slot.name.startsWith("pgcutover_");
export const isLost = (slot) => slot.is_there ? slot.wal_status === "lost" : isOurs(slot);

/** Ours before others: it is they that a cutover waits for. Lost is worse than unknown, unknown than
    any number. As the terminal says it. */
export function compareLag(a, b) {
  if (isLost(a) !== isLost(b)) return isLost(a) ? -1 : 1;
  if ((a.lag_us === null) !== (b.lag_us === null)) return a.lag_us === null ? -1 : 1;
  return (b.lag_us ?? 0) - (a.lag_us ?? 0) || (b.behind ?? Infinity) - (a.behind ?? Infinity) || 0;
}

export function* allSlots(cluster) {
  for (const server of cluster.servers.values()) yield* server.slots.values();
}

export function worstSlot(cluster) {
  let worst = null;
  for (const slot of allSlots(cluster)) {
    if (!isMeasured(slot.server) || (!slot.is_there && !isOurs(slot))) continue;
    if (!worst || isOurs(slot) - isOurs(worst) > 0 ||
        (isOurs(slot) === isOurs(worst) && compareLag(slot, worst) < 0)) worst = slot;
  }
  return worst;
}

/** The server that keeps us from knowing the lag: it has slots that nobody can see now. */
export function blindServer(cluster) {
  const servers = [...cluster.servers.values()];
  return servers.find((server) => !isMeasured(server) &&
    [...server.slots.values()].some((slot) => slot.is_there)) ??
    (servers.some(isMeasured) ? null : servers[0] ?? null);
}

const LEVELS = ["good", "hold", "warn", "unmeasured", "bad"];

/** [level, what it means in a word]: the level is one of good, hold, warn, bad, unmeasured. */
export function slotLevel(slot) {
  if (!isMeasured(slot.server)) return ["unmeasured", "unmeasured"];
  if (isLost(slot)) return ["bad", slot.is_there ? "lost" : "gone"];
  if (!slot.is_there) return ["hold", "gone"];
  const abort = slot.cluster.abort_lag_us;
  if (isOurs(slot) && abort !== null && slot.lag_us !== null && slot.lag_us >= abort)
    return ["bad", "over the abort threshold"];
  if (slot.wal_status === "unreserved") return ["bad", "unreserved"];
  if (!slot.is_active) return ["warn", "inactive"];
  if (slot.trend === "never") return ["warn", "will not catch up"];
  const hold = slot.cluster.hold_behind;
  if (isOurs(slot) && hold !== null && slot.behind !== null && slot.behind > hold)
    return ["hold", "over the hold threshold"];
  return ["good", slot.wal_status === "extended" ? "active, extended" : "active"];
}

export function clusterLevel(cluster) {
  let worst = blindServer(cluster) ? "unmeasured" : "good";
  for (const slot of allSlots(cluster)) {
    if (!slot.is_there && !isOurs(slot)) continue;
    const [level] = slotLevel(slot);
    if (LEVELS.indexOf(level) > LEVELS.indexOf(worst)) worst = level;
  }
  return worst;
}

export const levelRank = (level) => LEVELS.indexOf(level);
