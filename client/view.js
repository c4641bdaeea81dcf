/** Where a blog is shown: in a document of its own, or in a shadow tree within another site's page (embed.js). */

/** @import { View } from "./types.js" */

/**
 * Creates the view of a blog.
 *
 * @param {View["root"]} root
 * @param {string} url the address of the blog's page, as shown and without a fragment
 * @param {number} behind by how many milliseconds the device's clock is behind the server's
 * @param {AbortSignal} [signal] aborts when the blog is no longer shown
 * @param {View["adopt"]} [adopt] imports an element from another document
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
    // This HTML is as trusted as the page. The server renders both from the same templates, which escape all text, and
    // sanitises bodies when they are published.
    parse: (html) => {
      const template = document.createElement("template");
      template.innerHTML = html;
      return adopt(/** @type {HTMLElement} */ (template.content.firstElementChild));
    },
  };
}
