// Uses the page of the matrix in a browser, as somebody with a keyboard does, and prints what was seen as JSON.
//
//   node page.mjs BROWSER URL PROFILE    (an empty folder for the browser to keep things in)

import { spawn } from "node:child_process";

const [browser, url, profile] = process.argv.slice(2);
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", `--user-data-dir=${profile}`];
const chrome = spawn(browser, [...flags, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
const ended = new Promise((done) => chrome.on("exit", done));
const stop = () => { chrome.kill("SIGKILL"); return ended; };
const late = setTimeout(() => { console.error("the browser does not answer"); stop().then(() => process.exit(2)); }, 90_000);

const endpoint = await new Promise((found) => {
  let said = "";
  chrome.stderr.on("data", (data) => {
    said += data;
    const at = said.match(/ws:\/\/[^\s]+/);
    if (at) found(at[0]);
  });
});
const targets = await (await fetch(`http://127.0.0.1:${new URL(endpoint).port}/json`)).json();
const socket = new WebSocket(targets.find((target) => target.type === "page").webSocketDebuggerUrl);
await new Promise((opened) => socket.addEventListener("open", opened));

let last = 0;
const waiting = new Map();
const faults = [];
const requests = [];
socket.addEventListener("message", ({ data }) => {
  const { id, method, params, result, error } = JSON.parse(data);
  if (id) waiting.get(id)(error ? Promise.reject(new Error(error.message)) : result);
  if (method === "Runtime.exceptionThrown") faults.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
  if (method === "Log.entryAdded" && params.entry.level === "error") faults.push(params.entry.text);
  if (method === "Network.requestWillBeSent") requests.push(params.request.url);
});
const send = (method, params = {}) => new Promise((answered) => { waiting.set(++last, answered); socket.send(JSON.stringify({ id: last, method, params })); });
const evaluate = async (expression) => {
  const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
};
const press = async (key, more = {}) => {
  const codes = { Tab: 9, Enter: 13, Escape: 27, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 };
  const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
  await send("Input.dispatchKeyEvent", { type: "keyDown", key, windowsVirtualKeyCode: codes[key] ?? key.toUpperCase().charCodeAt(0), text, ...more });
  await send("Input.dispatchKeyEvent", { type: "keyUp", key, windowsVirtualKeyCode: codes[key] ?? key.toUpperCase().charCodeAt(0), ...more });
};
const visit = async (address) => {
  const loaded = new Promise((done) => {
    const listen = ({ data }) => {
      if (JSON.parse(data).method === "Page.loadEventFired") { socket.removeEventListener("message", listen); done(); }
    };
    socket.addEventListener("message", listen);
  });
  await send("Page.navigate", { url: address });
  await loaded;
};
const colours = `(() => { const style = getComputedStyle(document.documentElement); return [style.backgroundColor, style.color]; })()`;
const media = (value) => send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });

for (const domain of ["Page", "Runtime", "Log", "Network"]) await send(`${domain}.enable`);
await send("Emulation.setDeviceMetricsOverride", { width: 1280, height: 900, deviceScaleFactor: 1, mobile: false });
await send("Emulation.setFocusEmulationEnabled", { enabled: true });
const seen = {};
await media("light");
await visit(url);
seen.title = await evaluate("document.title");
seen.light = await evaluate(colours);
seen.count = await evaluate(`document.getElementById("count").textContent`);
seen.cells = await evaluate(`[...document.querySelectorAll("td button")].map((one) => [one.ariaLabel, one.classList.contains("gone")])`);
seen.unnamed = await evaluate(`[...document.querySelectorAll("button, a, table")].filter((one) => !(one.ariaLabel || one.textContent.trim())).length`);
seen.nodes = await evaluate(`[...document.querySelectorAll("svg text:not(.many)")].map((one) => one.textContent)`);
seen.lines = await evaluate(`document.querySelectorAll("svg path").length`);

// By the keyboard alone: to the first grid, and to a cell that is not there.
seen.stops = 0;
while (!(await evaluate(`document.activeElement.matches("td button")`)) && seen.stops < 60) { await press("Tab"); seen.stops += 1; }
await press("Enter");
seen.first = await evaluate(`document.getElementById("detail").innerText`);
for (let step = 0; step < 40 && !(await evaluate(`document.activeElement.classList.contains("gone")`)); step += 1) {
  const before = await evaluate(`document.activeElement.dataset.key`);
  await press("ArrowRight");
  if ((await evaluate(`document.activeElement.dataset.key`)) === before) {
    for (let back = 0; back < 20; back += 1) await press("ArrowLeft");
    await press("ArrowDown");
  }
}
seen.missing = await evaluate(`[document.activeElement.ariaLabel, document.querySelector("#detail .why")?.textContent ?? ""]`);
await press("Escape");
seen.closed = await evaluate(`document.querySelector("#detail .why") === null`);

// A filter, and its address.
await evaluate(`[...document.querySelectorAll(".chip")].find((one) => one.dataset.axis !== "image").click()`);
seen.filter = await evaluate(`(({ dataset }) => [dataset.axis, dataset.value])(document.querySelector(".chip[aria-pressed=true]"))`);
seen.filtered = await evaluate(`document.getElementById("count").textContent`);
seen.hash = await evaluate("location.hash");
const address = await evaluate("location.href");
await visit("about:blank");
await visit(address);
seen.again = await evaluate(`document.getElementById("count").textContent`);
await evaluate(`document.getElementById("clear").click()`);
seen.cleared = await evaluate(`[document.getElementById("count").textContent, location.hash]`);

// The tag, copied.
await evaluate(`document.querySelector("td button:not(.gone)").click()`);
seen.reference = await evaluate(`document.querySelector("#detail .tag code").textContent`);
// What is given to the clipboard, and what is selected where a page is given none; a browser without a window has neither.
const copied = async (before) => {
  await evaluate(before);
  await send("Runtime.evaluate", { expression: `document.querySelector("#detail .tag button").click()`, userGesture: true });
  await new Promise((later) => setTimeout(later, 200));
  return evaluate("[window.copied, document.querySelector('#detail .tag button').textContent]");
};
seen.copied = await copied(`navigator.clipboard.writeText = async (text) => { window.copied = text; }`);
seen.selected = await copied(`window.copied = null;
  navigator.clipboard.writeText = async () => { throw new Error("denied"); };
  document.addEventListener("copy", (event) => { window.copied = event.target.value; })`);

await media("dark");
seen.dark = await evaluate(colours);
await send("Emulation.setDeviceMetricsOverride", { width: 390, height: 800, deviceScaleFactor: 1, mobile: true });
seen.overflow = await evaluate("document.documentElement.scrollWidth - innerWidth");
await send("Emulation.setScriptExecutionDisabled", { value: true });
await visit("about:blank");
await visit(url);
seen.plain = await evaluate(`document.querySelectorAll("noscript tbody tr").length`);
seen.faults = faults;
seen.requests = [...new Set(requests)].filter((one) => one.split("#")[0] !== url && one !== "about:blank");
console.log(JSON.stringify(seen));
clearTimeout(late);
await stop();
process.exit(0);
