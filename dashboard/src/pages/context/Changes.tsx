import { cx } from "class-variance-authority";
import { useQuery } from "@tanstack/react-query";
import { ArrowLeftRight, Columns2, Equal, Rows3 } from "lucide-react";
import { useMemo, useState } from "react";
import { counts, pairRows, unifiedRows, type Side, type Span } from "../../lib/diff.ts";
import { queries } from "../../lib/queries.ts";
import type { Context, Hunk, Version } from "../../lib/types.ts";
import { Card, Empty, Skeleton } from "../../ui/bits.tsx";
import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { Problem } from "../../ui/notice.tsx";
import { FieldChanges } from "./FieldChanges.tsx";

function Spans({ spans, mark }: { spans: Span[]; mark: string }) {
  return spans.map((span, at) =>
    span.changed ? (
      <span key={at} className={cx("rounded-xs", mark)}>
        {span.text}
      </span>
    ) : (
      span.text
    ),
  );
}

const gutter = "w-10 shrink-0 pr-2 text-right text-faint select-none";

function HunkHead({ hunk, columns }: { hunk: Hunk; columns: number }) {
  return (
    <tr className="bg-sunken text-faint">
      <td colSpan={columns} className="px-3 py-1">
        line {hunk.before_start || 1} → line {hunk.after_start || 1}
      </td>
    </tr>
  );
}

function Unified({ hunks }: { hunks: Hunk[] }) {
  const all = useMemo(() => hunks.map((hunk) => ({ hunk, rows: unifiedRows(hunk) })), [hunks]);
  return (
    <table aria-label="Differences" className="w-full font-mono text-xs leading-5">
      <tbody>
        {all.map(({ hunk, rows }, at) => [
          <HunkHead key={`head ${at}`} hunk={hunk} columns={4} />,
          ...rows.map((row, line) => (
            <tr key={`${at} ${line}`} className={row.op === "+" ? "bg-add-wash" : row.op === "-" ? "bg-cut-wash" : ""}>
              <td className={gutter}>{row.before}</td>
              <td className={gutter}>{row.after}</td>
              <td className="w-4 text-center text-soft select-none">
                {row.op === " " ? "" : <span aria-label={row.op === "+" ? "added" : "removed"}>{row.op === "+" ? "+" : "−"}</span>}
              </td>
              <td className="clip-words pr-3 whitespace-pre-wrap">
                <Spans spans={row.spans} mark={row.op === "+" ? "bg-add-mark" : "bg-cut-mark"} />
              </td>
            </tr>
          )),
        ])}
      </tbody>
    </table>
  );
}

function SideCells({ side, added }: { side: Side | null; added: boolean }) {
  const wash = !side ? "bg-sunken" : side.changed ? (added ? "bg-add-wash" : "bg-cut-wash") : "";
  return (
    <>
      <td className={cx(gutter, wash)}>{side?.number}</td>
      <td className={cx("clip-words w-1/2 border-r border-line pr-3 whitespace-pre-wrap last:border-0", wash)}>
        {side && <Spans spans={side.spans} mark={added ? "bg-add-mark" : "bg-cut-mark"} />}
      </td>
    </>
  );
}

function SideBySide({ hunks }: { hunks: Hunk[] }) {
  const all = useMemo(() => hunks.map((hunk) => ({ hunk, rows: pairRows(hunk) })), [hunks]);
  return (
    <table aria-label="Differences, before at the left and after at the right" className="w-full table-fixed font-mono text-xs leading-5">
      <colgroup>
        <col className="w-10" />
        <col />
        <col className="w-10" />
        <col />
      </colgroup>
      <tbody>
        {all.map(({ hunk, rows }, at) => [
          <HunkHead key={`head ${at}`} hunk={hunk} columns={4} />,
          ...rows.map((row, line) => (
            <tr key={`${at} ${line}`} className="align-top">
              <SideCells side={row.before} added={false} />
              <SideCells side={row.after} added />
            </tr>
          )),
        ])}
      </tbody>
    </table>
  );
}

interface ChangesProps {
  context: Context;
  from: string;
  to: string;
  onChange: (from: string, to: string) => void;
}

function VersionSelect({ label, value, versions, onChange }: { label: string; value: string; versions: Version[]; onChange: (to: string) => void }) {
  return (
    <Select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)} className="w-auto! min-w-24 flex-1 sm:flex-none">
      {versions.map((one) => (
        <option key={one.version} value={one.version}>
          v{one.number}
          {one.message ? ` ${one.message.slice(0, 30)}` : ""}
        </option>
      ))}
    </Select>
  );
}

export function Changes({ context, from, to, onChange }: ChangesProps) {
  const versions = useQuery(queries.versions(context.id));
  const list = versions.data ?? [];
  const after = to || context.version;
  const before = from || list.find((one) => one.version === after)?.parents[0] || list[1]?.version || "";
  const diff = useQuery({ ...queries.diff(context.id, before, after), enabled: before !== "" && after !== "" });
  const [chosen, setWide] = useState<boolean | null>(null);
  const wide = chosen ?? matchMedia("(min-width: 1100px)").matches;

  if (versions.isPending) return <Skeleton />;
  if (versions.isError) return <Problem error={versions.error} doing="Reading the versions" retry={() => void versions.refetch()} />;
  if (list.length < 2) {
    return (
      <Card>
        <Empty icon={Equal} title="There is one version so far">
          Changes appear here when another is saved.
        </Empty>
      </Card>
    );
  }
  const sums = diff.data ? counts(diff.data.hunks) : null;
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <VersionSelect label="Before" value={before} versions={list} onChange={(value) => onChange(value, after)} />
        <Button variant="ghost" size="icon" aria-label="Swap the two" onClick={() => onChange(after, before)}>
          <ArrowLeftRight size={14} />
        </Button>
        <VersionSelect label="After" value={after} versions={list} onChange={(value) => onChange(before, value)} />
        {sums && (
          <p className="tnum text-xs">
            <span className="text-good">+{sums.added}</span> <span className="text-bad">−{sums.removed}</span> <span className="text-faint">lines</span>
          </p>
        )}
        <div role="group" aria-label="Layout" className="ml-auto flex">
          <Button variant="ghost" size="icon" aria-label="Side by side" aria-pressed={wide} onClick={() => setWide(true)}>
            <Columns2 size={14} />
          </Button>
          <Button variant="ghost" size="icon" aria-label="One column" aria-pressed={!wide} onClick={() => setWide(false)}>
            <Rows3 size={14} />
          </Button>
        </div>
      </div>
      {diff.isError ? (
        <Problem error={diff.error} doing="Comparing" retry={() => void diff.refetch()} />
      ) : !diff.data ? (
        <Skeleton />
      ) : (
        <div className="space-y-4">
          <FieldChanges fields={diff.data.fields} />
          <Card className="overflow-hidden">
            {diff.data.content_equal ? (
              <Empty icon={Equal} title="The content is the same" />
            ) : diff.data.binary ? (
              <Empty icon={Equal} title="The content differs, but not as lines">
                {diff.data.why_binary}
              </Empty>
            ) : (
              <div className="overflow-x-auto">{wide ? <SideBySide hunks={diff.data.hunks} /> : <Unified hunks={diff.data.hunks} />}</div>
            )}
          </Card>
        </div>
      )}
    </>
  );
}
