MathJax.Hub.Config({
  tex2jax: {
    inlineMath: [["$", "$"], ["\\(", "\\)"]],
    displayMath: [["$$", "$$"], ["\\[", "\\]"]],
    processEscapes: true,
    processEnvironments: true,
  },
  messageStyle: "none",
  showMathMenu: false,
  "HTML-CSS": {
    // The only font that lies beside the pages.
    availableFonts: [], imageFont: null, preferredFont: null, webFont: "STIX-Web",
    // MathJax's own empty font is the address about:blank, which browsers refuse with an error.
    styles: {"@font-face": {"font-family": "MathJax_Blank", src: "local('')"}},
  },
});
