(function (place) {
  const spec = JSON.parse(place.querySelector("script").textContent);
  vegaEmbed(place.appendChild(document.createElement("div")), spec, {mode: "vega-lite", actions: false});
})(document.currentScript.previousElementSibling);
