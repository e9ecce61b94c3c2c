"use strict";

const LOST = "The live view has ended. Start it again: uv run lab live --web";

const find = (name) => document.getElementById(name);
// A screen reader reads what changes: so nothing is written twice.
const write = (name, text) => {
  if (find(name).textContent !== text) find(name).textContent = text;
};

let wasLost = false;
const source = new EventSource("/events");
source.onmessage = (event) => {
  const run = JSON.parse(event.data);
  if (!run.title) {
    // Another live view has started, which knows no run yet.
    if (wasLost) location.reload();
    return;
  }
  write("title", run.title);
  write("state", run.state);
  write("finding", run.has_ended ? `${run.state}: ${run.line}` : `${run.title} is running`);
  write("gauges", run.has_ended ? "" : run.gauges);
  write("note", run.note);
  find("picture").innerHTML = run.svg.slice(run.svg.indexOf("<svg"));
  find("picture").setAttribute("aria-label", `${run.title}, ${run.state}: ${run.line}`);
  find("save").hidden = !run.has_ended;
};
// The browser tries again by itself, and then gets the newest state.
source.onerror = () => {
  wasLost = true;
  write("state", LOST);
};
