// Shows the two documents of the contract with Scalar (docs/decisions/0050). Whatever would reach another host is off.
Scalar.createApiReference("#reference", {
  sources: [
    { title: "HTTP API", slug: "http", url: "/openapi.json", default: true },
    { title: "Messages to readers", slug: "messages", url: "/asyncapi.json" },
  ],
  authentication: { preferredSecurityScheme: "token" },
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  telemetry: false,
  withDefaultFonts: false,
  documentDownloadType: "direct",
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
});

// What Scalar 1.72 leaves out for screen readers: elements, an attribute, and its value. tests/e2e/test_docs_page.py
// looks for such faults with axe.
const repairs = [
  ['input[role="combobox"]:not([aria-expanded])', "aria-expanded", "true"],
  ['[role="combobox"][contenteditable]', "role", "textbox"],
  ['.cm-content[role="textbox"]:not([aria-label])', "aria-label", "Text"],
  ['button[role="none"]', "role", "button"],
  ['[role="region"][aria-label="Code sample"]', "role", "group"], // there are too many for landmarks
  [".show-more", "aria-label", "Show More"], // its text; Scalar's label says something else
  ["ul.endpoints:not([tabindex])", "tabindex", "0"], // it scrolls
  [".cm-scroller", "tabindex", "0"], // it scrolls, too
  ["h4.parameter-list-title--tree:not([aria-level])", "aria-level", "3"],
];

function repair() {
  for (const [elements, attribute, value] of repairs) {
    for (const element of document.querySelectorAll(elements)) element.setAttribute(attribute, value);
  }
}

new MutationObserver(repair).observe(document.body, { childList: true, subtree: true });
