// Values as people read them. null is what nobody knows.

const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/** Three digits that matter, without zeros behind the point. */
function digits(value) {
  const places = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return String(Number(value.toFixed(places)));
}

/** Powers of 1024, by the names that pg_size_pretty() uses. */
export function size(bytes) {
  let value = Math.abs(bytes), unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${bytes < 0 ? "−" : ""}${unit ? digits(value) : Math.round(value)} ${UNITS[unit]}`;
}

export function rate(bytes) {
  return `${size(bytes)}/s`;
}

export function duration(us) {
  const seconds = Math.abs(us) / 1e6, sign = us < 0 ? "−" : "";
  if (seconds === 0) return "0 s";
  if (seconds < 1) return `${sign}${digits(seconds * 1000)} ms`;
  if (seconds < 60) return `${sign}${digits(seconds)} s`;
  const whole = Math.round(seconds);
  const two = (big, name, small, other) =>
    `${sign}${Math.floor(whole / big)} ${name}` +
    (Math.floor(whole % big / small) ? ` ${Math.floor(whole % big / small)} ${other}` : "");
  if (whole < 3600) return two(60, "min", 1, "s");
  if (whole < 86400) return two(3600, "h", 60, "min");
  return two(86400, "d", 3600, "h");
}

/** How long ago, in whole seconds: it is counted on. */
export function age(us) {
  return duration(Math.max(0, Math.floor(us / 1e6)) * 1e6);
}

const two = (number) => String(number).padStart(2, "0");

export function time(us, withSeconds = true) {
  const date = new Date(us / 1000);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}` +
    (withSeconds ? `:${two(date.getUTCSeconds())}` : "");
}

export function day(us) {
  return new Date(us / 1000).toISOString().slice(0, 10);
}

/** With the day, when that is not today. */
export function moment(us, nowUs) {
  return day(us) === day(nowUs) ? time(us) : `${day(us)} ${time(us)}`;
}

/** For the pointer: in full, and as the viewer's clock has it. */
export function bothZones(us) {
  const local = new Date(us / 1000).toLocaleString(undefined, {
    dateStyle: "medium", timeStyle: "long",
  });
  return `${day(us)} ${time(us)} UTC\n${local}`;
}

/** 150012: 15.12. */
export function version(number) {
  return number >= 100000 ? `${Math.floor(number / 10000)}.${number % 10000}` :
    `${Math.floor(number / 10000)}.${Math.floor(number / 100) % 100}.${number % 100}`;
}

export function count(number) {
  return number === null ? "unknown" : number.toLocaleString("en-GB");
}
