import { cx } from "class-variance-authority";
import { useQuery } from "@tanstack/react-query";
import { ArrowRight, Download, FilePlus2, Inbox, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useLive } from "../app/live.tsx";
import { useMay } from "../app/session.tsx";
import { useTitle } from "../app/title.ts";
import { bytes, count, plural } from "../lib/format.ts";
import { queries } from "../lib/queries.ts";
import type { ContextSummary, ServerEvent, Status } from "../lib/types.ts";
import { Card, CardTitle, Diverged, Empty, PageHead, Skeleton, TagChip, Time, TypeIcon, typeLook } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { Problem } from "../ui/notice.tsx";

function Tile({ label, value, note }: { label: string; value: ReactNode; note: ReactNode }) {
  return (
    <div className="px-4 py-3.5">
      <dt className="text-xs text-faint">{label}</dt>
      <dd className="tnum mt-0.5 text-xl font-semibold tracking-tight">{value}</dd>
      <dd className="mt-0.5 truncate text-xs text-soft">{note}</dd>
    </div>
  );
}

function Tiles({ status }: { status: Status }) {
  return (
    <Card className="mb-4 overflow-hidden">
      <dl className="-m-px grid grid-cols-2 lg:grid-cols-4 [&>div]:border-t [&>div]:border-l [&>div]:border-line">
        <Tile label="Contexts" value={count(status.contexts)} note={plural(status.versions, "version")} />
        <Tile label="Content" value={bytes(status.content_bytes)} note={`${plural(status.blocks, "block")}, ${plural(status.pins, "pin")}`} />
        <Tile label="On disk" value={bytes(status.disk_bytes)} note={`${Math.round(status.live_share * 100)} % of the packs in use`} />
        <Tile
          label="Search index"
          value={count(status.indexed)}
          note={status.to_index > 0 ? `${count(status.to_index)} to come` : status.embedder ? "up to date, with embeddings" : "up to date, words only"}
        />
      </dl>
    </Card>
  );
}

