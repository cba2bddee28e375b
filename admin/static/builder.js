/* An extra: says that something is not saved, and asks before it is left. The form works without. */
(() => {
  const form = document.querySelector("form.builder");
  if (!form) return;
  const mark = form.querySelector(".unsaved");
  let unsaved = false;
  const begin = () => {
    unsaved = true;
    mark.hidden = false;
  };
  if ("unsaved" in form.dataset) begin();
  form.addEventListener("input", begin);
  form.addEventListener("submit", () => {
    unsaved = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
})();
