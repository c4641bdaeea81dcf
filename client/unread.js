/**
 * What came and is not yet seen: counted on a button, in the title, and for those who listen.
 *
 * A post waits while the reader is elsewhere: further down, in another tab, playing what is in it, selecting its text.
 * A correction made in place, out of sight, waits as well: to be looked at.
 */

/** @import { View, Waiting } from "./types.js" */

/**
 * @param {View} view
 * @param {Record<string, any>} words
 * @param {(all: Map<string, Waiting>) => void} show what the button does
 */
export function openWaiting({ root, byId, lang: language }, words, show) {
  /** @type {Map<string, Waiting>} */
  const all = new Map();
  // Within somebody else's page it is not the window's title; nobody sees it then.
  const titled = /** @type {Document} */ (root);
  let { title } = titled;
  const lang = language();

  /** "3 new, 1 corrected". @param {Waiting["kind"][]} kinds */
  const say = (kinds) =>
    [...new Set(kinds)]
      .map((kind) => {
        const number = kinds.filter((other) => other === kind).length;
        const forms = words[kind];
        const form = forms[new Intl.PluralRules(lang).select(number)] ?? forms.other;
        return form.replace("%s", number.toLocaleString(lang));
      })
      .join(words.comma);

  /** For screen readers: counts, never bodies. @param {Waiting[]} arrived */
  const announce = (arrived) => {
    const wanted = localStorage.announce;
    const told = arrived.filter(({ key }) => !wanted || (wanted === "key" && key));
    if (told.length) byId("announce").textContent = say(told.map(({ kind }) => kind));
  };

  const count = () => {
    const kinds = [...all.values()].map(({ kind }) => kind);
    const button = byId("news");
    button.textContent = say(kinds.sort().reverse());
    button.hidden = !kinds.length;
    button.onclick = () => show(all);
    const unread = kinds.filter((kind) => kind === "new").length;
    titled.title = unread ? `(${unread.toLocaleString(lang)}) ${title}` : title;
  };

  return {
    all,
    count,
    announce,
    /** @param {string} id @param {Waiting} one */
    add: (id, one) => {
      all.set(id, one);
      count();
      announce([...all.values()]);
    },
    /** @param {string} id */
    drop: (id) => all.delete(id) && count(),
    /** @param {string} text */
    entitle: (text) => {
      title = text;
      count();
    },
  };
}
