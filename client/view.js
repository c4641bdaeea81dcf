/** Where a blog is shown: a document of its own, or a tree within somebody else's page (embed.js). */

/** @import { View } from "./types.js" */

/**
 * @param {View["root"]} root
 * @param {string} url the address of the blog's page, as shown and without a fragment
 * @param {number} behind milliseconds that the device's clock is behind the server's
 * @param {AbortSignal} [signal] tells that it is shown no more
 * @param {View["adopt"]} [adopt] makes an element of another document one of ours
 * @returns {View}
 */
export function createView(root, url, behind, signal, adopt = (element) => document.importNode(element, true)) {
  /** @type {View["find"]} */
  const find = (selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
  return {
    root,
    url,
    behind,
    signal,
    adopt,
    find,
    byId: (id) => /** @type {HTMLElement} */ (root.getElementById(id)),
    lang: () => find("[lang]").lang,
    articles: () => /** @type {HTMLElement[]} */ ([...root.querySelectorAll("#posts > *")]),
    // Trusted as the page itself is: our own server rendered it, by the templates that made the page. They escape every
    // text; bodies were sanitised on their way in.
    parse: (html) => {
      const template = document.createElement("template");
      template.innerHTML = html;
      return adopt(/** @type {HTMLElement} */ (template.content.firstElementChild));
    },
  };
}
