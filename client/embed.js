/**
 * A live blog on a page of the newsroom's own, at any origin that STOPPRESS_ORIGINS names:
 *
 *     <script type="module" src="https://live.example/client/embed.js"></script>
 *     <stop-press blog="https://live.example/blogs/x"><a href="https://live.example/blogs/x">Follow live</a></stop-press>
 *
 * It shows the server's own page in a shadow tree, with the server's styles, kept up to date by the code that keeps the
 * page itself. Until that is there, and wherever it can't be, what the element holds is shown: the link. Nothing is
 * evaluated and nothing inline, so a strict policy has but to name the origin.
 */

import { follow } from "./live.js";
import { createView } from "./view.js";

/** What of the page is shown. The window's title, its keys and its address belong to the page around it. */
const PARTS = ["#words", "#blog", ".news", "#announce", "#settings"];

/** Copies elements of the blog's page, whose addresses are meant from there. @param {string} url */
const adopter = (url) => (/** @type {HTMLElement} */ element) => {
  let copy = document.importNode(element, true);
  // A page has one main part, and that is not this one.
  if (copy.localName === "main") {
    const part = document.createElement("div");
    for (const { name, value } of copy.attributes) part.setAttribute(name, value);
    part.append(...copy.childNodes);
    copy = part;
  }
  for (const each of [copy, ...copy.querySelectorAll("[href], [src]")]) {
    for (const name of ["href", "src"]) {
      const address = each.getAttribute(name);
      if (address !== null) each.setAttribute(name, new URL(address, url).href);
    }
    const set = each.getAttribute("srcset");
    if (set) each.setAttribute("srcset", set.replace(/(^|,\s*)(?=\/)/g, `$1${new URL(url).origin}`));
  }
  return copy;
};

/** Until all style sheets are there, or can't be. @param {HTMLElement[]} styles */
const dressed = (styles) =>
  Promise.all(
    styles.map(
      (style) =>
        new Promise((done) => {
          style.onload = style.onerror = done;
        }),
    ),
  );

class StopPress extends HTMLElement {
  #shown = new AbortController();

  async connectedCallback() {
    this.#shown = new AbortController();
    const { signal } = this.#shown;
    const url = new URL(this.getAttribute("blog") ?? "", document.baseURI).href;
    const asked = Date.now();
    // Refused, or cut off: what the element holds stays. The browser's console says why.
    const answer = await fetch(url, { signal }).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const said = Number(/now;dur=(\d+)/.exec(answer.headers.get("server-timing") ?? "")?.[1]);
    const adopt = adopter(url);
    const own = (/** @type {string} */ selector) =>
      /** @type {HTMLElement[]} */ ([...fresh.querySelectorAll(selector)]).map(adopt);
    const parts = PARTS.flatMap(own);
    // A page of another kind, such as one that was changed by a template.
    if (signal.aborted || parts.length < PARTS.length) return;

    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const frame = document.createElement("section");
    const { lang, dir } = fresh.documentElement;
    Object.assign(frame, { lang, dir, hidden: true });
    frame.setAttribute("aria-labelledby", "headline");
    frame.append(...parts);
    const styles = own("link[rel=stylesheet]");
    const dressing = dressed(styles);
    root.replaceChildren(...styles, document.createElement("slot"), frame);
    await dressing;
    if (signal.aborted) return;
    root.querySelector("slot")?.remove();
    frame.hidden = false;
    follow(createView(root, url, said ? said - asked : 0, signal, adopt));
  }

  disconnectedCallback() {
    this.#shown.abort();
  }
}

if (!customElements.get("stop-press")) customElements.define("stop-press", StopPress);
