/**
 * Times as the reader wants them: in their own zone, or by how long ago. As they come, they are in the blog's zone.
 * Fetched once a reader has chosen so. The zone rules, daylight saving among them, are the browser's (Intl).
 */

/** @import { View } from "./types.js" */

const UNITS = /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
]);
/** The times as the server wrote them. @type {WeakMap<HTMLTimeElement, string>} */
const written = new WeakMap();
/** What keeps the times of each view, to be stopped. @type {WeakMap<View["root"], () => void>} */
const keeping = new WeakMap();

/** @param {Date} moment @param {string} lang @param {Date} now */
export function ago(moment, lang, now = new Date()) {
  const seconds = (moment.getTime() - now.getTime()) / 1000;
  const format = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, "minute");
}

/** @param {Date} moment @param {string} lang @param {string} [timeZone] the device's, by default */
export const inZone = (moment, lang, timeZone) =>
  new Intl.DateTimeFormat(lang, {
    year: "numeric",
    month: "long",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
    timeZone,
  }).format(moment);

/** @param {View} view */
function write(view) {
  const { zone } = localStorage;
  const lang = view.lang();
  for (const time of view.root.querySelectorAll("time")) {
    const own = written.get(time) ?? time.textContent ?? "";
    written.set(time, own);
    const moment = new Date(time.dateTime);
    const text = zone === "own" ? inZone(moment, lang) : zone === "relative" ? ago(moment, lang) : own;
    if (time.textContent !== text) time.textContent = text;
    if (zone) time.title = own;
    else time.removeAttribute("title");
  }
}

/** Shows all times, now and from now on, as chosen. @param {View} view */
export function showTimes(view) {
  const { root, byId, signal } = view;
  keeping.get(root)?.();
  write(view);
  /** @type {HTMLSelectElement} */ (byId("zone")).value = localStorage.zone ?? "";
  if (!localStorage.zone) return;
  const observer = new MutationObserver(() => write(view));
  observer.observe(root, { childList: true, subtree: true });
  const minute = localStorage.zone === "relative" ? setInterval(() => write(view), 30_000) : 0;
  const stop = () => {
    observer.disconnect();
    clearInterval(minute);
  };
  keeping.set(root, stop);
  signal?.addEventListener("abort", stop);
}
