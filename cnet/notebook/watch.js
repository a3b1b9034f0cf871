// A line in a box with controls. When the kernel has ended, nobody is left to change the page: front ends mark widgets
// whose kernel has gone, and this one then turns off what is in its box, and says so.
function render({model, el}) {
  const box = () => el.closest(".cnet-controls");
  el.style.lineHeight = "1.4";
  function show() {
    const alone = Boolean(el.closest(".jupyter-widgets-disconnected"));
    el.textContent = model.get(alone ? "alone" : "says");
    el.style.display = el.textContent ? "" : "none";
    if (!alone || !box()) return;
    for (const input of box().querySelectorAll("button, select, input, .noUi-target")) {
      input.setAttribute("disabled", "");
    }
    for (const part of box().querySelectorAll(".noUi-handle, [contenteditable]")) part.inert = true;
  }
  model.on("change:says", show);
  model.on("comm_live_update", () => queueMicrotask(show));
  show();
}

export default {render};
