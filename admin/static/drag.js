// Drag a card to another place of its list: an extra that posts the same form as "Move to place".
"use strict";
for (const list of document.querySelectorAll("[data-drag]")) {
  const offset = Number(list.dataset.drag);
  const cards = [...list.children].filter((card) => card.querySelector("form[data-move]"));
  let dragged = null;
  const clear = () => cards.forEach((card) => card.classList.remove("drop-before", "drop-after", "dragging"));
  const goesAfter = (card, event) => {
    const box = card.getBoundingClientRect();
    return event.clientY > box.top + box.height / 2;
  };
  for (const card of cards) {
    const number = card.querySelector(".number");
    const handle = document.createElement("span");
    handle.className = "handle";
    handle.draggable = true;
    handle.setAttribute("aria-hidden", "true");
    handle.textContent = "⠿";
    number.replaceWith(handle);
    const corner = document.createElement("div");
    handle.before(corner);
    corner.append(number, handle);
    handle.addEventListener("dragstart", (event) => {
      dragged = card;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setDragImage(card, 16, 16);
      card.classList.add("dragging");
    });
    handle.addEventListener("dragend", () => { dragged = null; clear(); });
    card.addEventListener("dragover", (event) => {
      if (!dragged || dragged === card) return;
      event.preventDefault();
      clear();
      dragged.classList.add("dragging");
      card.classList.add(goesAfter(card, event) ? "drop-after" : "drop-before");
    });
    card.addEventListener("drop", (event) => {
      if (!dragged || dragged === card) return;
      event.preventDefault();
      const from = cards.indexOf(dragged);
      let to = cards.indexOf(card) + (goesAfter(card, event) ? 1 : 0);
      if (to > from) to -= 1;
      const form = dragged.querySelector("form[data-move]");
      form.elements.to.value = offset + to + 1;
      form.requestSubmit(form.querySelector('[value="move"]'));
    });
  }
}
