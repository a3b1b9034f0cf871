// The front end of notebook.Plane. A click is a new initial value, which Go solves from; initial values are dragged, or
// moved by the arrow keys, and removed by a double click or the delete key.
const SVG = "http://www.w3.org/2000/svg";
const SIZE = 480, TOP = 12, BOTTOM = 40;
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

function make(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.appendChild(node);
  return node;
}

// Numbers of a value of bytes: 32-bit floats, which need not be aligned.
function floats(view) {
  const all = new Float32Array(view ? view.byteLength / 4 : 0);
  for (let i = 0; i < all.length; i++) all[i] = view.getFloat32(4 * i, true);
  return all;
}

// About seven round numbers in a range.
function ticks([low, high]) {
  const raw = (high - low) / 7, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find(m => m * power >= raw);
  const all = [];
  for (let k = Math.ceil(low / step); k * step <= high + 1e-9 * step; k++) all.push(+(k * step).toPrecision(12));
  return all;
}

// A number as people write it: 1.5·10⁶ if that is shorter.
function text(number) {
  const minus = number < 0 ? "\u2212" : "", plain = String(Math.abs(number));
  if (plain.length <= 5 || number === 0) return minus + plain;
  const [mantissa, power] = Math.abs(number).toExponential().split("e");
  const raised = power.replace("+", "").replace(/[-\d]/g, c => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]);
  const short = (mantissa === "1" ? "" : mantissa + "\u00b7") + "10" + raised;
  return minus + (short.length < plain.length ? short : plain);
}

