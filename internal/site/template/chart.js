(function (place) {
  const spec = JSON.parse(place.querySelector("script").textContent);
  const drawing = place.appendChild(document.createElement("div"));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  function draw() {
    vegaEmbed(drawing, spec, {mode: "vega-lite", actions: false, theme: dark.matches ? "dark" : undefined});
  }
  draw();
  dark.addEventListener("change", draw);
})(document.currentScript.previousElementSibling);
