// Who may: signing in and out, tokens, roles, the audit log; and what is said when the server is not there.
import { accessible, check, same } from "./harness.mjs";

export async function access(suite) {
  const { api, base } = suite;

  await suite.test("a wrong token is refused in words", { token: null }, async (page) => {
    await page.goto(`${base}/tags`);
    await page.getByRole("heading", { level: 1, name: "Sign in to OpenMCP" }).waitFor();
    await suite.shot(page, "light-signin");
    await accessible(page, "the sign-in form");
    check((await page.locator("main").textContent()).includes("<store>/token"), "it says where the token is");
    await page.getByLabel("Token").fill("omcp_not_a_token");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The server refused this token").waitFor();
    await page.getByLabel("Token").fill(suite.token);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Tags" }).waitFor();
  });

  await suite.test("the token of the link leaves the address and the page", { token: null }, async (page, trouble) => {
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`${base}/#token=${suite.token}`);
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    same(new URL(page.url()).hash, "", "the fragment");
    check(!asked.some((url) => url.includes(suite.token)), "no address has it");
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.body.innerHTML, history.state]));
    check(!kept.includes(suite.token), "nothing that a script can read has it");
    const cookie = (await page.context().cookies()).find((one) => one.name === "openmcp_session");
    same([cookie?.httpOnly, cookie?.sameSite], [true, "Strict"], "the cookie");
    await page.goto(`${base}/history`);
    await page.getByRole("heading", { level: 1, name: "History" }).waitFor();
    await page.goBack();
    check(!page.url().includes("token"), "the history has it not");
    same(trouble.length, 0, "trouble");
  });

  await suite.test("the link works in a tab that shows the form already", { token: null }, async (page) => {
    await page.goto(`${base}/`);
    await page.getByRole("heading", { level: 1, name: "Sign in to OpenMCP" }).waitFor();
    await page.goto(`${base}/#token=${suite.token}`);
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    same(new URL(page.url()).hash, "", "the fragment");
  });

  await suite.test("a change needs the session's own value", {}, async (page) => {
    const status = await page.evaluate(async () => {
      const answer = await fetch("/api/v1/contexts/", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"type":"other","content":"x"}' });
      return answer.status;
    });
    same(status, 403, "without X-OpenMCP-CSRF");
  });

  await suite.test("a reader's token: made, shown once, used, revoked", {}, async (page) => {
    await suite.visit(page, "/tokens");
    await page.getByRole("button", { name: "New token" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("browser reader");
    await accessible(page, "the token dialog");
    await dialog.getByRole("button", { name: "Make it" }).click();
    const secret = await dialog.locator("[data-secret]").textContent();
    check(/^omcp_/.test(secret), "a secret");
    await suite.shot(page, "light-secret");
    await accessible(page, "the secret");
    await dialog.getByRole("button", { name: "I have it" }).click();
    await dialog.waitFor({ state: "detached" });
    check(!(await page.content()).includes(secret), "it is shown once");

    const other = await suite.browser.newContext();
    const reader = await other.newPage();
    await reader.goto(`${base}/#token=${secret}`);
    await reader.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    same(await reader.getByRole("link", { name: "New context" }).count(), 0, "no way to commit");
    same(await reader.getByRole("link", { name: "Audit log" }).count(), 0, "no way to the audit log");
    await reader.goto(`${base}/commit`);
    await reader.getByText("Your token may only read").waitFor();
    await accessible(reader, "a page that is not allowed");
    await reader.goto(`${base}/tokens`);
    await reader.getByText("Only an admin's token may see and make tokens").waitFor();

    await page.getByRole("button", { name: "Revoke browser reader" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("“browser reader” is revoked").first().waitFor();
    await reader.getByRole("link", { name: "Health", exact: true }).click();
    await reader.getByRole("heading", { level: 1, name: "Sign in to OpenMCP" }).waitFor();
    await reader.getByText("Your session has ended").waitFor();
    await other.close();
  });

  await suite.test("the audit log tells it, and its chain holds", {}, async (page) => {
    await suite.visit(page, "/audit");
    await page.getByRole("button", { name: /token\.revoke/ }).first().click();
    await page.getByText("hash", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Verify the chain" }).click();
    await page.getByText(/^The chain holds over/).waitFor();
    await suite.shot(page, "light-audit-verified");
    await accessible(page, "the audit log");
    check(!(await page.content()).includes(suite.token), "no secret in it");
  });

  await suite.test("a server that is gone is said in words, and its return too", {}, async (page, trouble) => {
    await suite.visit(page, "/tags");
    await page.route("**/api/v1/**", (route) => route.abort());
    await page.getByRole("link", { name: "Health", exact: true }).click();
    await page.getByText("The server does not answer.").first().waitFor();
    await page.getByText("Check that `openmcp serve` is running").first().waitFor();
    await suite.shot(page, "light-unreachable");
    await accessible(page, "no server");
    await page.unroute("**/api/v1/**");
    await page.getByRole("button", { name: "Try again" }).first().click();
    await page.getByText("ready", { exact: true }).waitFor();
    trouble.length = 0;
  });

  await suite.test("signing out ends the session", {}, async (page) => {
    await page.getByRole("button", { name: /admin/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { level: 1, name: "Sign in to OpenMCP" }).waitFor();
    await page.goto(`${base}/`);
    await page.getByRole("heading", { level: 1, name: "Sign in to OpenMCP" }).waitFor();
    check((await api.get("/server/health")).ready, "the server goes on");
  });
}
