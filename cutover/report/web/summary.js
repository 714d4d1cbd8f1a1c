// The state of a cluster's run, and the figures that are read from across the room.
import {byId, none, setAttribute, setText, show, shown} from "/dom.js";
import {age, bothZones, count, duration, moment, size} from "/format.js";
import {allSlots, blindServer, clusterLevel, isMeasured, isOurs, model, slotLevel, worstSlot}
  from "/model.js";
import {SYMBOLS, isIdle, lagText, oldestWho, trend, unmeasured} from "/tables.js";

const SIDES = {blue: "◧ blue may write", green: "◨ green may write", nobody: "⊘ nobody may write"};

export function updateRun(cluster) {
  const run = cluster.run ?? {}, broken = Boolean(run.why);
  setText(byId("cluster"), cluster.name);
  setText(byId("phase"), broken ? `the journal of the run cannot be read: ${run.why}` :
    run.phase ?? "nothing is known of its run yet");
  setAttribute(byId("phase"), "class", broken ? "phase unmeasured" : "phase");
  show(byId("may-write"), run.may_write ?
    shown(SIDES[run.may_write] ?? `${run.may_write} may write`, `may-write side-${run.may_write}`) :
    shown("who may write: unknown", "may-write unmeasured"));
  setText(byId("last-step"), run.last_step ?
    run.last_step + (run.last_state ? `: ${run.last_state}` : "") : "—");
  setText(byId("waits-for"), run.waits_for ?? (run.phase ? "nothing" : "unknown"));
  const since = run.since_us ?? null;
  show(byId("since"), since === null ? none() :
    shown(`${moment(since, model.nowUs)} UTC, ${age(model.nowUs - since)} ago`, "",
      bothZones(since)));
  setText(byId("run-id"), run.id ?? "—");
  setText(byId("next"), run.next ?? "—");
  byId("copy").disabled = !run.next;
}

function figure(name, value, note = "", kind = "") {
  const element = byId(`figure-${name}`);
  setAttribute(element, "class", `figure ${kind}`.trim());
  setText(element.querySelector(".value"), value);
  const p = element.querySelector(".note");
  setText(p, note);
  setAttribute(p, "title", note);
}

const nameOf = (slot) => `${slot.server.name}, ${slot.name}`;

function blindFigures(server) {
  const why = `${server.name}: ${unmeasured(server).title}`;
  for (const name of ["lag", "behind", "trend", "slot"]) figure(name, "unmeasured", why, "unmeasured");
}

function lagFigures(slot) {
  const [level, word] = slotLevel(slot);
  const name = nameOf(slot);
  if (!slot.is_there) {
    for (const each of ["lag", "behind", "trend"])
      figure(each, "unknown", `${slot.name} is gone`, "unmeasured");
    return;
  }
  const bad = level === "bad" || level === "warn" ? level : "";
  figure("lag", slot.lag_us === null ? "unknown" : lagText(slot), `the worst: ${name}`,
    slot.lag_us === null ? "unmeasured" : bad && word.includes("abort") ? bad : "");
  const hold = slot.cluster.hold_behind;
  const over = isOurs(slot) && hold !== null && slot.behind > hold;
  figure("behind", slot.behind === null ? "unknown" : size(slot.behind),
    over ? `${SYMBOLS.hold} a cutover would wait: above ${size(hold)}` :
      slot.apply_rate === null ? "" : `applies ${size(slot.apply_rate)}/s`,
    slot.behind === null ? "unmeasured" : over ? "hold" : "");
  const said = trend(slot);
  figure("trend", slot.trend === "never" ? "will not catch up" : said.text,
    slot.trend === "never" ? slot.why ?? "" : said.title, said.kind === "unknown" ? "" : said.kind);
}

