import { cx } from "class-variance-authority";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronRight, LoaderCircle, RotateCw, ScrollText, ShieldCheck } from "lucide-react";
import { useMemo, useState } from "react";
import { useMay } from "../app/session.tsx";
import { useTitle } from "../app/title.ts";
import { request } from "../lib/api.ts";
import { dateTime, plural } from "../lib/format.ts";
import { queries } from "../lib/queries.ts";
import type { AuditCheck, AuditLine } from "../lib/types.ts";
import { Badge, Card, Cid, Empty, PageHead, Skeleton } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { Input } from "../ui/field.tsx";
import { Notice, Problem } from "../ui/notice.tsx";

const good = new Set(["ok", "", "200", "201", "204"]);

function Line({ line }: { line: AuditLine }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <button
        type="button"
        data-row
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex min-h-10 w-full flex-wrap items-center gap-x-3 gap-y-0.5 px-4 py-1.5 text-left text-sm hover:bg-hover/60 focus-visible:-outline-offset-2"
      >
        <ChevronRight size={13} aria-hidden className={cx("shrink-0 text-faint transition-transform", open && "rotate-90")} />
        <span className="tnum w-12 shrink-0 text-xs text-faint">#{line.seq}</span>
        <span className="tnum w-40 shrink-0 text-xs text-soft">{dateTime(line.time)}</span>
        <span className="w-40 truncate font-mono text-xs">{line.action}</span>
        <span className="min-w-0 flex-1 truncate font-mono text-xs text-faint max-sm:hidden">{line.target}</span>
        <span className="w-28 truncate text-xs max-sm:w-auto max-sm:flex-1">{line.who}</span>
        <span className="w-14 text-xs text-faint">{line.from}</span>
        <span className="ml-auto flex w-20 justify-end">
          {good.has(line.result) ? <span className="text-xs text-good">ok</span> : <Badge tone="bad">{line.result}</Badge>}
        </span>
      </button>
      {open && (
        <dl className="grid grid-cols-[5rem_minmax(0,1fr)] gap-x-3 gap-y-1 border-t border-line bg-sunken px-4 py-3 text-sm sm:pl-11">
          {[
            ["target", line.target],
            ["token", line.token],
            ["result", line.result],
            ["detail", line.detail],
          ].map(
            ([name, value]) =>
              value && (
                <div key={name} className="contents">
                  <dt className="text-xs text-faint">{name}</dt>
                  <dd className="font-mono text-xs break-all">{value}</dd>
                </div>
              ),
          )}
          <dt className="text-xs text-faint">hash</dt>
          <dd>
            <Cid value={line.hash} label="the hash" whole />
          </dd>
        </dl>
      )}
    </li>
  );
}

function Chain() {
  const check = useMutation({ mutationFn: () => request<AuditCheck>("/audit/verify") });
  return (
    <>
      <Button onClick={() => check.mutate()} disabled={check.isPending}>
        {check.isPending ? <LoaderCircle size={14} className="animate-spin" /> : <ShieldCheck size={14} />} Verify the chain
      </Button>
      <div aria-live="polite" className="basis-full">
        {check.isError && <Problem error={check.error} doing="Verifying the chain" />}
        {check.data?.ok && (
          <Notice title={`The chain holds over ${plural(check.data.lines, "line")}`}>
            <span className="flex flex-wrap items-center gap-x-1.5">
              Keep its head elsewhere to find a later cut: <Cid value={check.data.head} label="the head of the chain" />
            </span>
          </Notice>
        )}
        {check.data && !check.data.ok && (
          <Notice tone="bad" title={`The chain breaks at line ${check.data.bad_line}: ${check.data.problem}`}>
            The log was changed after it was written, or the disk lost a part. Lines before it are as they were written; compare with a
            backup.
          </Notice>
        )}
      </div>
    </>
  );
}

export default function Audit() {
  useTitle("Audit log");
  const admin = useMay("admin");
  const audit = useInfiniteQuery({ ...queries.audit(), enabled: admin });
  const client = useQueryClient();
  const [text, setText] = useState("");
  const lines = useMemo(() => audit.data?.pages.flatMap((page) => page.lines) ?? [], [audit.data]);
  const shown = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return lines;
    return lines.filter((line) => [line.who, line.from, line.action, line.target, line.result, line.detail].some((part) => part.toLowerCase().includes(wanted)));
  }, [lines, text]);
  if (!admin) {
    return (
      <>
        <PageHead title="Audit log" />
        <Notice tone="warn" title="Only an admin's token may read the audit log">
          Sign in with the store's first token, or use <code className="font-mono">openmcp audit</code> on the machine of the store.
        </Notice>
      </>
    );
  }
  return (
    <>
      <PageHead title="Audit log" note="What was done, by whom; each line is chained to the one before by its hash" />
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Input aria-label="Filter the lines that are loaded" placeholder="Filter…" value={text} onChange={(event) => setText(event.target.value)} className="w-60!" />
        <Button variant="ghost" size="icon" aria-label="Read the log again" onClick={() => void client.resetQueries({ queryKey: ["audit"] })}>
          <RotateCw size={14} />
        </Button>
        <span className="flex-1" />
        <Chain />
      </div>
      {audit.isError ? (
        <Problem error={audit.error} doing="Reading the log" retry={() => void audit.refetch()} />
      ) : (
        <Card className="overflow-hidden">
          {audit.isPending ? (
            <Skeleton rows={10} />
          ) : shown.length === 0 ? (
            <Empty icon={ScrollText} title={text ? "No loaded line has this in it" : "Nothing was recorded yet"} />
          ) : (
            <ol aria-label="Lines, newest first" className="divide-y divide-line">
              {shown.map((line) => (
                <Line key={line.seq} line={line} />
              ))}
            </ol>
          )}
        </Card>
      )}
      {audit.hasNextPage && (
        <div className="mt-4 text-center">
          <Button disabled={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
            {audit.isFetchingNextPage ? "Loading…" : "Show older lines"}
          </Button>
        </div>
      )}
    </>
  );
}