function render({model, el}) {
  const labels = axis => ticks(model.get(axis)).map(text);
  const longest = Math.max(...labels("y").map(label => label.length)), last = labels("x").at(-1) ?? "";
  const LEFT = longest > 4 ? 16 + 8 * longest : 46, RIGHT = Math.max(12, 4 * last.length);
  const width = LEFT + SIZE + RIGHT, height = TOP + SIZE + BOTTOM;
  const root = document.createElementNS(SVG, "svg");
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  root.setAttribute("class", "cnet-plane");
  root.setAttribute("role", "application");
  root.setAttribute("aria-label", "phase plane: click to solve from there, drag the circles");
  // As wide as there is room for, beside the menus or above them.
  root.style.cssText = `width:${width}px;max-width:100%;height:auto;cursor:crosshair;touch-action:none;` +
    "font:11px var(--jp-ui-font-family, sans-serif);color:var(--jp-ui-font-color1, #222);user-select:none";
  el.appendChild(root);
  // In a narrow window the picture shrinks; its letters stay as large as can be read.
  new ResizeObserver(() => {
    if (root.clientWidth) root.style.fontSize = Math.max(11, 9.5 * width / root.clientWidth).toFixed(1) + "px";
  }).observe(root);
  const behind = make(root, "g", {}), field = make(root, "g", {});
  const clip = "cnet-plane-" + Math.random().toString(36).slice(2);
  make(make(make(root, "defs", {}), "clipPath", {id: clip}), "rect", {x: LEFT, y: TOP, width: SIZE, height: SIZE});
  const curves = make(root, "g", {"clip-path": `url(#${clip})`, fill: "none"}), handles = make(root, "g", {});

  const range = axis => model.get(axis);
  const px = x => LEFT + (x - range("x")[0]) / (range("x")[1] - range("x")[0]) * SIZE;
  const py = y => TOP + (range("y")[1] - y) / (range("y")[1] - range("y")[0]) * SIZE;
  function at(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(root.getScreenCTM().inverse());
    const u = (point.x - LEFT) / SIZE, v = (point.y - TOP) / SIZE, [xl, xh] = range("x"), [yl, yh] = range("y");
    return u < 0 || u > 1 || v < 0 || v > 1 ? null : [xl + u * (xh - xl), yh - v * (yh - yl)];
  }
  // A hundred thousandth of the plane's width is enough for any mouse.
  function fine(value, axis) {
    const power = Math.floor(Math.log10(range(axis)[1] - range(axis)[0])) - 4;
    return +(power < 0 ? Math.round(value * 10 ** -power) / 10 ** -power :
      Math.round(value / 10 ** power) * 10 ** power).toPrecision(12);
  }
  const round = ([x, y]) => [fine(x, "x"), fine(y, "y")];

  function drawAxes() {
    behind.replaceChildren();
    make(behind, "rect", {x: LEFT, y: TOP, width: SIZE, height: SIZE, fill: "var(--jp-layout-color0, white)",
      stroke: "var(--jp-border-color1, #bdbdbd)"});
    for (const t of ticks(range("x"))) {
      make(behind, "line", {x1: px(t), x2: px(t), y1: TOP, y2: TOP + SIZE, stroke: "var(--jp-border-color2, #e0e0e0)"});
      make(behind, "text", {x: px(t), y: TOP + SIZE + 15, "text-anchor": "middle", fill: "currentColor"}, text(t));
    }
    for (const t of ticks(range("y"))) {
      make(behind, "line", {y1: py(t), y2: py(t), x1: LEFT, x2: LEFT + SIZE, stroke: "var(--jp-border-color2, #e0e0e0)"});
      make(behind, "text", {x: LEFT - 6, y: py(t) + 4, "text-anchor": "end", fill: "currentColor"}, text(t));
    }
    const [x, y] = model.get("names");
    make(behind, "text", {x: LEFT + SIZE / 2, y: height - 8, "text-anchor": "middle", fill: "currentColor"}, x);
    make(behind, "text", {x: 0, y: 0, "text-anchor": "middle", fill: "currentColor",
      transform: `translate(11 ${TOP + SIZE / 2}) rotate(-90)`}, y);
  }

  // Arrows of equal length on a grid, from the rates in it, row by row from the top.
  function drawField() {
    const rates = floats(model.get("field")), n = Math.round(Math.sqrt(rates.length / 2)), cell = SIZE / n;
    const scale = [SIZE / (range("x")[1] - range("x")[0]), SIZE / (range("y")[1] - range("y")[0])];
    let path = "";
    for (let i = 0; i < n * n; i++) {
      const u = rates[2 * i] * scale[0], v = -rates[2 * i + 1] * scale[1], length = Math.hypot(u, v);
      if (!(length > 0) || !isFinite(length)) continue;
      const x = LEFT + (i % n + 0.5) * cell, y = TOP + (Math.floor(i / n) + 0.5) * cell;
      const a = 0.34 * cell * u / length, b = 0.34 * cell * v / length, h = 0.42;
      path += `M${(x - a).toFixed(1)} ${(y - b).toFixed(1)}L${(x + a).toFixed(1)} ${(y + b).toFixed(1)}` +
        `l${(-h * a * 1.4 - h * b).toFixed(1)} ${(-h * b * 1.4 + h * a).toFixed(1)}` +
        `M${(x + a).toFixed(1)} ${(y + b).toFixed(1)}` +
        `l${(-h * a * 1.4 + h * b).toFixed(1)} ${(-h * b * 1.4 - h * a).toFixed(1)}`;
    }
    field.replaceChildren();
    make(field, "path", {d: path, fill: "none", stroke: "currentColor", "stroke-opacity": 0.28});
  }

  function drawCurves() {
    const points = floats(model.get("points"));
    curves.replaceChildren();
    let from = 0;
    for (const c of model.get("curves")) {
      const color = COLORS[c.start % COLORS.length], line = [];
      for (let i = from; i < from + c.n; i++) line.push(px(points[2 * i]).toFixed(1) + "," + py(points[2 * i + 1]).toFixed(1));
      from += c.n;
      const shape = make(curves, "polyline", {points: line.join(" "), stroke: color, "stroke-width": c.second ? 1.6 : 2,
        "stroke-dasharray": c.second ? "6 4" : "none", class: c.second ? "second" : "first"});
      make(shape, "title", {}, c.says);
      for (const i of c.dots) {
        const [x, y] = line[i].split(",");
        make(curves, "circle", {cx: x, cy: y, r: 2.2, fill: c.second ? "var(--jp-layout-color0, white)" : color,
          stroke: color});
      }
    }
    root.dataset.version = model.get("version");
  }

  let dragged = null, sent = []; // where initial values were moved to, of which Go has not told yet
  const off = () => Boolean(model.get("disabled") || el.closest(".jupyter-widgets-disconnected"));
  function move(i, to) {
    if (off()) return;
    sent[i] = round(to);
    model.set("moved", {index: i, to: sent[i], count: Date.now()});
    model.save_changes();
    put(handles.children[i], sent[i]);
  }
  function remove(i) { if (!off()) model.send({remove: i}); }
  function still() { // nobody solves any more
    root.style.cursor = off() ? "default" : "crosshair";
    handles.setAttribute("pointer-events", off() ? "none" : "auto");
    root.setAttribute("aria-disabled", off());
  }
  function put(handle, [x, y]) {
    handle.setAttribute("cx", px(x));
    handle.setAttribute("cy", py(y));
  }
  function place() {
    const starts = model.get("starts");
    if (starts.length !== handles.childElementCount) sent = [];
    while (handles.childElementCount > starts.length) handles.lastChild.remove();
    while (handles.childElementCount < starts.length) {
      const i = handles.childElementCount;
      const h = make(handles, "circle", {r: 6, fill: "var(--jp-layout-color0, white)", "stroke-width": 2.5, tabindex: 0,
        stroke: COLORS[i % COLORS.length], style: "cursor:grab;outline:none", role: "slider"});
      h.addEventListener("focus", () => h.setAttribute("r", 8));
      h.addEventListener("blur", () => h.setAttribute("r", 6));
      h.addEventListener("keydown", e => {
        const steps = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[e.key];
        if (!steps && e.key !== "Delete" && e.key !== "Backspace") return;
        e.preventDefault();
        e.stopPropagation(); // JupyterLab has its own use of them
        if (!steps) return remove(i);
        const [x, y] = sent[i] ?? model.get("starts")[i], w = range("x")[1] - range("x")[0], v = range("y")[1] - range("y")[0];
        move(i, [x + steps[0] * w / 100, y + steps[1] * v / 100]);
      });
      h.addEventListener("dblclick", e => { e.stopPropagation(); remove(i); });
      h.addEventListener("pointerdown", e => {
        e.preventDefault();
        if (off()) return;
        h.focus();
        h.setPointerCapture(e.pointerId);
        dragged = i;
      });
      h.addEventListener("pointermove", e => {
        const to = dragged === i && at(e);
        if (!to) return;
        move(i, to);
      });
      h.addEventListener("pointerup", () => { dragged = null; });
      h.addEventListener("click", e => e.stopPropagation());
    }
    starts.forEach(([x, y], i) => {
      const h = handles.children[i];
      h.setAttribute("aria-label", `initial value ${i + 1}`);
      h.setAttribute("aria-valuetext", `${x}, ${y}`);
      if (sent[i] && (sent[i][0] !== x || sent[i][1] !== y)) return; // it has been moved on
      sent[i] = undefined;
      put(h, [x, y]);
    });
  }
  root.addEventListener("click", e => {
    const to = at(e);
    if (to && !off()) model.send({add: round(to)});
  });

  // Values that came together are drawn once.
  let asked = false;
  const all = () => { asked = false; drawField(); place(); drawCurves(); };
  const soon = () => { if (!asked) { asked = true; queueMicrotask(all); } };
  for (const name of ["field", "points", "curves", "starts", "version"]) model.on("change:" + name, soon);
  model.on("change:disabled", still);
  model.on("comm_live_update", () => queueMicrotask(still)); // the kernel has ended
  drawAxes();
  all();
  still();
}

export default {render};
