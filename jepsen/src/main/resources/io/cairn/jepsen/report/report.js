"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const ops = data.operations, text = data.strings, end = data.end;
  const OUTCOMES = ["ok", "fail", "info"], WORDS = ["acknowledged", "refused", "unknown"];
  const byId = id => document.getElementById(id);
  const color = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const span = us => us < 1000 ? us + " µs" : us < 1e6 ? (us / 1000).toFixed(us < 1e5 ? 1 : 0) + " ms" : (us / 1e6).toFixed(2) + " s";
  const at = us => (us / 1e6).toFixed(3) + " s";
  const faultsAt = us => data.faults.filter(f => f[2] <= us && us <= f[4]).map(f => f[0] + " (" + f[1] + ")");

  // Plots: what is under the pointer, in words.
  const hint = byId("readout").textContent;
  for (const id of ["band", "rate", "latency"]) {
    const svg = byId(id);
    svg.addEventListener("mousemove", event => {
      const box = svg.getBoundingClientRect(), plot = data.plot;
      const x = (event.clientX - box.left) / box.width * plot.width;
      const us = (x - plot.left) / (plot.width - plot.left - plot.right) * end;
      if (us < 0 || us > end) { return; }
      const r = Math.floor(us / data.rate.width), l = Math.floor(us / data.latency.width), per = data.rate.width / 1e6;
      const parts = [at(us)];
      WORDS.forEach((word, o) => parts.push(Math.round(data.rate.counts[o][r] / per).toLocaleString("en") + "/s " + word));
      const p50 = data.latency.p50[0][l];
      parts.push(p50 ? "median " + span(p50) + ", p99 " + span(data.latency.p99[0][l]) : "nothing acknowledged");
      byId("readout").textContent = parts.concat(faultsAt(us)).join("  ·  ");
      document.querySelectorAll(".cursor").forEach(c => c.setAttribute("d", "M" + x.toFixed(1) + " 8V166"));
    });
    svg.addEventListener("mouseleave", () => {
      byId("readout").textContent = hint;
      document.querySelectorAll(".cursor").forEach(c => c.setAttribute("d", ""));
    });
    svg.addEventListener("click", event => {
      const box = svg.getBoundingClientRect(), plot = data.plot;
      const x = (event.clientX - box.left) / box.width * plot.width;
      show((x - plot.left) / (plot.width - plot.left - plot.right) * end - width / 2);
    });
  }

  // The timeline of operations: [from, from + width] in microseconds.
  const bars = byId("bars"), overview = byId("overview"), tip = byId("tip"), picked = byId("picked");
  const LEFT = 44, AXIS = 20, lanes = Math.max(1, ops.lanes), row = lanes > 60 ? 7 : lanes > 30 ? 11 : 16;
  const lane = [...new Set(ops.lane)].sort((a, b) => a - b), place = new Map(lane.map((l, i) => [l, i]));
  let from = 0, width = Math.min(2e6, end), follow = -1;
  let longest = 0;
  ops.lasted.forEach(d => { longest = Math.max(longest, d); });

  const spans = [1e4, 5e4, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 3e7, 6e7].filter(s => s < end).concat([end]);
  for (const s of spans) { byId("span").add(new Option(s === end ? "everything" : span(s).replace(/\.0+ /, " "), s)); }
  byId("span").value = String(spans.includes(width) ? width : end);
  width = Number(byId("span").value);
  byId("span").addEventListener("change", () => {
    const middle = from + width / 2;
    width = Number(byId("span").value);
    show(middle - width / 2);
  });
  byId("jump").add(new Option("…", ""));
  data.problems.forEach(p => byId("jump").add(new Option("problem: first of key " + p[0], p[1])));
  data.faults.slice(0, 300).forEach(f => {
    byId("jump").add(new Option(at(f[2]) + "  " + f[0] + ", begin", f[2]));
    byId("jump").add(new Option(at(f[4]) + "  " + f[0] + ", healed", f[4]));
  });
  byId("jump").addEventListener("change", () => {
    if (byId("jump").value !== "") { show(Number(byId("jump").value) - width / 4); }
  });
  byId("position").addEventListener("input", () => show(byId("position").value / 10000 * Math.max(0, end - width)));

  function show(us) {
    from = Math.max(0, Math.min(us, end - width));
    byId("position").value = end > width ? Math.round(from / (end - width) * 10000) : 0;
    draw();
  }

  function prepare(canvas, height) {
    const ratio = window.devicePixelRatio || 1, w = canvas.clientWidth;
    canvas.width = w * ratio;
    canvas.height = height * ratio;
    canvas.style.height = height + "px";
    const g = canvas.getContext("2d");
    g.scale(ratio, ratio);
    g.font = "11px system-ui, sans-serif";
    return [g, w];
  }

  /** The first operation called at us or later. */
  function first(us) {
    let low = 0, high = ops.call.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ops.call[middle] < us) { low = middle + 1; } else { high = middle; }
    }
    return low;
  }

  function draw() {
    const height = lane.length * row + AXIS + 4;
    const [g, w] = prepare(bars, height);
    const x = us => LEFT + (us - from) / width * (w - LEFT);
    const colors = OUTCOMES.map(color), quiet = color("quiet"), rule = color("rule");
    g.fillStyle = color("shade");
    g.globalAlpha = Number(color("shadeshare"));
    data.faults.forEach(f => {
      if (f[4] >= from && f[2] <= from + width) {
        g.fillRect(Math.max(LEFT, x(f[2])), 0, Math.max(1, x(f[4]) - Math.max(LEFT, x(f[2]))), height - AXIS);
      }
    });
    g.globalAlpha = 1;
    g.strokeStyle = rule;
    g.fillStyle = quiet;
    g.textAlign = "right";
    lane.forEach((l, i) => { if (row > 10 || i % 2 === 0) { g.fillText(String(l), LEFT - 8, i * row + row - 3); } });
    let step = 1000;
    for (let i = 0; width / step > 10; i++) { step *= [2, 2.5, 2][i % 3]; }
    g.textAlign = "center";
    for (let t = Math.ceil(from / step) * step; t <= from + width; t += step) {
      g.beginPath(); g.moveTo(x(t), 0); g.lineTo(x(t), height - AXIS + 3); g.stroke();
      if (x(t) > LEFT + 20 && x(t) < w - 20) { g.fillText((t / 1e6).toFixed(step < 1e4 ? 3 : step < 1e6 ? 2 : 0), x(t), height - 5); }
    }
    let seen = 0;
    for (let i = first(from - longest); i < ops.call.length && ops.call[i] <= from + width; i++) {
      const back = ops.call[i] + ops.lasted[i];
      if (back < from) { continue; }
      seen++;
      const left = Math.max(LEFT, x(ops.call[i])), y = place.get(ops.lane[i]) * row;
      const wide = Math.max(1.2, x(back) - left - (row > 10 ? .6 : 0));
      g.globalAlpha = follow < 0 || ops.key[i] === follow ? 1 : .18;
      g.fillStyle = colors[ops.outcome[i]];
      g.fillRect(left, y + 2, wide, row - 4);
    }
    g.globalAlpha = 1;
    byId("window").textContent = at(from) + " to " + at(from + width) + ", " + seen.toLocaleString("en") + " operations"
      + (follow < 0 ? "" : "; following key " + text[follow]);
    drawOverview();
  }

  function drawOverview() {
    const [g, w] = prepare(overview, 34);
    const x = us => LEFT + us / end * (w - LEFT);
    g.fillStyle = color("panel");
    g.fillRect(LEFT, 4, w - LEFT, 22);
    g.fillStyle = color("shade");
    g.globalAlpha = .35;
    data.faults.forEach(f => g.fillRect(x(f[2]), 4, Math.max(1, x(f[4]) - x(f[2])), 22));
    g.globalAlpha = 1;
    g.fillStyle = color("ok");
    data.stretches.forEach(s => g.fillRect(x(s[0]), 28, Math.max(1.5, x(s[1]) - x(s[0])), 3));
    g.strokeStyle = color("ink");
    g.lineWidth = 1.5;
    g.strokeRect(x(from), 3, Math.max(3, width / end * (w - LEFT) - 1), 24);
  }

  let dragging = false;
  const drag = event => {
    const box = overview.getBoundingClientRect();
    show((event.clientX - box.left - LEFT) / (box.width - LEFT) * end - width / 2);
  };
  overview.addEventListener("pointerdown", event => { dragging = true; overview.setPointerCapture(event.pointerId); drag(event); });
  overview.addEventListener("pointermove", event => { if (dragging) { drag(event); } });
  overview.addEventListener("pointerup", () => { dragging = false; });
  overview.addEventListener("pointercancel", () => { dragging = false; });

  /** The operation under the pointer, -1 for none; of thin ones the nearest within 3 pixels. */
  function under(event) {
    const box = bars.getBoundingClientRect(), wanted = Math.floor((event.clientY - box.top) / row);
    const pixel = width / (box.width - LEFT), us = from + (event.clientX - box.left - LEFT) * pixel;
    let best = -1, distance = 3 * pixel;
    for (let i = first(us - longest - distance); i < ops.call.length && ops.call[i] <= us + 3 * pixel; i++) {
      if (place.get(ops.lane[i]) === wanted) {
        const away = Math.max(0, ops.call[i] - us, us - ops.call[i] - ops.lasted[i]);
        if (away <= distance) { best = i; distance = away; }
      }
    }
    return best;
  }

  function describe(i) {
    const lines = [text[ops.f[i]] + "  " + text[ops.key[i]] + "  ·  " + WORDS[ops.outcome[i]],
      at(ops.call[i]) + ", " + span(ops.lasted[i]) + "  ·  client " + ops.client[i]];
    if (ops.node[i]) { lines[1] += "  ·  node " + text[ops.node[i]]; }
    if (ops.in[i]) { lines.push("in   " + text[ops.in[i]]); }
    if (ops.out[i]) { lines.push("out  " + text[ops.out[i]]); }
    if (ops.error[i]) { lines.push("error  " + text[ops.error[i]]); }
    return lines.join("\n");
  }

  bars.addEventListener("mousemove", event => {
    const i = under(event);
    tip.hidden = i < 0;
    if (i >= 0) {
      tip.textContent = describe(i);
      tip.style.left = Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 12) + "px";
      tip.style.top = Math.min(event.clientY + 16, window.innerHeight - tip.offsetHeight - 12) + "px";
    }
  });
  bars.addEventListener("mouseleave", () => { tip.hidden = true; });
  bars.addEventListener("click", event => {
    const i = under(event);
    follow = i < 0 ? -1 : ops.key[i];
    picked.hidden = i < 0;
    picked.textContent = i < 0 ? "" : describe(i);
    draw();
  });

  window.addEventListener("resize", draw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  const start = data.faults.length ? data.faults[0][2] : data.problems.length ? data.problems[0][1] : 0;
  show(start - width / 4);
})();
