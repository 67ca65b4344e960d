import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, LoaderCircle, Pencil, ShieldCheck, TriangleAlert } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useMay } from "../../app/session.tsx";
import { quoted, request } from "../../lib/api.ts";
import { isConflict } from "../../lib/conflict.ts";
import { authorName, bytes, dateTime, plural } from "../../lib/format.ts";
import { queries } from "../../lib/queries.ts";
import type { Context, VerifyReport } from "../../lib/types.ts";
import { Card, CardTitle, Cid, TagChip } from "../../ui/bits.tsx";
import { Button } from "../../ui/button.tsx";
import { Problem } from "../../ui/notice.tsx";
import { TagInput } from "../../ui/tag-input.tsx";
import { useToast } from "../../ui/toast.tsx";
import { ProofIcon } from "./Versions.tsx";

function TagEditor({ context }: { context: Context }) {
  const [draft, setDraft] = useState<string[] | null>(null);
  const may = useMay("writer");
  const tags = useQuery({ ...queries.tags(), enabled: draft !== null });
  const client = useQueryClient();
  const toast = useToast();
  const save = useMutation({
    mutationFn: (next: string[]) =>
      request(`/contexts/${context.id}`, {
        method: "PATCH",
        body: { add_tags: next.filter((tag) => !context.tags.includes(tag)), remove_tags: context.tags.filter((tag) => !next.includes(tag)) },
        headers: { "If-Match": quoted(context.version) },
      }),
    onSuccess: () => setDraft(null),
    onError: (error) =>
      isConflict(error)
        ? toast.failed("Changing the tags", new Error("somebody saved another version meanwhile. It is shown now; change the tags again."))
        : toast.failed("Changing the tags", error),
    onSettled: () => client.invalidateQueries({ queryKey: ["context", context.id] }),
  });
  return (
    <Card aria-labelledby="tags">
      <CardTitle
        id="tags"
        aside={
          may &&
          draft === null && (
            <Button variant="ghost" size="icon-sm" aria-label="Edit the tags" onClick={() => setDraft(context.tags)}>
              <Pencil size={13} />
            </Button>
          )
        }
      >
        Tags
      </CardTitle>
      <div className="p-3">
        {draft === null ? (
          context.tags.length ? (
            <div className="flex flex-wrap gap-1">
              {context.tags.map((tag) => (
                <TagChip key={tag} tag={tag} />
              ))}
            </div>
          ) : (
            <p className="px-1 text-sm text-faint">None</p>
          )
        ) : (
          <>
            <label htmlFor="edit-tags" className="sr-only">
              Tags
            </label>
            <TagInput id="edit-tags" value={draft} onChange={setDraft} suggestions={tags.data?.map((one) => one.tag) ?? []} placeholder="Add a tag…" />
            <div className="mt-2 flex gap-2">
              <Button size="sm" variant="primary" disabled={save.isPending} onClick={() => save.mutate(draft)}>
                Save tags
              </Button>
              <Button size="sm" variant="ghost" onClick={() => setDraft(null)}>
                Cancel
              </Button>
            </div>
          </>
        )}
      </div>
    </Card>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[6.5rem_minmax(0,1fr)] items-center gap-2 py-0.5">
      <dt className="text-xs text-faint">{label}</dt>
      <dd className="min-w-0 text-sm">{children}</dd>
    </div>
  );
}

function Verify({ context }: { context: Context }) {
  const check = useMutation({ mutationFn: () => request<VerifyReport>(`/verify/${context.id}`, { method: "POST", body: {} }) });
  const report = check.data;
  return (
    <div className="border-t border-line p-3">
      <Button className="w-full" disabled={check.isPending} onClick={() => check.mutate()}>
        {check.isPending ? <LoaderCircle size={14} className="animate-spin" /> : <ShieldCheck size={14} />}
        {check.isPending ? "Hashing every block…" : "Verify"}
      </Button>
      <div aria-live="polite">
        {check.isError && <Problem className="mt-2" error={check.error} doing="Verifying" />}
        {report?.ok && (
          <p className="mt-2 flex items-start gap-1.5 text-sm text-good">
            <Check size={14} aria-hidden className="mt-0.5 shrink-0" />
            All is well: {plural(report.versions, "version")} and {plural(report.blocks, "block")} hashed and compared.
          </p>
        )}
        {report && !report.ok && (
          <div className="mt-2 text-sm">
            <p className="flex items-center gap-1.5 font-medium text-bad">
              <TriangleAlert size={14} aria-hidden /> {plural(report.findings.length, "finding")}
            </p>
            <ul className="mt-1 space-y-1">
              {report.findings.map((finding, at) => (
                <li key={at} className="clip-words text-xs text-soft">
                  <span className="font-medium text-ink">{finding.what}</span> {finding.where}: {finding.problem}
                </li>
              ))}
            </ul>
            <p className="mt-1 text-xs text-soft">
              <code className="font-mono">openmcp repair</code> brings back what another copy has.
            </p>
          </div>
        )}
      </div>
    </div>
  );
}

const proofText = { valid: "the signature holds", invalid: "the signature does not hold", missing: "not signed" };

export function Details({ context }: { context: Context }) {
  return (
    <aside aria-label="Properties" className="space-y-4">
      <TagEditor context={context} />
      <Card aria-labelledby="identity" className="overflow-hidden">
        <CardTitle id="identity">Identity and proof</CardTitle>
        <dl className="px-4 py-2">
          <Fact label="id">
            <Cid value={context.id} label="the id" />
          </Fact>
          <Fact label="version CID">
            <Cid value={context.version} label="the version's CID" />
          </Fact>
          <Fact label="content CID">
            <Cid value={context.cid} label="the content's CID" />
          </Fact>
          <Fact label="content hash">
            <Cid value={context.content_hash} label="the content hash" />
          </Fact>
          <Fact label="proof">
            <span className="flex items-center gap-1.5">
              <ProofIcon proof={context.proof} /> {proofText[context.proof]}
            </span>
          </Fact>
          {context.signed_by && (
            <Fact label="signed by">
              <Cid value={context.signed_by} label="the key" />
            </Fact>
          )}
        </dl>
        <Verify context={context} />
      </Card>
      <Card aria-labelledby="about">
        <CardTitle id="about">About</CardTitle>
        <dl className="px-4 py-2">
          <Fact label="size">{bytes(context.size)}</Fact>
          <Fact label="media type">
            <span className="clip-words">{context.media_type || "unknown"}</span>
          </Fact>
          <Fact label="author">{authorName(context.author) || "nobody named"}</Fact>
          <Fact label="created">{dateTime(context.created)}</Fact>
          <Fact label="changed">{dateTime(context.changed)}</Fact>
        </dl>
      </Card>
    </aside>
  );
}
