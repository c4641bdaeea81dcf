/**
 * Posts that arrived and that the reader has not seen yet. They are counted on a button and in the title, and
 * announced to screen readers.
 *
 * A post is unread while the reader is elsewhere: further down, in another tab, playing its video or selecting its
 * text. A correction that was shown off the screen is unread as well, until the reader scrolls to it.
 */

/** @import { View, UnreadPost } from "./types.js" */

/**
 * @param {View} view
 * @param {Record<string, any>} words the page's texts, in the blog's language
 * @param {(posts: Map<string, UnreadPost>) => void} show runs when the reader clicks the button
 */
export function createUnread({ root, byId, lang: language }, words, show) {
  /** @type {Map<string, UnreadPost>} */
  const posts = new Map();
  // An embedded blog has a shadow root here, whose `title` shows nowhere.
  const titled = /** @type {Document} */ (root);
  let { title } = titled;
  const lang = language();

  /** A text such as "3 new, 1 corrected". @param {UnreadPost["kind"][]} kinds */
  const describe = (kinds) =>
    [...new Set(kinds)]
      .map((kind) => {
        const number = kinds.filter((other) => other === kind).length;
        const forms = words[kind];
        const form = forms[new Intl.PluralRules(lang).select(number)] ?? forms.other;
        return form.replace("%s", number.toLocaleString(lang));
      })
      .join(words.comma);

  /** Tells screen readers how many posts arrived, as far as the reader wants it. @param {UnreadPost[]} arrived */
  const announce = (arrived) => {
    const wanted = localStorage.announce;
    const told = arrived.filter(({ key }) => !wanted || (wanted === "key" && key));
    if (told.length) byId("announce").textContent = describe(told.map(({ kind }) => kind));
  };

  /** Shows the counts on the button and in the title. */
  const updateCounts = () => {
    const kinds = [...posts.values()].map(({ kind }) => kind);
    const button = byId("news");
    button.textContent = describe(kinds.sort().reverse());
    button.hidden = !kinds.length;
    button.onclick = () => show(posts);
    const newPosts = kinds.filter((kind) => kind === "new").length;
    titled.title = newPosts ? `(${newPosts.toLocaleString(lang)}) ${title}` : title;
  };

  return {
    posts,
    updateCounts,
    announce,
    /** Adds a post and announces all that are unread. @param {string} id @param {UnreadPost} post */
    add: (id, post) => {
      posts.set(id, post);
      updateCounts();
      announce([...posts.values()]);
    },
    /** Removes a post, and returns whether it was unread. @param {string} id */
    remove: (id) => {
      const wasUnread = posts.delete(id);
      if (wasUnread) updateCounts();
      return wasUnread;
    },
    /** Sets the title without the count. @param {string} text */
    setTitle: (text) => {
      title = text;
      updateCounts();
    },
  };
}
