/**
 * The element `<stop-press>`, which shows a live blog on a page of another origin that STOPPRESS_ORIGINS allows:
 *
 *     <script type="module" src="https://live.example/client/embed.js"></script>
 *     <stop-press blog="https://live.example/blogs/x"><a href="https://live.example/blogs/x">Follow live</a></stop-press>
 *
 * It shows the server's own page, with the server's styles, in a shadow tree, and the code of the page itself keeps
 * it up to date. While it loads, and where it cannot load, the element shows its content: the link. It needs no
 * inline script or style and no `eval`, so a strict Content-Security-Policy only has to name the origin.
 */

import { followBlog } from "./page_updates.js";
import { createView } from "./view.js";

/** The parts of the page to show. The window's title, keys and address belong to the page around it. */
const PARTS = ["#words", "#blog", ".news", "#announce", "#settings"];

/**
 * Returns a function that copies an element of the page at `url` and makes its addresses absolute.
 *
 * @param {string} url
 */
const createAdopter = (url) => (/** @type {HTMLElement} */ element) => {
  let copy = document.importNode(element, true);
  // A page may have one `main` only, and that belongs to the page around it.
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

/** Resolves when all style sheets have loaded or failed. @param {HTMLElement[]} styles */
const stylesLoaded = (styles) =>
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
    const askedAt = Date.now();
    // If the request fails, the element's content stays. The browser's console says why.
    const response = await fetch(url, { signal }).catch(() => null);
    if (!response?.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const serverTime = Number(/now;dur=(\d+)/.exec(response.headers.get("server-timing") ?? "")?.[1]);
    const adopt = createAdopter(url);
    const own = (/** @type {string} */ selector) =>
      /** @type {HTMLElement[]} */ ([...fresh.querySelectorAll(selector)]).map(adopt);
    const parts = PARTS.flatMap(own);
    // The page lacks a part, for example because of a template override.
    if (signal.aborted || parts.length < PARTS.length) return;

    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const frame = document.createElement("section");
    const { lang, dir } = fresh.documentElement;
    Object.assign(frame, { lang, dir, hidden: true });
    frame.setAttribute("aria-labelledby", "headline");
    frame.append(...parts);
    const styles = own("link[rel=stylesheet]");
    const loading = stylesLoaded(styles);
    root.replaceChildren(...styles, document.createElement("slot"), frame);
    await loading;
    if (signal.aborted) return;
    root.querySelector("slot")?.remove();
    frame.hidden = false;
    followBlog(createView(root, url, serverTime ? serverTime - askedAt : 0, signal, adopt));
  }

  disconnectedCallback() {
    this.#shown.abort();
  }
}

if (!customElements.get("stop-press")) customElements.define("stop-press", StopPress);
