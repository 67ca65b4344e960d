import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Terminal, Wifi } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { useMay } from "../app/session.tsx";
import { useTitle } from "../app/title.ts";
import { Marks } from "../content/Code.tsx";
import { request } from "../lib/api.ts";
import { clients, placeholder, type Client, type Snippet } from "../lib/clients.ts";
import { queries } from "../lib/queries.ts";
import type { Role, Token } from "../lib/types.ts";
import { Card, Cid, CopyButton, PageHead } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { Select } from "../ui/field.tsx";
import { Notice, Problem } from "../ui/notice.tsx";
import { Tab, TabList, TabPanel, Tabs } from "../ui/tabs.tsx";

function CodeBox({ snippet }: { snippet: Snippet }) {
  return (
    <figure className="overflow-hidden rounded-lg border border-line bg-sunken">
      <figcaption className="flex h-9 items-center justify-between border-b border-line pr-1.5 pl-3.5 text-xs text-soft">
        <span className="font-mono">{snippet.where}</span>
        <CopyButton text={snippet.text} label={`Copy the settings (${snippet.where})`}>
          Copy
        </CopyButton>
      </figcaption>
      <pre tabIndex={0} aria-label={snippet.where} className="overflow-x-auto px-3.5 py-3 font-mono text-xs leading-relaxed">
        <code>
          <Marks text={snippet.text} language={snippet.language} />
        </code>
      </pre>
    </figure>
  );
}

/** A token for one client, made here; it is in the settings until the page is left. */
function TokenStep({ name, secret, onSecret }: { name: string; secret: string; onSecret: (secret: string) => void }) {
  const admin = useMay("admin");
  const client = useQueryClient();
  const [role, setRole] = useState<Role>("writer");
  const make = useMutation({
    mutationFn: () => request<{ token: Token; secret: string }>("/tokens", { method: "POST", body: { name, role, workspace: "" } }),
    onSuccess: (made) => {
      onSecret(made.secret);
      void client.invalidateQueries({ queryKey: ["tokens"] });
    },
  });
  if (secret) {
    return (
      <Notice title="The token is in the settings below">
        It is shown this once: copy them now. It can be revoked any time in{" "}
        <Link to="/tokens" className="text-accent underline">
          Tokens
        </Link>
        .
      </Notice>
    );
  }
  if (!admin) {
    return (
      <p className="text-sm text-soft">
        Put a token in the place of <code className="font-mono">{placeholder}</code>: an admin makes one, or <code className="font-mono">openmcp token create --scope write</code> does.
      </p>
    );
  }
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-center gap-2">
        <Select aria-label="What the client may do" value={role} onChange={(event) => setRole(event.target.value as Role)} className="w-auto!">
          <option value="writer">It may read and write</option>
          <option value="reader">It may only read</option>
        </Select>
        <Button variant="primary" disabled={make.isPending} onClick={() => make.mutate()}>
          <KeyRound size={14} /> Make a token for it
        </Button>
        <span className="text-xs text-faint">
          or put one in the place of <code className="font-mono">{placeholder}</code>
        </span>
      </div>
      {make.isError && <Problem error={make.error} doing="Making the token" />}
    </div>
  );
}

function Settings({ client, origin, home }: { client: Client; origin: string; home: string }) {
  const [secret, setSecret] = useState("");
  const both = client.http && client.stdio;
  const [chosen, setChosen] = useState<"http" | "stdio">(client.http ? "http" : "stdio");
  const snippet = chosen === "http" && client.http ? client.http(origin, secret || placeholder) : client.stdio?.(home);
  const asks = snippet?.text.includes(placeholder) || secret !== "";
  return (
    <div className="space-y-4">
      {both && (
        <div role="group" aria-label="Transport" className="flex flex-wrap gap-2">
          <Button aria-pressed={chosen === "http"} onClick={() => setChosen("http")} className="aria-pressed:border-accent aria-pressed:bg-accent-wash aria-pressed:text-accent">
            <Wifi size={14} /> Over HTTP
          </Button>
          <Button aria-pressed={chosen === "stdio"} onClick={() => setChosen("stdio")} className="aria-pressed:border-accent aria-pressed:bg-accent-wash aria-pressed:text-accent">
            <Terminal size={14} /> As a program (stdio)
          </Button>
        </div>
      )}
      <p className="text-sm text-soft">
        {chosen === "http"
          ? "The client talks to this server. It needs a token, and works from another machine when the server listens there."
          : "The client starts openmcp itself, on this machine, with your rights: no token. While this server runs, it works through it."}
      </p>
      {chosen === "http" && asks && <TokenStep name={client.name} secret={secret} onSecret={setSecret} />}
      {snippet && <CodeBox snippet={snippet} />}
      <ol className="list-decimal space-y-1 pl-5 text-sm text-soft">
        {client.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </div>
  );
}

export default function Connect() {
  useTitle("Connect a client");
  const status = useQuery(queries.status());
  // What this page was opened at is what a client on this machine reaches as well.
  const origin = location.origin;
  const listens = status.data?.origin;
  return (
    <>
      <PageHead title="Connect a client" note="Settings to copy, with this server's own address" />
      <Card className="mb-4 flex flex-wrap items-center gap-x-6 gap-y-1 px-4 py-3 text-sm">
        <span className="text-faint">MCP endpoint</span>
        <Cid value={`${origin}/mcp`} label="the endpoint" whole />
        {listens && listens !== origin && <span className="text-xs text-faint">the server itself listens at {listens}</span>}
      </Card>
      <Tabs defaultValue="claude-code">
        <TabList aria-label="Clients">
          {clients.map((client) => (
            <Tab key={client.key} value={client.key}>
              {client.name}
            </Tab>
          ))}
        </TabList>
        {clients.map((client) => (
          <TabPanel key={client.key} value={client.key}>
            <Card className="max-w-3xl p-4 sm:p-5">
              <Settings client={client} origin={origin} home={status.data?.home ?? ""} />
            </Card>
          </TabPanel>
        ))}
      </Tabs>
    </>
  );
}
