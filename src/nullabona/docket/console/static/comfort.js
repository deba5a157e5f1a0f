// Comfort only: everything works without this file. Clocks count down, keys lead to pages, the session says when it ends.
const form = (name) => document.body.dataset[name] ?? "";

const left = (seconds) => {
  const size = Math.abs(seconds);
  const days = Math.floor(size / 86400), hours = Math.floor((size % 86400) / 3600), minutes = Math.floor((size % 3600) / 60);
  const parts = days ? [[days, "d"], [hours, "h"]] : hours ? [[hours, "h"], [minutes, "m"]] : [[minutes, "m"], [Math.floor(size % 60), "s"]];
  return `${seconds < 0 ? "−" : ""}${parts.map(([n, unit]) => `${n}${form(`unit${unit.toUpperCase()}`)}`).join(" ")}`;
};

// The desk's clock, not this machine's: seconds that passed here are added to what the page was made at.
const made = Number(form("now")), began = performance.now();
const now = () => made + (performance.now() - began) / 1000;

const tick = () => {
  for (const clock of document.querySelectorAll("[data-due]")) {
    const rest = Number(clock.dataset.due) - now();
    clock.textContent = left(Math.trunc(rest));
    clock.closest("[data-lane]")?.classList.toggle("late", rest < 0);
  }
  const end = document.querySelector("[data-ends]");
  if (end) {
    const rest = Number(end.dataset.ends) - now();
    end.textContent = left(Math.max(0, Math.trunc(rest)));
    if (rest <= 0) location.replace("/");
  }
};
tick();
setInterval(tick, 1000);

const writing = (node) => node.matches("input, textarea, select, [contenteditable]");
let lead = false;
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  if (lead) {
    lead = false;
    const place = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
    if (place) { event.preventDefault(); place.click(); }
  } else if (event.key === "g") {
    lead = true;
    setTimeout(() => { lead = false; }, 1500);
  } else if (event.key === "j" || event.key === "k") {
    const rows = [...document.querySelectorAll("a.whole")];
    const at = rows.indexOf(document.activeElement);
    rows[Math.min(rows.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)))]?.focus();
  }
});

// A queue on the screen renews itself while nobody uses it; looking so does not keep the session alive.
const queue = document.querySelector("[data-version]");
if (queue) {
  setInterval(async () => {
    try {
      const answer = await fetch("/queue/version", { headers: { "X-Desk-Quiet": "1" }, redirect: "error" });
      const { version } = await answer.json();
      if (version !== queue.dataset.version) {
        document.getElementById("changed").hidden = false;
        if (document.activeElement === document.body) location.reload();
      }
    } catch { /* the next look will do */ }
  }, 20000);
}
document.documentElement.dataset.ready = "";
