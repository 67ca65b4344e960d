import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import type { ReactNode } from "react";
import { useTitle } from "../app/title.ts";
import { bytes, count, duration } from "../lib/format.ts";
import { queries } from "../lib/queries.ts";
import { Badge, Card, CardTitle, Cid, PageHead, Skeleton } from "../ui/bits.tsx";
import { Problem } from "../ui/notice.tsx";

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex min-h-9 items-center justify-between gap-4 px-4 py-1 text-sm">
      <dt className="text-soft">{label}</dt>
      <dd className="tnum min-w-0 truncate text-right">{children}</dd>
    </div>
  );
}

export default function Health() {
  useTitle("Health");
  const health = useQuery(queries.health());
  const status = useQuery({ ...queries.status(), refetchInterval: 10_000 });
  const server = status.data;
  return (
    <>
      <PageHead
        title="Health"
        note="Asked again every ten seconds"
        actions={health.data && <Badge tone={health.data.ready ? "good" : "bad"}>{health.data.ready ? "ready" : "not ready"}</Badge>}
      />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Card aria-labelledby="checks" className="overflow-hidden">
          <CardTitle id="checks">Checks</CardTitle>
          {health.isError ? (
            <Problem className="m-4" error={health.error} doing="Asking for the checks" retry={() => void health.refetch()} />
          ) : health.isPending ? (
            <Skeleton />
          ) : (
            <ul className="divide-y divide-line">
              {health.data.checks.map((check) => (
                <li key={check.name} className="flex items-start gap-2.5 px-4 py-2.5 text-sm">
                  {check.ok ? (
                    <CircleCheck size={15} role="img" aria-label="good" className="mt-0.5 shrink-0 text-good" />
                  ) : (
                    <CircleX size={15} role="img" aria-label="bad" className="mt-0.5 shrink-0 text-bad" />
                  )}
                  <span className="font-medium">{check.name}</span>
                  <span className="clip-words min-w-0 flex-1 text-right text-soft">{check.detail}</span>
                </li>
              ))}
            </ul>
          )}
        </Card>
        <Card aria-labelledby="server" className="overflow-hidden">
          <CardTitle id="server">Server</CardTitle>
          {status.isError ? (
            <Problem className="m-4" error={status.error} doing="Reading the status" retry={() => void status.refetch()} />
          ) : !server ? (
            <Skeleton />
          ) : (
            <dl className="divide-y divide-line">
              <Fact label="Version">{server.version}</Fact>
              <Fact label="Running for">{duration(server.uptime_seconds)}</Fact>
              <Fact label="Memory">{bytes(server.memory_bytes)}</Fact>
              <Fact label="Connections">{count(server.connections)}</Fact>
              <Fact label="Workspace">{server.workspace}</Fact>
              <Fact label="Listens at">{server.origin}</Fact>
              <Fact label="Gateway">{server.gateway || "off"}</Fact>
              <Fact label="Search index">
                {count(server.indexed)} contexts{server.to_index > 0 && `, ${count(server.to_index)} to come`}
              </Fact>
              <Fact label="Embeddings">{server.embedder || "none: words only"}</Fact>
              <Fact label="Store's key">
                <Cid value={server.key} label="the store's key" />
              </Fact>
            </dl>
          )}
        </Card>
      </div>
      <p className="mt-4 text-xs text-faint">
        For machines: <code className="font-mono">/livez</code>, <code className="font-mono">/readyz</code>, <code className="font-mono">/metrics</code>. When
        something is wrong, <code className="font-mono">openmcp doctor</code> looks for the commonest causes.{" "}
        <a href="/licenses.txt" className="underline">
          Licences of this page's parts
        </a>
      </p>
    </>
  );
}
