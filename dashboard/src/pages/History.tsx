import { cx } from "class-variance-authority";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { History as HistoryIcon } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { Link, useSearchParams } from "react-router";
import { useLive } from "../app/live.tsx";
import { useTitle } from "../app/title.ts";
import { bytes, clockOf, count, dateTime, dayOf } from "../lib/format.ts";
import { queries } from "../lib/queries.ts";
import type { ContextSummary } from "../lib/types.ts";
import { Card, Diverged, Empty, PageHead, Skeleton, TagChip, TypeIcon } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { Select } from "../ui/field.tsx";
import { Problem } from "../ui/notice.tsx";

type Row = { kind: "day"; day: string } | { kind: "context"; context: ContextSummary; fresh: boolean };

function ContextLine({ context, fresh }: { context: ContextSummary; fresh: boolean }) {
  return (
    <div className={cx("relative flex h-full items-center gap-3 border-b border-line px-4 text-sm hover:bg-hover/60", fresh && "glow")}>
      <time dateTime={context.changed} title={dateTime(context.changed)} className="tnum w-10 shrink-0 text-xs text-faint">
        {clockOf(context.changed)}
      </time>
      <TypeIcon type={context.type} />
      <Link to={`/contexts/${context.id}`} data-row className="min-w-0 flex-1 truncate font-medium after:absolute after:inset-0 focus-visible:-outline-offset-2">
        {context.title || "Untitled"}
      </Link>
      <Diverged heads={context.heads} />
      <span className="relative hidden items-center gap-1 lg:flex">
        {context.tags.slice(0, 3).map((tag) => (
          <TagChip key={tag} tag={tag} />
        ))}
      </span>
      <span className="hidden w-28 truncate text-xs text-soft md:block">{context.author}</span>
      <span className="tnum hidden w-16 text-right text-xs text-soft sm:block">{bytes(context.size)}</span>
      <span className="tnum w-8 text-right text-xs text-soft" title={`${count(context.versions)} versions`}>
        v{context.versions}
      </span>
    </div>
  );
}

export default function History() {
  useTitle("History");
  const [params, setParams] = useSearchParams();
  const type = params.get("type") ?? "";
  const diverged = params.get("diverged") === "true";
  const filters = useMemo(() => ({ type: type ? [type] : [], diverged }), [type, diverged]);
  const status = useQuery(queries.status());
  const list = useInfiniteQuery(queries.list(filters));
  const { events } = useLive();
  const box = useRef<HTMLDivElement>(null);

  const rows = useMemo(() => {
    const out: Row[] = [];
    const seen = new Set<string>();
    let day = "";
    for (const context of list.data?.pages.flatMap((page) => page.contexts) ?? []) {
      if (seen.has(context.id)) continue; // It moved to the front while pages were read.
      seen.add(context.id);
      const its = dayOf(context.changed);
      if (its !== day) out.push({ kind: "day", day: its });
      day = its;
      out.push({ kind: "context", context, fresh: events.some((event) => event.version === context.version) });
    }
    return out;
  }, [list.data, events]);

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: (at) => (rows[at]?.kind === "day" ? 36 : 44),
    overscan: 12,
    getItemKey: (at) => {
      const row = rows[at];
      return row?.kind === "context" ? row.context.id : `day ${row?.day ?? at}`;
    },
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = list;
  useEffect(() => {
    if (last >= rows.length - 20 && hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [last, rows.length, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);

  const change = (name: string, value: string) => {
    const next = new URLSearchParams(params);
    if (value) next.set(name, value);
    else next.delete(name);
    setParams(next, { replace: true });
  };
  const types = Object.keys(status.data?.by_type ?? {}).sort();
  if (type && !types.includes(type)) types.push(type);

  return (
    <div className="flex h-[calc(100dvh-6.5rem)] min-h-80 flex-col md:h-[calc(100dvh-3.5rem)]">
      <PageHead
        title="History"
        note="Every context, last changed first"
        actions={
          <>
            <Button aria-pressed={diverged} onClick={() => change("diverged", diverged ? "" : "true")} className="aria-pressed:border-accent aria-pressed:text-accent">
              Diverged only
            </Button>
            <Select aria-label="Type" value={type} onChange={(event) => change("type", event.target.value)} className="w-40!">
              <option value="">All types</option>
              {types.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Select>
          </>
        }
      />
      <Card className="min-h-0 flex-1 overflow-hidden">
        {list.isPending ? (
          <Skeleton rows={10} />
        ) : list.isError && !list.data ? (
          <Problem className="m-4" error={list.error} doing="Reading the list" retry={() => void list.refetch()} />
        ) : rows.length === 0 ? (
          <Empty icon={HistoryIcon} title="Nothing here">
            {type || diverged ? "No context passes these filters." : "Contexts appear here as they are committed."}
          </Empty>
        ) : (
          <div ref={box} tabIndex={0} role="region" aria-label="Contexts, last changed first" className="h-full overflow-y-auto focus-visible:-outline-offset-2">
            <div className="relative" style={{ height: virtual.getTotalSize() }} role="list">
              {items.map((item) => {
                const row = rows[item.index]!;
                return (
                  <div
                    key={item.key}
                    role="listitem"
                    className="absolute inset-x-0 top-0"
                    style={{ height: item.size, transform: `translateY(${item.start}px)` }}
                  >
                    {row.kind === "day" ? (
                      <h2 className="flex h-full items-end border-b border-line bg-sunken px-4 pb-1.5 text-xs font-medium text-soft">{row.day}</h2>
                    ) : (
                      <ContextLine context={row.context} fresh={row.fresh} />
                    )}
                  </div>
                );
              })}
            </div>
            {list.isFetchNextPageError && (
              <Problem className="m-4" error={list.error} doing="Reading on" retry={() => void fetchNextPage()} />
            )}
          </div>
        )}
      </Card>
      <p role="status" className="sr-only">
        {isFetchingNextPage ? "Loading more" : ""}
      </p>
    </div>
  );
}