function ByType({ status }: { status: Status }) {
  const types = Object.entries(status.by_type).sort((a, b) => b[1] - a[1]);
  const sum = types.reduce((all, [, number]) => all + number, 0);
  return (
    <Card aria-labelledby="by-type">
      <CardTitle id="by-type">By type</CardTitle>
      {sum === 0 ? (
        <p className="p-4 text-sm text-faint">Nothing yet.</p>
      ) : (
        <div className="p-4">
          <div aria-hidden className="mb-3 flex h-2 gap-0.5 overflow-hidden rounded-full">
            {types.map(([type, number]) => (
              <span key={type} className={cx("min-w-1", typeLook(type).fill)} style={{ width: `${(number / sum) * 100}%` }} />
            ))}
          </div>
          <ul className="-mx-2">
            {types.slice(0, 8).map(([type, number]) => (
              <li key={type}>
                <Link
                  to={`/history?type=${encodeURIComponent(type)}`}
                  className="flex h-8 items-center gap-2.5 rounded-md px-2 text-sm hover:bg-hover"
                >
                  <TypeIcon type={type} />
                  <span className="min-w-0 flex-1 truncate">{type}</span>
                  <span className="tnum text-soft">{count(number)}</span>
                  <span className="tnum w-10 text-right text-xs text-faint">{number * 200 < sum ? "<1" : Math.round((number / sum) * 100)} %</span>
                </Link>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}

function ContextRow({ context, fresh }: { context: ContextSummary; fresh: boolean }) {
  return (
    <li className={cx("relative flex min-h-12 items-center gap-3 px-4 py-2 hover:bg-hover/60", fresh && "glow")}>
      <TypeIcon type={context.type} />
      <div className="min-w-0 flex-1">
        <Link to={`/contexts/${context.id}`} data-row className="block truncate text-sm font-medium after:absolute after:inset-0">
          {context.title || "Untitled"}
        </Link>
        <p className="flex items-center gap-1 truncate text-xs text-faint">
          <span>{context.versions > 1 ? `version ${context.versions}` : "new"}</span>
          {context.author && <span>by {context.author}</span>}
        </p>
      </div>
      <Diverged heads={context.heads} />
      <span className="relative hidden gap-1 lg:flex">
        {context.tags.slice(0, 2).map((tag) => (
          <TagChip key={tag} tag={tag} />
        ))}
      </span>
      <Time value={context.changed} className="w-20 text-right text-xs text-faint" />
    </li>
  );
}

function EventRow({ event }: { event: ServerEvent }) {
  const forgotten = event.kind === "forgotten";
  return (
    <li className="glow flex min-h-12 items-center gap-3 px-4 py-2 text-soft">
      {forgotten ? <Trash2 size={15} aria-hidden className="text-bad" /> : <Download size={15} aria-hidden className="text-accent" />}
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm">{event.title || (forgotten ? "A context" : "An archive")}</p>
        <p className="text-xs text-faint">{forgotten ? "forgotten" : "imported"}</p>
      </div>
      <Time value={event.time} className="w-20 text-right text-xs text-faint" />
    </li>
  );
}

function Activity() {
  const recent = useQuery(queries.recent());
  const { events } = useLive();
  const rows: { key: string; time: string; row: ReactNode }[] = [];
  for (const context of recent.data?.contexts ?? []) {
    const fresh = events.some((event) => event.id === context.id && event.version === context.version);
    rows.push({ key: `${context.id} ${context.version}`, time: context.changed, row: <ContextRow context={context} fresh={fresh} /> });
  }
  for (const event of events) {
    if (event.kind === "forgotten" || event.kind === "imported") rows.push({ key: `event ${event.seq}`, time: event.time, row: <EventRow event={event} /> });
  }
  rows.sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
  return (
    <Card aria-labelledby="activity" className="overflow-hidden lg:col-span-2">
      <CardTitle
        id="activity"
        aside={
          <Link to="/history" className="inline-flex items-center gap-1 text-xs text-soft hover:text-ink">
            All of it <ArrowRight size={12} aria-hidden />
          </Link>
        }
      >
        Recent activity
      </CardTitle>
      {recent.isPending ? (
        <Skeleton rows={8} />
      ) : recent.isError ? (
        <Problem className="m-4" error={recent.error} doing="Reading the list" retry={() => void recent.refetch()} />
      ) : rows.length === 0 ? (
        <FirstSteps />
      ) : (
        <ul className="divide-y divide-line">
          {rows.slice(0, 12).map(({ key, row }) => (
            <FragmentRow key={key}>{row}</FragmentRow>
          ))}
        </ul>
      )}
    </Card>
  );
}

const FragmentRow = ({ children }: { children: ReactNode }) => children;

function FirstSteps() {
  const may = useMay("writer");
  return (
    <Empty icon={Inbox} title="This store is empty">
      <p>
        Commit a context here, run <code className="font-mono">openmcp commit FILE</code>, or connect an AI client that does.
      </p>
      <div className="mt-4 flex justify-center gap-2">
        {may && (
          <Button asChild variant="primary">
            <Link to="/commit">New context</Link>
          </Button>
        )}
        <Button asChild>
          <Link to="/connect">Connect a client</Link>
        </Button>
      </div>
    </Empty>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-3 py-1">
      <dt className="text-sm text-soft">{label}</dt>
      <dd className="tnum min-w-0 truncate text-sm">{children}</dd>
    </div>
  );
}

export default function Overview() {
  useTitle("Overview");
  const status = useQuery({ ...queries.status(), refetchInterval: 30_000 });
  const may = useMay("writer");
  return (
    <>
      <PageHead
        title="Overview"
        note={status.data && `Workspace ${status.data.workspace}`}
        actions={
          may && (
            <Button asChild variant="primary">
              <Link to="/commit">
                <FilePlus2 size={14} /> New context
              </Link>
            </Button>
          )
        }
      />
      {status.isError && <Problem className="mb-4" error={status.error} doing="Reading the status" retry={() => void status.refetch()} />}
      {status.data ? <Tiles status={status.data} /> : status.isPending && <Card className="mb-4 h-[86px] animate-pulse" />}
      <div className="grid items-start gap-4 lg:grid-cols-3">
        <Activity />
        {status.data && (
          <div className="space-y-4">
            <ByType status={status.data} />
            <Card aria-labelledby="storage">
              <CardTitle id="storage">Storage</CardTitle>
              <dl className="px-4 py-2.5">
                <Fact label="Blocks">{count(status.data.blocks)}</Fact>
                <Fact label="In the packs">{bytes(status.data.store_bytes)}</Fact>
                <Fact label="On disk, with indexes">{bytes(status.data.disk_bytes)}</Fact>
                <Fact label="Pins">{count(status.data.pins)}</Fact>
                <Fact label="Gateway">
                  {status.data.gateway ? <code className="font-mono text-xs">{status.data.gateway.replace(/^https?:\/\//, "")}</code> : "off"}
                </Fact>
              </dl>
            </Card>
          </div>
        )}
      </div>
    </>
  );
}
