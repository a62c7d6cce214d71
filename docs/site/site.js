// Formulas are what pymdownx.arithmatex has marked, and nothing else.
window.MathJax = {
  tex: { inlineMath: [["\\(", "\\)"]], displayMath: [["\\[", "\\]"]], processEscapes: true },
  options: { ignoreHtmlClass: ".*|", processHtmlClass: "arithmatex" },
};
// A table that is wider than a phone can be scrolled by keyboard too.
window.addEventListener("load", () => {
  for (const table of document.querySelectorAll(".md-typeset__scrollwrap")) {
    table.tabIndex = 0;
  }
  // The theme makes a dialog of the search, and a landmark of each button that copies a frame; it
  // names neither, and makes the buttons when their frame comes into view.
  document.querySelector(".md-search").setAttribute("aria-label", "Search");
  const unmark = () => {
    for (const buttons of document.querySelectorAll(".md-code__nav")) {
      buttons.setAttribute("role", "presentation");
    }
  };
  new MutationObserver(unmark).observe(document.body, { childList: true, subtree: true });
  unmark();
});
