// A nicety: the cart follows every change without a new page. Without script the buttons do the same.
"use strict";

const FULL_PAGE = ["lang"]; // a change of language concerns more than the cart
const live = document.getElementById("live");
let latest = 0;

async function follow(form, submitter) {
  const mine = (latest += 1);
  const address = `${form.action}?${new URLSearchParams(new FormData(form, submitter))}`;
  const answer = await fetch(address).catch(() => null);
  if (mine !== latest) return; // a later change is on its way
  if (!answer || !answer.ok) {
    location.assign(address);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== latest) return;
  const focused = document.activeElement?.id;
  live.replaceChildren(...page.getElementById("live").childNodes);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  document.getElementById("told").textContent = live.querySelector(".total").textContent;
  const canonical = new URL(address);
  ["more", "less"].forEach((step) => canonical.searchParams.delete(step));
  document.querySelectorAll(".stepper input").forEach((field) => canonical.searchParams.set(field.name, field.value));
  history.replaceState(null, "", canonical);
}

live?.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form) FULL_PAGE.includes(event.target.name) ? form.submit() : follow(form);
});

live?.addEventListener("submit", (event) => {
  if (event.submitter?.hasAttribute("formaction")) return; // it leads away from the shelf
  event.preventDefault();
  follow(event.target, event.submitter);
});
