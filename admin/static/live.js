/* An extra: looks again while something is under way, and changes the parts that are new. The page works without. */
(() => {
  const PAUSE = 2000; // milliseconds
  const goesOn = (page) => page.querySelector("[data-goes-on]") !== null;

  const look = async () => {
    let fresh;
    try {
      const reply = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!reply.ok || reply.redirected) return; // signed out, or gone
      fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
    } catch {
      setTimeout(look, 4 * PAUSE); // the network is away
      return;
    }
    // A part is replaced when it says something new, so that focus and what was opened stay where they are.
    for (const part of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(part.id);
      if (now && now.dataset.live !== part.dataset.live) {
        part.dataset.live = now.dataset.live;
        part.replaceChildren(...now.childNodes);
      }
    }
    if (goesOn(fresh)) setTimeout(look, PAUSE);
  };

  if (goesOn(document)) setTimeout(look, PAUSE);
})();
