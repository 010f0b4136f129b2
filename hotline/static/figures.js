// Charts as the simulation describes them ({key, title, definition, traces, layout}), drawn by Plotly in the page's colours.
// The page loads Plotly's script before this module.

import { node } from "./dom.js";

const Plotly = window.Plotly;
const SERIES = 9;
const drawn = new Map(); // element → chart, drawn again when light turns to dark

function style(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function coloured(trace) {
  const colour = style(`--c${(trace.meta?.series ?? 0) % SERIES}`);
  if (trace.meta?.band) return { ...trace, line: { ...trace.line, color: colour }, fillcolor: `${colour}2e` };
  return { ...trace, line: { ...trace.line, color: colour }, marker: { ...trace.marker, color: colour } };
}

function dressed(layout) {
  const axis = { gridcolor: style("--line"), linecolor: style("--line"), zerolinecolor: style("--line"), automargin: true };
  return {
    ...layout,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: "x unified", showlegend: true,
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: style("--text") },
    hoverlabel: { bgcolor: style("--surface"), bordercolor: style("--line"), font: { color: style("--text") } },
    margin: { l: 48, r: 12, t: 8, b: 32 }, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    xaxis: { ...axis, ...layout.xaxis }, yaxis: { ...axis, ...layout.yaxis },
    shapes: (layout.shapes ?? []).map((shape) => ({ ...shape, line: { ...shape.line, color: style("--quiet") } })),
    annotations: (layout.annotations ?? []).map((note) => ({ ...note, bgcolor: style("--surface"), opacity: 0.85, font: { size: 11, color: style("--text") } })),
  };
}

function plot(place, chart) {
  const config = { responsive: true, displaylogo: false, displayModeBar: false };
  return Plotly.react(place, chart.traces.map(coloured), dressed(chart.layout), config);
}

// A figure with its caption; it is drawn when it has its place in the page.
export function figure(chart) {
  const place = node("div", { className: "chart", role: "img", "aria-label": `${chart.title}: ${chart.definition}`, "data-chart": chart.key });
  drawn.set(place, chart);
  return node("figure", {}, node("figcaption", {}, node("h4", { text: chart.title }), node("p", { className: "notice", text: chart.definition })), place);
}

export async function draw(root = document) {
  for (const place of [...drawn.keys()]) if (!place.isConnected) drawn.delete(place);
  for (const [place, chart] of drawn) if (root.contains(place)) await plot(place, chart);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
