import { useQuery } from "@tanstack/react-query";
import { Hash, Tags as TagsIcon } from "lucide-react";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { useTitle } from "../app/title.ts";
import { count, plural } from "../lib/format.ts";
import { queries } from "../lib/queries.ts";
import type { TagCount } from "../lib/types.ts";
import { Card, Empty, PageHead, Skeleton } from "../ui/bits.tsx";
import { Input } from "../ui/field.tsx";
import { Problem } from "../ui/notice.tsx";
import { columnsOf, DataTable, type Columns } from "../ui/table.tsx";

const helper = columnsOf<TagCount>();

export default function Tags() {
  useTitle("Tags");
  const tags = useQuery(queries.tags());
  const [text, setText] = useState("");
  const most = Math.max(1, ...(tags.data ?? []).map((one) => one.contexts));
  const shown = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return (tags.data ?? []).filter((one) => one.tag.toLowerCase().includes(wanted));
  }, [tags.data, text]);
  const columns = useMemo<Columns<TagCount>>(
    () => [
      helper.accessor("tag", {
        header: "Tag",
        sortFn: "alphanumeric",
        cell: ({ row }) => (
          <Link to={`/search?tag=${encodeURIComponent(row.original.tag)}`} data-row className="inline-flex items-center gap-1.5 font-medium hover:text-accent">
            <Hash size={13} aria-hidden className="text-faint" />
            <span className="clip-words">{row.original.tag}</span>
          </Link>
        ),
      }),
      helper.accessor("contexts", {
        header: "Contexts",
        sortFn: "basic",
        cell: ({ row }) => (
          <span className="flex items-center gap-3">
            <span className="tnum w-12 text-right">{count(row.original.contexts)}</span>
            <span aria-hidden className="hidden h-1.5 w-40 overflow-hidden rounded-full bg-line sm:block">
              <span className="block h-full rounded-full bg-accent-fill" style={{ width: `${(row.original.contexts / most) * 100}%` }} />
            </span>
          </span>
        ),
      }),
    ],
    [most],
  );
  return (
    <>
      <PageHead title="Tags" note={tags.data && plural(tags.data.length, "tag")} />
      {tags.isPending ? (
        <Card>
          <Skeleton rows={8} />
        </Card>
      ) : tags.isError ? (
        <Problem error={tags.error} doing="Reading the tags" retry={() => void tags.refetch()} />
      ) : tags.data.length === 0 ? (
        <Card>
          <Empty icon={TagsIcon} title="No tags yet">
            A context gets tags when it is committed, or in its own page.
          </Empty>
        </Card>
      ) : (
        <>
          <Input aria-label="Filter the tags" placeholder="Filter…" value={text} onChange={(event) => setText(event.target.value)} className="mb-3 max-w-xs" />
          <Card className="overflow-hidden">
            <DataTable
              label="Tags"
              data={shown}
              columns={columns}
              rowId={(row) => row.tag}
              initialOrder={[{ id: "contexts", desc: true }]}
              looks={{ tag: "w-1/2" }}
            />
            {shown.length === 0 && <p className="p-4 text-sm text-faint">No tag has “{text}” in it.</p>}
          </Card>
        </>
      )}
    </>
  );
}
