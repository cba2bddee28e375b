// A nicety: every page works without it. It waits with the customer, and keeps a second press from doing anything.
"use strict";

const DELAYS = [1, 2, 3, 5, 8, 13, 21, 30]; // seconds between questions; the last one stays

function waitFor(panel) {
  const told = panel.querySelector("[data-polling]");
  if (told) told.hidden = false;
  let asked = 0;
  let timer = null;

  async function ask() {
    timer = null;
    try {
      const address = `${panel.dataset.poll}?seen=${encodeURIComponent(panel.dataset.seen)}`;
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (answer.ok && (await answer.json()).changed) {
        location.reload();
        return;
      }
    } catch {
      // No connection: ask again later.
    }
    next();
  }

  function next() {
    if (document.hidden || timer !== null) return;
    timer = setTimeout(ask, DELAYS[Math.min(asked, DELAYS.length - 1)] * 1000);
    asked += 1;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(timer);
      timer = null;
    } else {
      asked = 0; // somebody looks again, perhaps coming from the bank's app
      next();
    }
  });
  next();
}

function sendOnce(form) {
  const button = form.querySelector("[data-busy]");
  const words = button.textContent;
  form.addEventListener("submit", (event) => {
    if (button.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      return;
    }
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.busy;
  });
  addEventListener("pageshow", () => { // also when the page comes back from the browser's memory
    button.removeAttribute("aria-disabled");
    button.textContent = words;
  });
}

document.querySelectorAll("[data-poll]").forEach(waitFor);
document.querySelectorAll("[data-once]").forEach(sendOnce);
