/*
 * <performance-monitor-widget src="/monitor">: what an agent's performance monitor knows now.
 *
 * Attributes: src (the monitor's address), transport ("http", the default, or "websocket"), refresh (seconds, 2).
 * Properties: token (kept in memory only; where it is missing and demanded, the widget asks for it).
 * show(snapshot) draws one that came another way. What comes over the network becomes text, never markup.
 */

const FORMAT = "metabot-monitor-snapshot";
const PATIENCE = 8000; // milliseconds that an answer or the next snapshot may take
const TOAST = 8000; // milliseconds that an alert is in the way
const TOASTS = 4; // at once
const ROWS = 40; // of a table
const NAME = 120; // characters of a name
const UNAUTHORIZED = 401;
const REFUSED = 4000; // and an HTTP status: the code that a WebSocket is closed with

const STYLE = `
:host {
  --ground: light-dark(#ffffff, #14181d); --card: light-dark(#f6f8fa, #1c2229); --line: light-dark(#d0d7de, #353d47);
  --text: light-dark(#1f2328, #e6edf3); --quiet: light-dark(#57606a, #a3adb8); --accent: light-dark(#0969da, #58a6ff);
  --good: light-dark(#116329, #7ee787); --good-ground: light-dark(#dafbe1, #12301c);
  --warn: light-dark(#7d4e00, #f2cc60); --warn-ground: light-dark(#fff4c2, #37301a);
  --bad: light-dark(#a40e26, #ff9b93); --bad-ground: light-dark(#ffebe9, #3a1d1d);
  display: block; max-width: 62rem; margin: 0 auto;
  font: 13px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums;
}
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
.frame { padding: 1rem; background: var(--ground); color: var(--text); border: 1px solid var(--line); border-radius: 10px;
  container-type: inline-size; }
[hidden] { display: none !important; }
header, footer { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem; }
h2 { font-size: 1.15rem; margin: 0; overflow-wrap: anywhere; }
h3 { font-size: .8rem; margin: 0 0 .4rem; color: var(--quiet); font-weight: 600; letter-spacing: .02em; }
.quiet { color: var(--quiet); }
.space { flex: 1; }
.pill { display: inline-block; padding: 0 .6rem; border-radius: 1rem; background: var(--card); color: var(--quiet);
  border: 1px solid currentColor; }
.pill.active { background: var(--good-ground); color: var(--good); }
.pill.warning { background: var(--warn-ground); color: var(--warn); }
.fields { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: .5rem; margin: .8rem 0; }
.fields > div { background: var(--card); border-radius: 8px; padding: .5rem .7rem; min-width: 0; }
.fields .wide { grid-column: 1 / -1; }
dt { color: var(--quiet); font-size: .8rem; }
dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; unicode-bidi: isolate; }
.wide dd { font-weight: 400; }
.parts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .75rem; }
section { background: var(--card); border-radius: 8px; padding: .6rem .7rem; min-width: 0; }
section.wide { grid-column: 1 / -1; }
.scroll { overflow: auto; max-height: 17rem; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .2rem .4rem; text-align: right; white-space: nowrap; }
th { color: var(--quiet); font-weight: 500; position: sticky; top: 0; background: var(--card); }
tbody tr { border-top: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td:first-child { max-width: min(16rem, 36cqi); overflow: hidden; text-overflow: ellipsis; unicode-bidi: isolate; }
.bad { color: var(--bad); font-weight: 600; }
.facts { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: 0 0 .3rem; }
.facts b { font-weight: 600; }
svg { display: block; width: 100%; height: 3.6rem; margin-top: .3rem; overflow: visible; }
.used { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; }
.under { fill: var(--accent); opacity: .14; }
.limit { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 5 4; }
svg * { vector-effect: non-scaling-stroke; }
ul { margin: 0; padding: 0; list-style: none; }
li { padding: .2rem 0; overflow-wrap: anywhere; unicode-bidi: isolate; }
li + li { border-top: 1px solid var(--line); }
.banner, form { padding: .5rem .7rem; border-radius: 8px; margin: .7rem 0 0; background: var(--bad-ground); color: var(--bad); }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; background: var(--card); color: var(--text); }
footer { margin-top: .8rem; }
button, input { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--quiet);
  border-radius: 6px; padding: .25rem .75rem; }
button { cursor: pointer; }
button:hover:not(:disabled) { border-color: var(--accent); color: var(--accent); }
button:disabled { opacity: .55; cursor: default; }
button.sure { border-color: var(--bad); color: var(--bad); font-weight: 600; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.aloud { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
.stale { opacity: .6; }
.toasts { position: fixed; right: 1rem; top: 1rem; width: min(24rem, calc(100% - 2rem)); display: grid; gap: .4rem; z-index: 1; }
.toast { display: flex; gap: .5rem; align-items: start; font-weight: 600; padding: .55rem .7rem; border-radius: 8px; border: 1px solid var(--warn);
  background: var(--warn-ground); color: var(--warn); box-shadow: 0 4px 14px #0003; overflow-wrap: anywhere; }
.toast span { flex: 1; unicode-bidi: isolate; }
.toast button { border: 0; background: none; padding: 0 .3rem; }
@container (max-width: 40rem) { .parts, .fields { grid-template-columns: minmax(0, 1fr); } }
@container (min-width: 24rem) and (max-width: 40rem) { .fields { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
`;

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const count = (value) => (isNumber(value) ? value.toLocaleString("en") : "–");
const short = (value) => String(value ?? "").slice(0, NAME);

