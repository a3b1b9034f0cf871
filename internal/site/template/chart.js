(function (place) {
  const spec = JSON.parse(place.querySelector("script").textContent);
  const drawing = place.appendChild(document.createElement("div"));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // A chart's signal narrow goes by the window, half of which a file browser may take. Here the place itself is known.
  const narrow = (spec.config?.signals || []).find(signal => signal.name == "narrow");
  if (narrow) {
    delete narrow.init;
    delete narrow.on;
    narrow.value = false;
  }
  let view, wide;
  function fit() {
    if (view && narrow) view.signal("narrow", wide > place.clientWidth).runAsync();
  }
  async function draw() {
    view = null;
    const result = await vegaEmbed(
      drawing, spec, {mode: "vega-lite", actions: false, theme: dark.matches ? "dark" : undefined},
    );
    wide = drawing.querySelector("svg.marks").getBoundingClientRect().width;
    view = result.view;
    fit();
  }
  draw();
  dark.addEventListener("change", draw);
  new ResizeObserver(fit).observe(place);
})(document.currentScript.previousElementSibling);