/** The slot that is the next to be lost, or the one that keeps most. */
function healthFigure(slots) {
  const here = slots.filter((slot) => slot.is_there);
  const lost = slots.filter((slot) => slotLevel(slot)[0] === "bad" &&
    ["lost", "gone", "unreserved"].includes(slotLevel(slot)[1]));
  if (lost.length > 0) {
    figure("slot", `${SYMBOLS.bad} ${slotLevel(lost[0])[1]}`,
      lost.length === 1 ? nameOf(lost[0]) : `${nameOf(lost[0])} and ${lost.length - 1} more`, "bad");
    return;
  }
  const idle = here.filter((slot) => !slot.is_active);
  const soon = here.filter((slot) => slot.lost_in_us !== null)
    .sort((a, b) => a.lost_in_us - b.lost_in_us)[0];
  const most = here.reduce((a, b) => ((a?.retained ?? -1) >= (b.retained ?? -1) ? a : b), null);
  const note = soon ? `${soon.name} is lost in ${duration(soon.lost_in_us)}` :
    most?.retained != null ? `at most ${size(most.retained)} kept, by ${most.name}` : "";
  if (here.length === 0) figure("slot", "no slots");
  else if (idle.length > 0)
    figure("slot", `${SYMBOLS.warn} ${count(idle.length)} of ${count(here.length)} inactive`, note, "warn");
  else figure("slot", here.length === 1 ? "active" : `all ${count(here.length)} active`, note,
    soon ? "warn" : "");
}

function oldestFigure(servers) {
  const known = servers.filter((server) => isMeasured(server) && server.oldest_us !== null);
  const oldest = known.sort((a, b) => b.oldest_us - a.oldest_us)[0];
  const blind = servers.filter((server) => !isMeasured(server));
  const also = blind.length ? `; ${blind.map((server) => server.name).join(", ")} unmeasured` : "";
  if (!oldest)
    figure("oldest", "unmeasured", blind.length ?
      `${blind[0].name}: ${unmeasured(blind[0]).title}` : "the login may not see it", "unmeasured");
  else if (isIdle(oldest)) figure("oldest", "none", also.slice(2));
  else figure("oldest", duration(oldest.oldest_us), `${oldest.name}, ${oldestWho(oldest)}${also}`);
}

function waitingFigure(consoles) {
  const known = consoles.filter((console) => console.state === "measured");
  const pools = known.flatMap((console) => console.pools);
  const blind = consoles.length - known.length;
  const also = blind ? `${blind} of ${consoles.length} consoles unmeasured` : "";
  if (consoles.length === 0) return figure("waiting", "—", "no pooler is watched");
  if (known.length === 0) return figure("waiting", "unmeasured", consoles[0].why ?? also, "unmeasured");
  const waiting = pools.reduce((sum, pool) => sum + (pool.waiting ?? 0), 0);
  const longest = pools.reduce((most, pool) => Math.max(most, pool.maxwait_us ?? 0), 0);
  const paused = pools.filter((pool) => pool.is_paused).length;
  figure("waiting", `${blind ? "≥ " : ""}${count(waiting)}`, [waiting ? `the longest ${duration(longest)}` : "",
    paused ? `‖ ${paused} of ${pools.length} pools paused` : "", also].filter(Boolean).join("; "),
  blind ? "unmeasured" : waiting ? "warn" : "");
}

export function updateFigures(cluster) {
  const blind = blindServer(cluster), worst = worstSlot(cluster);
  const slots = [...allSlots(cluster)].filter((slot) => isMeasured(slot.server));
  if (blind) {
    blindFigures(blind);
  } else {
    if (worst) lagFigures(worst);
    else for (const name of ["lag", "behind", "trend"]) figure(name, "—", "there is no slot");
    healthFigure(slots);
  }
  oldestFigure([...cluster.servers.values()]);
  waitingFigure([...cluster.consoles.values()]);
}

/** What is said of a cluster in one line: where there are several, and in the window's title. */
export function brief(cluster) {
  const level = clusterLevel(cluster), worst = worstSlot(cluster);
  const lag = blindServer(cluster) ? "unmeasured" : !worst ? "no slot" :
    !worst.is_there ? "slot gone" : worst.lag_us === null ? "unknown" : lagText(worst);
  return {level, lag, symbol: SYMBOLS[level]};
}
