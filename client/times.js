/**
 * Shows times as the reader chooses: in the device's time zone, or as how long ago. The server writes them in the
 * blog's time zone. Imported once a reader has chosen. The browser (Intl) knows the rules of time zones, such as
 * daylight saving.
 */

/** @import { View } from "./types.js" */

const UNITS = /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
]);
/** The times as the server wrote them. @type {WeakMap<HTMLTimeElement, string>} */
const written = new WeakMap();
/** Stops updating the times of a view. @type {WeakMap<View["root"], () => void>} */
const keeping = new WeakMap();

/** How long ago a moment was, such as "5 minutes ago". @param {Date} moment @param {string} lang @param {Date} now */
export function ago(moment, lang, now = new Date()) {
  const seconds = (moment.getTime() - now.getTime()) / 1000;
  const format = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, "minute");
}

/**
 * A moment in a time zone.
 *
 * @param {Date} moment
 * @param {string} lang
 * @param {string} [timeZone] by default the device's
 */
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

/** Writes all times of a view as chosen. @param {View} view */
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

/** Writes all times as chosen, and keeps them so in posts that arrive later. @param {View} view */
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
