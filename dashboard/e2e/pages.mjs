// Every page by its address, on a desktop and a phone, dark and light; the frame around them; the keyboard.
import { accessible, check, fitsTheWidth, phone, same } from "./harness.mjs";

export async function pages(suite, seeded) {
  const all = [
    ["overview", "/", "Overview"],
    ["search", "/search?q=batch", "Search"],
    ["commit", "/commit", "New context"],
    ["context", `/contexts/${seeded.first}`, "Durable writes"],
    ["versions", `/contexts/${seeded.first}?tab=versions`, "Durable writes"],
    ["changes", `/contexts/${seeded.first}?tab=changes`, "Durable writes"],
    ["relations", `/contexts/${seeded.first}?tab=relations`, "Durable writes"],
    ["metadata", `/contexts/${seeded.first}?tab=metadata`, "Durable writes"],
    ["code", `/contexts/${seeded.code}`, "sync.cpp"],
    ["conversation", `/contexts/${seeded.talk}`, "Which port"],
    ["edit", `/commit?id=${seeded.first}`, "Edit “Durable writes”"],
    ["history", "/history", "History"],
    ["tags", "/tags", "Tags"],
    ["connect", "/connect", "Connect a client"],
    ["tokens", "/tokens", "Tokens"],
    ["audit", "/audit", "Audit log"],
    ["health", "/health", "Health"],
  ];
  for (const [kind, options] of [
    ["dark", { colorScheme: "dark" }],
    ["light", { colorScheme: "light" }],
    ["phone", { ...phone, colorScheme: "dark" }],
  ]) {
    const visitor = await suite.visitor(options);
    for (const [name, path, title] of all) {
      await suite.test(`page ${name}, ${kind}`, visitor, async (page) => {
        await suite.visit(page, path);
        await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
        check((await page.title()).includes("OpenMCP"), "the title names the program");
        await suite.shot(page, `${kind}-${name}`);
        await fitsTheWidth(page, name);
        await accessible(page, `${name}, ${kind}`);
        same(await page.getByRole("alert").allTextContents(), [], "alerts");
      });
    }
    await visitor.profile.close();
  }

  await suite.test("content is shown by its type", {}, async (page) => {
    await suite.visit(page, `/contexts/${seeded.first}`);
    await page.locator(".prose table").waitFor();
    check((await page.locator(".prose strong").textContent()) === "batch", "Markdown");
    await suite.visit(page, `/contexts/${seeded.code}`);
    same(await page.locator(".code-comment").first().textContent(), "// Waiters share a sync.\n", "a comment's colour");
    await suite.visit(page, `/contexts/${seeded.talk}`);
    const turns = page.getByRole("list", { name: "Turns" }).getByRole("listitem");
    await turns.nth(1).waitFor();
    same(await turns.count(), 2, "turns");
  });

  await suite.test("a page on a phone is reached by its menu", { ...phone }, async (page) => {
    await page.getByRole("button", { name: "Navigation" }).click();
    await page.getByRole("dialog", { name: "Navigation" }).waitFor();
    await suite.shot(page, "phone-menu");
    await accessible(page, "the open menu");
    await page.getByRole("link", { name: "History" }).click();
    await page.getByRole("heading", { level: 1, name: "History" }).waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  await suite.test("an address that is none", {}, async (page) => {
    await suite.visit(page, "/contexts/019ab000-0000-7000-8000-00000000dead");
    await page.getByText("This store has no context with this id").waitFor();
    await accessible(page, "no such context");
    const missing = await page.request.get(`${suite.base}/assets/no-such.js`);
    check(missing.status() === 404, "a missing file is no page");
  });

  await suite.test("compressed and plain forms of every file are the same", { token: null }, async () => {
    const names = new Set(["/", "/theme.js", "/licenses.txt"]);
    for (const name of names) {
      const read = async (encoding) => (await fetch(suite.base + name, { headers: { "Accept-Encoding": encoding } })).text();
      const plain = await read("identity");
      check(plain.length > 0 && plain === (await read("gzip")), `${name} differs`);
      if (!/\.(js|css)$|^\/$/.test(name)) continue;
      for (const [, found] of plain.matchAll(/["'`(](?:\.?\/)?((?:assets\/)?[\w.-]+-[\w-]{8}\.(?:js|css))["'`)]/g)) {
        names.add(found.startsWith("assets/") ? `/${found}` : `/assets/${found}`);
      }
    }
    check(names.size > 15, `only ${names.size} files were found`);
  });

  await suite.test("the palette finds contexts, pages and actions", { colorScheme: "dark" }, async (page) => {
    await page.keyboard.press("Control+k");
    const field = page.getByRole("combobox", { name: "Find or do" });
    await field.fill("durable wri");
    await page.getByRole("option", { name: /Durable writes/ }).waitFor();
    await suite.shot(page, "dark-palette");
    await accessible(page, "the palette");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Durable writes" }).waitFor();
    await page.keyboard.press("/");
    await field.fill("audit");
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    await page.getByRole("option", { name: "Audit log", selected: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Audit log" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.press("Escape");
    await field.waitFor({ state: "detached" });
  });

  await suite.test("keys", {}, async (page) => {
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await suite.shot(page, "light-shortcuts");
    await accessible(page, "the shortcuts");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("h");
    await page.getByRole("heading", { level: 1, name: "History" }).waitFor();
    same(await page.evaluate(() => document.activeElement?.tagName), "H1", "the new page's heading has the focus");
    await page.getByRole("link", { name: "Note 40" }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    const second = await page.evaluate(() => document.activeElement?.textContent);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: second, exact: true }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    const field = page.getByRole("textbox", { name: "Search for" });
    await field.waitFor();
    await field.pressSequentially("note ?/gh");
    same(await field.inputValue(), "note ?/gh", "no key is a command where somebody types");
  });

  await suite.test("the first stop of the Tab key skips to the content", {}, async (page) => {
    await suite.visit(page, "/health");
    await page.keyboard.press("Tab");
    const skip = page.getByRole("link", { name: "Skip to the content" });
    check(await skip.evaluate((element) => element === document.activeElement), "it has the focus");
    const box = await skip.boundingBox();
    check(box && box.width > 50 && box.height > 20, "it is seen");
    await page.keyboard.press("Enter");
    same(await page.evaluate(() => document.activeElement?.id), "main", "the focus");
  });

  await suite.test("the theme follows the system, and stays as it was set", { colorScheme: "dark" }, async (page) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const becomes = (colour, is) =>
      page.waitForFunction(([wanted, equal]) => (getComputedStyle(document.body).backgroundColor === wanted) === equal, [colour, is]);
    const dark = await ground();
    await page.emulateMedia({ colorScheme: "light" });
    await becomes(dark, false);
    await page.getByRole("button", { name: /^Theme/ }).click();
    await accessible(page, "the theme menu");
    await page.getByRole("menuitem", { name: "Dark" }).click();
    await becomes(dark, true);
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    same(await ground(), dark, "after loading again");
    await page.keyboard.press("t");
    await becomes(dark, false);
  });

  await suite.test("a long list is drawn in part and read on", {}, async (page) => {
    await suite.visit(page, "/history");
    await page.getByRole("link", { name: "Note 40" }).waitFor();
    const rows = await page.locator("[data-row]").count();
    check(rows < 45, `${rows} rows are drawn`);
    await page.getByRole("region", { name: /last changed first/ }).evaluate((box) => box.scrollTo(0, box.scrollHeight));
    await page.getByRole("link", { name: "Note 1", exact: true }).waitFor();
    await page.getByRole("combobox", { name: "Type" }).selectOption("decision");
    await page.getByRole("link", { name: "Port of the server" }).waitFor();
    same(await page.locator("[data-row]").count(), 1, "rows of the type");
  });

  await suite.test("settings for a client have this server's address and a token made for it", {}, async (page) => {
    await suite.visit(page, "/connect");
    for (const name of ["Claude Code", "Claude Desktop", "Cursor", "VS Code", "Another client", "REST and curl"]) {
      await page.getByRole("tab", { name, exact: true }).click();
      const text = await page.locator("figure pre:visible").textContent();
      check(text.includes(suite.base) || text.includes("openmcp"), `${name}: ${text}`);
    }
    await page.getByRole("tab", { name: "Cursor" }).click();
    await page.getByRole("button", { name: "Make a token for it" }).click();
    await page.getByText("The token is in the settings below").waitFor();
    await suite.shot(page, "light-connect-token");
    const settings = JSON.parse(await page.locator("figure pre:visible").textContent());
    const { url, headers } = settings.mcpServers.openmcp;
    same(url, `${suite.base}/mcp`, "the address");
    const answer = await fetch(`${suite.base}/api/v1/server/status`, { headers });
    check(answer.ok, `the token is taken (${answer.status})`);
  });
}