function duration(milliseconds) {
  if (!isNumber(milliseconds)) return "–";
  if (milliseconds > 0 && milliseconds < 0.05) return "< 0.1 ms";
  if (milliseconds < 1000) return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const minutes = Math.floor(milliseconds / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function bytes(value) {
  if (!isNumber(value)) return "–";
  const power = Math.min(Math.floor(Math.log2(Math.max(value, 1)) / 10), 4);
  return `${(value / 1024 ** power).toFixed(power > 1 ? 1 : 0)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
}

function clock(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "–" : date.toLocaleTimeString([], { hour12: false });
}

/** An element; what is no element becomes text. */
function element(name, properties = {}, ...inside) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...inside);
  return made;
}

function drawn(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** A text that is only touched when it changes, so that it is read out once. */
function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function table(caption, heads, rows) {
  if (!rows.length) return [element("div", { className: "quiet" }, "none yet")];
  const cell = (value) =>
    value instanceof Node ? element("td", {}, value) : element("td", { title: String(value) }, String(value));
  const body = rows.slice(0, ROWS).map((row) => element("tr", {}, ...row.map(cell)));
  const head = heads.map((text) => element("th", { scope: "col" }, text));
  const whole = element("table", { ariaLabel: caption }, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
  const rest = rows.length - ROWS;
  return rest > 0 ? [whole, element("div", { className: "quiet" }, `and ${count(rest)} more`)] : [whole];
}

const errors = (number) => (number > 0 ? element("span", { className: "bad" }, count(number)) : count(number));
const facts = (pairs) =>
  element("div", { className: "facts" }, ...pairs.map(([name, value]) => element("span", {}, `${name} `, element("b", {}, value))));

/** The rows of an object of objects, those with the greatest `by` first. */
function ranked(parts, by) {
  return Object.entries(parts).sort(([, one], [, other]) => (other[by] ?? 0) - (one[by] ?? 0));
}

/** The memory of the process and its limit, over the samples. */
function sparkline(samples, limit) {
  const used = samples.map((sample) => sample.rss_bytes).filter(isNumber);
  if (used.length < 2) return [];
  const top = Math.max(limit ?? 0, ...used) * 1.08;
  const low = limit ? 0 : Math.min(...used) * 0.95;
  const y = (value) => (60 - ((value - low) / (top - low || 1)) * 60).toFixed(2);
  const line = used.map((value, index) => `${((index / (used.length - 1)) * 300).toFixed(2)},${y(value)}`).join(" ");
  const picture = drawn("svg", { viewBox: "0 0 300 60", preserveAspectRatio: "none", role: "img" });
  picture.setAttribute("aria-label", `Memory from ${bytes(used[0])} to ${bytes(used.at(-1))}${limit ? `, limit ${bytes(limit)}` : ""}`);
  picture.append(drawn("polygon", { class: "under", points: `0,60 ${line} 300,60` }), drawn("polyline", { class: "used", points: line }));
  if (limit) picture.append(drawn("line", { class: "limit", x1: 0, x2: 300, y1: y(limit), y2: y(limit) }));
  return [picture];
}

/** What is seen. `acts` are what its buttons and its form do. */
class View {
  #alerts = null; // those that were drawn before, each as text

  constructor(root, acts) {
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    this.title = element("h2", {}, "Performance monitor");
    this.session = element("span", { className: "quiet" });
    this.fields = Object.fromEntries(FIELDS.map(([name]) => [name, element("dd")]));
    this.pill = element("span", { className: "pill" });
    this.fields.state.append(this.pill);
    this.aloud = element("p", { className: "aloud", role: "status", ariaLive: "polite" }); // not all that comes and goes
    this.banner = element("p", { className: "banner", role: "status", ariaLive: "polite", hidden: true });
    this.parts = {};
    this.body = element("div", { className: "parts" });
    for (const [name, title, wide] of PARTS) this.body.append(this.#part(name, title, wide));
    this.toasts = element("div", { className: "toasts", role: "log", ariaLive: "polite", ariaLabel: "New alerts" });
    this.updated = element("span", { className: "quiet" });
    this.known = element("div", { hidden: true }, this.#fields(), this.body, this.#footer(acts));
    this.waiting = element("p", { className: "quiet" }, "Waiting for the monitor …");
    const header = element("header", {}, this.title, this.session);
    root.append(element("div", { className: "frame" }, header, this.banner, this.aloud, this.#form(acts.token), this.waiting, this.known), this.toasts);
  }

  #part(name, title, wide) {
    this.parts[name] = element("div", { className: "scroll", tabIndex: 0, role: "group", ariaLabel: title });
    return element("section", { className: wide ? "wide" : "" }, element("h3", {}, title), this.parts[name]);
  }

  #fields() {
    const one = ([name, title]) =>
      element("div", { className: name === "message" ? "wide" : "" }, element("dt", {}, title), this.fields[name]);
    return element("dl", { className: "fields" }, ...FIELDS.map(one));
  }

  #form(heard) {
    this.token = element("input", { type: "password", autocomplete: "off", required: true, ariaLabel: "Token of the monitor" });
    this.form = element("form", { hidden: true }, element("span", {}, "The monitor asks for its token:"), this.token, element("button", {}, "Open"));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      heard(this.token.value);
      this.token.value = "";
    });
    return this.form;
  }

  #footer({ reset, export: save }) {
    this.reset = element("button", { type: "button" }, "Reset");
    this.save = element("button", { type: "button" }, "Export");
    const calm = () => {
      this.reset.textContent = "Reset";
      this.reset.classList.remove("sure");
    };
    this.reset.addEventListener("blur", calm);
    this.reset.addEventListener("click", () => {
      if (this.reset.classList.toggle("sure")) this.reset.textContent = "Forget everything?";
      else { calm(); reset(); }
    });
    this.save.addEventListener("click", save);
    return element("footer", {}, this.updated, element("span", { className: "space" }), this.save, this.reset);
  }

  ask(asks) {
    if (asks === !this.form.hidden) return;
    this.form.hidden = !asks;
    this.waiting.hidden = true;
  }

  warn(words) {
    this.banner.hidden = !words;
    say(this.banner, words);
    if (words) this.waiting.hidden = true;
    this.body.classList.toggle("stale", Boolean(words));
  }

  draw(snapshot) {
    this.ask(false);
    this.warn("");
    this.waiting.hidden = true;
    this.known.hidden = false;
    this.#status(snapshot);
    for (const [name, , , fill] of PARTS) this.parts[name].replaceChildren(...fill(snapshot));
    this.#toast(snapshot.alerts);
    say(this.updated, `updated ${clock(Date.now())}, up ${duration(snapshot.uptime_seconds * 1000)}`);
  }

  #status({ status, service, session_id }) {
    say(this.title, short(service) || "Performance monitor");
    say(this.session, session_id ? `session ${short(session_id)}` : "");
    this.pill.className = `pill ${["active", "warning"].includes(status.state) ? status.state : ""}`;
    say(this.pill, short(status.state));
    say(this.aloud, status.state === "warning" ? `Warning: ${short(status.message)}` : "");
    say(this.fields.primary, short(status.primary_metric));
    say(this.fields.secondary, short(status.secondary_metric));
    say(this.fields.last, status.last_activity ? clock(status.last_activity) : "none yet");
    say(this.fields.message, String(status.message ?? "").slice(0, 4 * NAME));
  }

  #toast(alerts) {
    const now = alerts.map(({ kind, name, subject, timestamp }) => JSON.stringify([kind, name, subject, timestamp]));
    const raised = ({ kind }, index) => kind === "raised" && !this.#alerts.has(now[index]);
    const fresh = this.#alerts === null ? [] : alerts.filter(raised);
    this.#alerts = new Set(now);
    for (const alert of fresh.slice(-TOASTS)) this.#show(said(alert));
  }

  #show(words) {
    const close = element("button", { type: "button", ariaLabel: "Close this alert" }, "×");
    const toast = element("div", { className: "toast" }, element("span", {}, words), close);
    close.addEventListener("click", () => toast.remove());
    const away = () => (toast.matches(":hover, :focus-within") ? setTimeout(away, TOAST / 4) : toast.remove());
    setTimeout(away, TOAST);
    this.toasts.append(toast);
    while (this.toasts.childElementCount > TOASTS) this.toasts.firstChild.remove();
  }
}

const said = (alert) => short(alert.message);

const FIELDS = [["state", "State"], ["primary", "Primary metric"], ["secondary", "Secondary metric"], ["last", "Last activity"], ["message", "Message"]];

/** Name, title, whether it takes the whole width, and what stands in it. */
const PARTS = [
  ["tools", "Tools", true, ({ tools, switched_off }) => table("Tools", ["Tool", "Calls", "Errors", "Mean", "p95"],
    ranked(tools, "calls").map(([name, tool]) => [short(name) + (switched_off.some((off) => off.tool === name) ? " (switched off)" : ""), count(tool.calls), errors(tool.errors), duration(tool.mean_ms), duration(tool.p95_ms)]))],
  ["memory", "Memory", false, ({ memory }) => {
    const last = memory.samples.at(-1);
    const share = isNumber(last?.percent) ? ` (${last.percent.toFixed(0)} %)` : "";
    return [facts([["now", bytes(last?.rss_bytes) + share], ["limit", memory.limit_bytes ? bytes(memory.limit_bytes) : "none"]]), ...sparkline(memory.samples, memory.limit_bytes)];
  }],
  ["states", "States", false, ({ states }) => table("States", ["State", "Entries", "Mean", "Longest"],
    ranked(states, "total_ms").map(([name, state]) => [short(name), count(state.entries), duration(state.mean_ms), duration(state.max_ms)]))],
  ["llm", "Model calls", true, ({ llm }) => [
    facts([["calls", count(llm.calls)], ["errors", errors(llm.errors)], ["p95", duration(llm.latency_ms.p95)], ["tokens in", count(llm.tokens.input)], ["out", count(llm.tokens.output)], ["cached", count(llm.tokens.cached)]]),
    ...table("Models", ["Model", "Calls", "Errors", "Tokens in", "Tokens out"],
      ranked(llm.models, "calls").map(([name, model]) => [short(name), count(model.calls), errors(model.errors), count(model.input), count(model.output)])),
  ]],
  ["session", "Session", true, ({ session }) => [facts([["cycles", count(session.cycles)], ["artifacts created", count(session.artifacts.created)],
    ["modified", count(session.artifacts.modified)], ["deleted", count(session.artifacts.deleted)]])]],
  ["alerts", "Alerts", true, ({ alerts }) => alerts.length ? [element("ul", {}, ...alerts.slice(-8).reverse().map((alert) =>
    element("li", {}, element("span", { className: "quiet" }, `${clock(alert.timestamp)} `), said(alert))))] : [element("div", { className: "quiet" }, "none")]],
];

class Refused extends Error {
  constructor(status, words) {
    super(words || `the monitor refuses (${status})`);
    this.status = status;
  }
}

/** An answer of the monitor; raises where there is none, and `Refused` where it is one of refusal. */
async function ask(address, { token, signal, method = "GET" }) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(address, { method, headers, signal, cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" });
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, typeof told.detail === "string" ? short(told.detail) : "");
}

/** Asks again and again. `heard` has came(snapshot), failed() and refused(Refused), which ends it if it says so. */
class Polling {
  #timer = null;
  #asking = null;
  #over = false;

  constructor(address, token, every, heard) {
    Object.assign(this, { address, token, every, heard });
    this.#once();
  }

  stop() {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#asking?.abort();
  }

  async #once() {
    const begun = Date.now();
    this.#asking = new AbortController();
    const late = setTimeout(() => this.#asking.abort(), PATIENCE);
    try {
      const answer = await ask(this.address, { token: this.token, signal: this.#asking.signal });
      const snapshot = await answer.json();
      if (!this.#over) this.heard.came(snapshot);
    } catch (error) {
      if (!this.#over && (error instanceof Refused ? this.heard.refused(error) : this.heard.failed(error))) this.#over = true;
    } finally {
      clearTimeout(late);
    }
    if (!this.#over) this.#timer = setTimeout(() => this.#once(), Math.max(0, this.every - (Date.now() - begun)));
  }
}

/** Listens, and comes back where it is cut off. `heard` as of `Polling`. */
class Listening {
  #timer = null;
  #late = null;
  #socket = null;
  #over = false;

  constructor(address, token, every, heard) {
    const live = new URL(`${address}/live`);
    live.protocol = live.protocol.replace("http", "ws");
    Object.assign(this, { address: live, token, every, heard });
    this.#open();
  }

  stop() {
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#late);
    this.#socket.close();
  }

  #open() {
    this.#socket = new WebSocket(this.address);
    this.#socket.onopen = () => this.#socket.send(JSON.stringify({ token: this.token }));
    this.#socket.onmessage = ({ data }) => {
      if (this.#over) return;
      this.#wait();
      this.heard.came(JSON.parse(data));
    };
    this.#socket.onclose = ({ code, reason }) => this.#cut(code - REFUSED, reason);
    this.#wait();
  }

  /** Where nothing comes for long, the connection is lost, whether it says so or not. */
  #wait() {
    clearTimeout(this.#late);
    this.#late = setTimeout(() => {
      this.#socket.onclose = null;
      this.#socket.close();
      this.#cut(0);
    }, PATIENCE);
  }

  #cut(status, reason) {
    clearTimeout(this.#late);
    if (this.#over) return;
    const refused = status >= 400 && status < 600;
    this.#over = refused ? this.heard.refused(new Refused(status, short(reason))) : this.heard.failed();
    if (!this.#over) this.#timer = setTimeout(() => this.#open(), this.every);
  }
}

class PerformanceMonitorWidget extends HTMLElement {
  static observedAttributes = ["src", "transport", "refresh"];
  #token = "";
  #source = null;
  #due = false; // it is to begin anew
  #gone = null; // since when the monitor is not reachable
  #view = new View(this.attachShadow({ mode: "open" }), {
    token: (value) => { this.token = value; },
    reset: () => this.#act(() => this.#ask("/reset", "POST")),
    export: () => this.#act(() => this.#export()),
  });

  set token(value) {
    this.#token = String(value ?? "");
    this.#restart();
  }

  connectedCallback() {
    document.addEventListener("visibilitychange", this.#restart);
    this.#restart();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#restart);
    this.#restart();
  }

  attributeChangedCallback() {
    this.#restart();
  }

  show(snapshot) {
    this.#gone = null;
    this.#view.draw(snapshot);
  }

  get #address() {
    const address = new URL(this.getAttribute("src"), document.baseURI);
    return address.origin + address.pathname.replace(/\/+$/, "");
  }

  /** Stops at once; what begins anew waits for the other attributes that are set in the same breath. */
  #restart = () => {
    this.#source?.stop();
    this.#source = null;
    if (!this.#due) queueMicrotask(() => this.#start());
    this.#due = true;
  };

  #start() {
    this.#due = false;
    if (!this.isConnected || document.hidden || !this.getAttribute("src")) return;
    const every = Math.max(0.1, Number(this.getAttribute("refresh")) || 2) * 1000;
    const Source = this.getAttribute("transport") === "websocket" ? Listening : Polling;
    this.#source = new Source(this.#address, this.#token, every, {
      came: (snapshot) => this.#came(snapshot),
      failed: () => this.#failed(),
      refused: (refusal) => this.#refused(refusal),
    });
  }

  #came(snapshot) {
    if (snapshot?.format === FORMAT) this.show(snapshot);
    else this.#view.warn("What answers there is no monitor.");
  }

  #failed() {
    this.#gone ??= Date.now();
    this.#view.warn(`Not reachable since ${clock(this.#gone)}; trying again.`);
    return false;
  }

  /** Ends the asking where only a token helps. */
  #refused(refusal) {
    const wants = refusal.status === UNAUTHORIZED;
    this.#view.warn(wants && !this.#token ? "" : `The monitor says: ${refusal.message}`);
    this.#view.ask(wants);
    return wants;
  }

  #ask(path, method) {
    return ask(this.#address + path, { token: this.#token, signal: AbortSignal.timeout(PATIENCE), method });
  }

  async #act(act) {
    try {
      await act();
      this.#restart();
    } catch (error) {
      if (error instanceof Refused) this.#refused(error);
      else this.#failed();
    }
  }

  async #export() {
    const answer = await this.#ask("/export");
    const name = /filename="([\w.-]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "metabot-monitor.json";
    const link = element("a", { href: URL.createObjectURL(await answer.blob()), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), TOAST);
  }
}

customElements.define("performance-monitor-widget", PerformanceMonitorWidget);
