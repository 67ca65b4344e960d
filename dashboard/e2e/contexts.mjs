// The work with contexts, from commit to forget, and what happens when two work at once.
import { accessible, check, same } from "./harness.mjs";

const heading = (page, name) => page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
const idOf = (page) => new URL(page.url()).pathname.split("/").pop();

export async function contexts(suite) {
  const { api } = suite;

  await suite.test("commit: preview, sizes, metadata that says what is wrong", {}, async (page) => {
    await suite.visit(page, "/commit");
    await page.getByLabel("Content", { exact: true }).fill("# Lease\n\nA lease protects blocks of an **import** in progress.\n");
    await page.getByText("≈ 19 tokens").waitFor();
    await page.getByText("63 B").waitFor();
    await page.getByRole("button", { name: "Preview" }).click();
    await page.locator(".prose strong", { hasText: "import" }).waitFor();
    await page.getByRole("button", { name: "Write" }).click();
    await page.getByLabel("Title").fill("What a lease is");
    await page.getByLabel("Tags").fill("storage,");
    await page.getByLabel("Tags").fill("lease");
    await page.keyboard.press("Enter");
    const metadata = page.getByLabel("Metadata");
    await metadata.fill('{\n  "project": "openmcp",\n  "review": { "by": [Boris] }\n}');
    await page.getByText("line 3, column 22, field review.by[0]:").waitFor();
    same(await metadata.getAttribute("aria-invalid"), "true", "the field is marked");
    await suite.shot(page, "light-metadata-error");
    await accessible(page, "an error in the metadata");
    await page.getByRole("button", { name: "Commit" }).click();
    await page.getByRole("alert").getByText("the metadata is not right: line 3").waitFor();
    await metadata.fill('{"project":"openmcp","review":{"by":["Boris"]}}');
    await page.getByRole("button", { name: "Tidy" }).click();
    check((await metadata.inputValue()).includes('\n  "project"'), "tidied");
    await page.keyboard.press("Control+Enter");
    await heading(page, "What a lease is");
    const stored = await api.get(`/contexts/${idOf(page)}`);
    same(stored.content, "# Lease\n\nA lease protects blocks of an **import** in progress.\n", "content");
    same(stored.tags, ["lease", "storage"], "tags");
    same([stored.metadata.project, stored.metadata.review.by], ["openmcp", ["Boris"]], "metadata");
    same([stored.type, stored.number], ["documentation", 1], "type and number");
  });

  await suite.test("a draft outlives leaving the page", {}, async (page) => {
    await suite.visit(page, "/commit");
    await page.getByLabel("Content", { exact: true }).fill("half a thought");
    await page.getByRole("link", { name: "Tags", exact: true }).click();
    await heading(page, "Tags");
    await page.goBack();
    await heading(page, "New context");
    same(await page.getByLabel("Content", { exact: true }).inputValue(), "half a thought", "the draft");
  });

  await suite.test("search: what was found, where, and why", {}, async (page) => {
    await api.commit({ type: "documentation", title: "Übungen für Bücher", content: "Zwölf größere Segmente: der Batch wächst.\n", tags: ["deutsch"] });
    await page.getByRole("link", { name: "Search", exact: true }).click();
    await page.getByRole("textbox", { name: "Search for" }).fill("batch wächst");
    await page.keyboard.press("Enter");
    const hit = page.getByRole("list", { name: "Results" }).getByRole("listitem").filter({ hasText: "Übungen für Bücher" });
    await hit.locator("mark").first().waitFor(); // before that it is the list of all, newest first
    same(await hit.locator("mark").allTextContents(), ["Batch", "wächst"], "highlights, as bytes of UTF-8");
    await hit.getByRole("button", { name: "why here" }).click();
    await hit.getByText(/^score \d/).waitFor();
    check((await hit.getByRole("row").count()) >= 3, "each word has a row");
    await suite.shot(page, "light-why");
    await accessible(page, "an explained score");
    await page.getByRole("button", { name: "Filters" }).click();
    await page.getByRole("button", { name: "code", exact: true }).click();
    await hit.waitFor({ state: "detached" });
    await suite.shot(page, "light-filters");
    await accessible(page, "filters");
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await hit.waitFor();
    await page.reload();
    await hit.waitFor();
    await page.goBack();
    await page.getByRole("textbox", { name: "Search for" }).fill("zzzunheardof");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing matches").waitFor();
  });

  await suite.test("versions: edit, compare, restore", {}, async (page) => {
    const made = await api.commit({ type: "documentation", title: "Port", content: "one\nThe port is 8000.\nthree\n" });
    await suite.visit(page, `/contexts/${made.id}`);
    await page.getByRole("link", { name: "Edit" }).click();
    await heading(page, "Edit “Port”");
    await page.getByLabel("Content", { exact: true }).fill("one\nThe port is 7777.\nthree\nfour\n");
    await page.getByLabel("Message").fill("A free port");
    await page.getByRole("button", { name: "Save version" }).click();
    await heading(page, "Port");
    await page.getByRole("tab", { name: /Versions/ }).click();
    await page.getByText("A free port").waitFor();
    await page.getByRole("checkbox", { name: "Mark version 1" }).check();
    await page.getByRole("checkbox", { name: "Mark version 2" }).check();
    await page.getByRole("button", { name: "Compare v1 with v2" }).click();
    await page.getByText("+2").waitFor();
    const marks = page.locator("table .rounded-xs");
    same(await marks.allTextContents(), ["8000", "7777"], "the words that changed");
    await page.getByRole("button", { name: "One column" }).click();
    await page.getByRole("table", { name: "Differences", exact: true }).waitFor();
    await accessible(page, "one column");
    await page.getByRole("button", { name: "Side by side" }).click();
    await page.getByRole("tab", { name: /Versions/ }).click();
    await page.getByRole("button", { name: "Version 1", exact: true }).click();
    await page.getByText("Version 1 of 2").waitFor();
    await page.getByText("The port is 8000.").waitFor();
    await page.getByRole("button", { name: "Restore this one" }).click();
    await page.getByLabel("Message").fill("back again");
    await accessible(page, "the restore dialog");
    await page.getByRole("button", { name: "Restore", exact: true }).click();
    await page.getByText("Restored as version 3", { exact: true }).first().waitFor();
    same((await api.get(`/contexts/${made.id}`)).content, "one\nThe port is 8000.\nthree\n", "content of version 3");
  });

  await suite.test("somebody else was faster: nothing is lost, and it is explained", {}, async (page) => {
    const made = await api.commit({ type: "documentation", title: "Shared", content: "start\n" });
    await suite.visit(page, `/commit?id=${made.id}`);
    await page.getByLabel("Content", { exact: true }).fill("mine\n");
    await api.ask("PUT", `/contexts/${made.id}`, { type: "documentation", content: "theirs\n", message: "faster" });
    await page.getByRole("button", { name: "Save version" }).click();
    await page.getByText("Somebody saved another version while you were editing").waitFor();
    await suite.shot(page, "light-conflict");
    await accessible(page, "a conflict");
    same((await api.get(`/contexts/${made.id}`)).content, "theirs\n", "theirs is untouched");
    same(await page.getByLabel("Content", { exact: true }).inputValue(), "mine\n", "mine is still here");
    await page.getByRole("button", { name: "Keep mine on top of theirs" }).click();
    await page.getByText("Your text now stands on their version").first().waitFor();
    await page.getByRole("button", { name: "Save version" }).click();
    await heading(page, "Shared");
    const now = await api.get(`/contexts/${made.id}`);
    same([now.content, now.number], ["mine\n", 3], "mine follows theirs");
  });

  await suite.test("tags, relations and the proof", {}, async (page) => {
    const target = await api.commit({ type: "decision", title: "The relation's target", content: "decided\n" });
    const made = await api.commit({ type: "documentation", title: "Related", content: "something\n", tags: ["old"] });
    await suite.visit(page, `/contexts/${made.id}`);
    await page.getByRole("button", { name: "Edit the tags" }).click();
    await page.getByRole("button", { name: "Remove tag old" }).click();
    await page.getByRole("complementary", { name: "Properties" }).getByLabel("Tags", { exact: true }).last().fill("fresh");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Save tags" }).click();
    await page.getByRole("link", { name: "fresh" }).waitFor();
    same((await api.get(`/contexts/${made.id}`)).tags, ["fresh"], "tags");

    await page.getByRole("tab", { name: /Relations/ }).click();
    await page.getByRole("button", { name: "Add" }).click();
    const dialog = page.getByRole("dialog", { name: "Relate to another context" });
    await dialog.getByLabel("the context").fill("relation's target");
    await dialog.getByRole("button", { name: "The relation's target" }).click();
    await accessible(page, "the relation dialog");
    await dialog.getByRole("button", { name: "Add" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("img", { name: "Graph of 2 contexts and 1 relation; listed below" }).waitFor();
    same((await api.get(`/contexts/${made.id}`)).relations, [{ kind: "refines", id: target.id }], "relations");
    await page.getByRole("link", { name: "The relation's target" }).click();
    await heading(page, "The relation's target");
    await page.goBack();
    await page.getByRole("button", { name: /^Remove the relation/ }).click();
    await page.getByText("Not related to anything yet").waitFor();

    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText(/^All is well: 4 versions and \d+ blocks hashed/).waitFor();
    const stored = await api.get(`/contexts/${made.id}`);
    for (const value of [stored.id, stored.version, stored.cid, stored.content_hash]) await page.locator(`code[title="${value}"]`).waitFor();
    await page.getByText("the signature holds").waitFor();
  });

  await suite.test("live: what others do appears by itself", {}, async (page) => {
    await page.getByText("Live", { exact: true }).waitFor();
    const made = await api.commit({ type: "decision", title: "Decided elsewhere just now", content: "yes\n" });
    await page.getByRole("link", { name: "Decided elsewhere just now" }).waitFor();
    await page.getByRole("link", { name: "Decided elsewhere just now" }).click();
    await heading(page, "Decided elsewhere just now");
    await api.ask("PUT", `/contexts/${made.id}`, { type: "decision", content: "no, after all\n" });
    await page.getByText("no, after all").waitFor();
  });

  await suite.test("hostile content runs nothing and loads nothing", {}, async (page) => {
    const content = [
      "# <script>globalThis.owned = 1</script> Outside",
      '<img src=x onerror="globalThis.owned = 1"> <svg onload="globalThis.owned = 1"></svg>',
      "[one](javascript:globalThis.owned=1) [two](data:text/html,<script>1</script>)",
      "![pixel](https://tracker.example/pixel.png) ![own](/api/v1/session)",
      '<a href="javascript:globalThis.owned=1" onclick="globalThis.owned=1">three</a>',
      "</textarea></pre><style>body{display:none}</style>",
    ].join("\n\n");
    const name = '"><img src=x onerror=globalThis.owned=1>';
    const made = await api.commit({ type: "documentation", title: name, content, tags: [name], metadata: { [name]: name }, message: name });
    for (const path of [`/contexts/${made.id}`, `/contexts/${made.id}?tab=versions`, `/contexts/${made.id}?tab=metadata`, "/", "/tags", `/search?q=pixel&tag=${encodeURIComponent(name)}`, `/commit?id=${made.id}`]) {
      await suite.visit(page, path);
      await page.waitForTimeout(100);
      same(await page.evaluate(() => globalThis.owned), undefined, `nothing ran at ${path}`);
    }
    await suite.visit(page, `/contexts/${made.id}`);
    await suite.shot(page, "light-hostile");
    same(await page.locator("main script, main img, main iframe, main style, main svg[onload]").count(), 0, "elements from the text");
    same(await page.locator('main a[href^="javascript"], main a[href^="data"]').count(), 0, "links that run");
    await page.getByRole("button", { name: "Plain", exact: true }).click();
    await page.getByText("</textarea></pre>").waitFor();
    await api.ask("DELETE", `/contexts/${made.id}`);
  });

  await suite.test("forget asks for the title", {}, async (page) => {
    const made = await api.commit({ type: "other", title: "To be forgotten", content: "gone soon\n" });
    await suite.visit(page, `/contexts/${made.id}`);
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Forget…" }).click();
    const dialog = page.getByRole("dialog", { name: "Forget this context?" });
    const button = dialog.getByRole("button", { name: "Forget it" });
    await dialog.getByLabel("To confirm, type its title").fill("To be forgot");
    check(await button.isDisabled(), "half a title is not enough");
    await dialog.getByLabel("To confirm, type its title").fill("To be forgotten");
    await suite.shot(page, "light-forget");
    await accessible(page, "the forget dialog");
    await button.click();
    await heading(page, "History");
    const answer = await fetch(`${suite.base}/api/v1/contexts/${made.id}`, { headers: { Authorization: `Bearer ${suite.token}` } });
    same(answer.status, 404, "it is gone");
  });
}
