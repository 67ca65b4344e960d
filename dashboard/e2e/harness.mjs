// What the browser tests stand on: a browser, pages that report everything unexpected, the server's own interface for
// preparing and for checking, and a count.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const program = process.env.OPENMCP_CHROMIUM ?? "/usr/bin/chromium";
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const desktop = { viewport: { width: 1360, height: 860 } };
export const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

export class Failure extends Error {}

export function check(condition, message) {
  if (!condition) throw new Failure(message);
}

export function same(actual, expected, what) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(a === b, `${what}: ${a} instead of ${b}`);
}

/** The server's interface with a token, for what a test prepares or looks up behind the page's back. */
export class Api {
  constructor(base, token) {
    this.base = base;
    this.token = token;
  }
  async ask(method, path, body, headers = {}) {
    const response = await fetch(`${this.base}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    check(response.ok, `${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
    return text ? JSON.parse(text) : undefined;
  }
  get(path) {
    return this.ask("GET", path);
  }
  commit(body) {
    return this.ask("POST", "/contexts/", body);
  }
}

export class Suite {
  passed = 0;
  failed = 0;
  shots = process.env.OPENMCP_SHOTS ?? "";

  constructor(base, token) {
    this.base = base;
    this.token = token;
    this.api = new Api(base, token);
    if (this.shots) mkdirSync(this.shots, { recursive: true });
  }

  async open() {
    this.browser = await chromium.launch({ executablePath: program, args: flags });
  }
  async close() {
    await this.browser.close();
  }

  /** A browser profile of its own, signed in unless `token` is null. */
  async visitor(options) {
    const { token = this.token, ...context } = options;
    const profile = await this.browser.newContext({ colorScheme: "light", reducedMotion: "reduce", ...desktop, ...context });
    const page = await profile.newPage();
    page.setDefaultTimeout(Number(process.env.OPENMCP_E2E_TIMEOUT ?? 30_000));
    const { trouble, pending } = watch(page, this.base);
    if (token !== null) {
      await page.goto(`${this.base}/#token=${token}`);
      await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    }
    return { profile, page, trouble, pending };
  }

  /** One test. `options` are those of visitor(), or a visitor that several tests share. */
  async test(name, options, run) {
    const wanted = process.env.OPENMCP_E2E_ONLY;
    if (wanted && !name.includes(wanted)) return;
    // Each failure waits for its time-outs: when so much is broken, the rest says nothing new.
    if (this.failed >= 6) return void console.log(`not run: ${name}`);
    if ((await this.attempt(name, options, run, !options.profile)) === "again") await this.attempt(name, options, run, false);
  }

  /** Answers "again" for a failure where `patient`: a browser that got no processor says nothing of the page. */
  async attempt(name, options, run, patient) {
    let visitor = options.profile ? options : null;
    try {
      visitor ??= await this.visitor(options);
      const { page, trouble } = visitor;
      await run(page, trouble);
      check(trouble.length === 0, `unexpected: ${trouble.join("; ")}`);
      ++this.passed;
      console.log(`ok ${name}`);
    } catch (error) {
      const again = patient;
      if (!again) ++this.failed;
      const where = visitor?.page.url().replace(/#.*/, "") ?? "no page";
      console.log(`${again ? "NOT AT ONCE, once more:" : "FAILED"} ${name} (at ${where})\n  ${error instanceof Failure ? error.message : error.stack}`);
      for (const one of visitor?.trouble.splice(0) ?? []) console.log(`  ${one}`);
      for (const [request, since] of visitor?.pending ?? []) {
        console.log(`  no answer for ${Date.now() - since} ms: ${request.method()} ${request.url().replace(/#.*/, "")}`);
      }
      if (visitor) console.log(`  the page ${await responds(visitor.page)}`);
      if (this.shots) await visitor?.page.screenshot({ path: `${this.shots}/failed-${this.failed}.png` }).catch(() => {});
      return again ? "again" : undefined;
    } finally {
      if (visitor && visitor !== options) await visitor.profile.close();
    }
  }

  async shot(page, name) {
    if (!this.shots) return;
    await page.waitForTimeout(250); // so that animations are over
    await page.screenshot({ path: `${this.shots}/${name}.png` });
  }

  async visit(page, path) {
    await page.goto(this.base + path);
    await page.locator("main h1").waitFor();
    await page.locator("main").getByText("Loading…").first().waitFor({ state: "detached" });
  }

  finish() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed === 0 ? 0 : 1;
  }
}

/** Errors of the page, what its policy refused, and requests that leave the server. A test takes out what it expects. */
function watch(page, base) {
  const trouble = [];
  const pending = new Map();
  page.on("request", (request) => pending.set(request, Date.now()));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => pending.delete(request));
  page.on("pageerror", (error) => trouble.push(`error in the page: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    // The browser's own line about an answer of 4xx is not the page's doing.
    if (message.type() === "error" && !/^Failed to load resource/.test(text)) trouble.push(`console: ${text.slice(0, 300)}`);
    if (message.type() === "warning" && /Content Security Policy/.test(text)) trouble.push(`policy: ${text.slice(0, 300)}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith("blob:")) trouble.push(`a request to ${request.url().slice(0, 200)}`);
  });
  return { trouble, pending };
}

/** For failures: is it the page that stands still, or the browser that draws nothing? */
async function responds(page) {
  const within = (promise) => Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 3000, false))]).catch(() => false);
  if (!(await within(page.evaluate(() => true)))) return "does not respond";
  return (await within(page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(true)))))) ? "responds" : "responds, but nothing is drawn";
}

/** No violation of axe's rules, best practices included. */
export async function accessible(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const said = violations.map((one) => `${one.id} (${one.impact}): ${one.nodes[0].html.slice(0, 200)}`);
  check(said.length === 0, `axe, ${where}: ${said.join("; ")}`);
}

export async function fitsTheWidth(page, where) {
  const over = await page.evaluate(() => {
    const main = document.querySelector("main");
    return Math.max(document.documentElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth);
  });
  check(over <= 0, `${where} is ${over} pixels wider than the screen`);
}
