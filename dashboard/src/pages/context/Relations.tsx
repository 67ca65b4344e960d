import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowDownLeft, ArrowUpRight, Link2, Plus, Waypoints, X } from "lucide-react";
import { lazy, Suspense, useId, useState, type FormEvent } from "react";
import { Link } from "react-router";
import { useMay } from "../../app/session.tsx";
import { query, quoted, request } from "../../lib/api.ts";
import { isConflict } from "../../lib/conflict.ts";
import { shortCid } from "../../lib/format.ts";
import { queries } from "../../lib/queries.ts";
import type { Context, Graph, Relation, SearchPage } from "../../lib/types.ts";
import { Card, CardTitle, Empty, Skeleton, TypeIcon } from "../../ui/bits.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { Notice, Problem } from "../../ui/notice.tsx";
import { useToast } from "../../ui/toast.tsx";

const RelationGraph = lazy(() => import("./RelationGraph.tsx").then((module) => ({ default: module.RelationGraph })));

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function change(context: Context, body: Record<string, unknown>) {
  return request(`/contexts/${context.id}`, { method: "PATCH", body, headers: { "If-Match": quoted(context.version) } });
}

interface AddProps {
  context: Context;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

function Add({ context, open, onOpenChange }: AddProps) {
  const [kind, setKind] = useState("refines");
  const [text, setText] = useState("");
  const [target, setTarget] = useState<{ id: string; title: string } | null>(null);
  const kinds = useId();
  const client = useQueryClient();
  const asked = text.trim();
  const found = useQuery({
    queryKey: ["contexts", "target", asked],
    queryFn: ({ signal }) => request<SearchPage>(`/search${query({ q: asked, limit: 6 })}`, { signal }),
    enabled: open && target === null && asked.length >= 2 && !uuid.test(asked),
    placeholderData: (before) => before,
  });
  const chosen = target?.id ?? (uuid.test(asked) ? asked.toLowerCase() : "");
  const add = useMutation({
    mutationFn: () => change(context, { add_relations: [{ kind: kind.trim(), id: chosen }] }),
    onSuccess: () => {
      setText("");
      setTarget(null);
      onOpenChange(false);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["context", context.id] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen && kind.trim()) add.mutate();
  };
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Relate to another context">
      <form onSubmit={submit} className="space-y-4 overflow-y-auto px-5 pt-3 pb-5">
        <Field label="This context" id="kind" hint="refines, answers, depends on, contradicts, or a kind of your own">
          <Input id="kind" list={kinds} maxLength={128} value={kind} aria-describedby="kind-note" onChange={(event) => setKind(event.target.value)} />
          <datalist id={kinds}>
            {["refines", "answers", "depends on", "contradicts", "replaces", "mentions"].map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </Field>
        <Field label="the context" id="target" hint={target ? "" : "Words of it, or its id"}>
          {target ? (
            <p className="flex h-8 items-center gap-2 rounded-md border border-line bg-sunken pr-1 pl-2.5 text-sm">
              <span className="min-w-0 flex-1 truncate">{target.title || target.id}</span>
              <Button variant="ghost" size="icon-sm" aria-label="Choose another" onClick={() => setTarget(null)}>
                <X size={13} />
              </Button>
            </p>
          ) : (
            <Input id="target" autoComplete="off" value={text} aria-describedby="target-note" onChange={(event) => setText(event.target.value)} />
          )}
        </Field>
        {!target && found.data && asked.length >= 2 && !uuid.test(asked) && (
          <ul aria-label="Contexts found" className="max-h-56 overflow-y-auto rounded-lg border border-line p-1">
            {found.data.contexts.filter((hit) => hit.id !== context.id).map((hit) => (
              <li key={hit.id}>
                <button type="button" onClick={() => setTarget(hit)} className="flex h-8 w-full items-center gap-2 rounded-md px-2 text-left text-sm hover:bg-hover">
                  <TypeIcon type={hit.type} /> <span className="truncate">{hit.title || hit.id}</span>
                </button>
              </li>
            ))}
            {found.data.contexts.length === 0 && <li className="px-2 py-1.5 text-sm text-faint">Nothing matches.</li>}
          </ul>
        )}
        {add.isError &&
          (isConflict(add.error) ? (
            <Notice tone="warn" title="Somebody saved another version meanwhile">
              The page now shows it; add the relation again.
            </Notice>
          ) : (
            <Problem error={add.error} doing="Adding the relation" />
          ))}
        <div className="flex justify-end gap-2">
          <Button variant="ghost" onClick={() => onOpenChange(false)}>
            Cancel
          </Button>
          <Button type="submit" variant="primary" disabled={!chosen || !kind.trim() || add.isPending}>
            <Plus size={14} /> Add
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface ListProps {
  title: string;
  relations: Relation[];
  graph: Graph | undefined;
  incoming?: boolean;
  onRemove?: ((relation: Relation) => void) | undefined;
}

function List({ title, relations, graph, incoming, onRemove }: ListProps) {
  const Arrow = incoming ? ArrowDownLeft : ArrowUpRight;
  return (
    <Card className="overflow-hidden">
      <CardTitle>{title}</CardTitle>
      {relations.length === 0 ? (
        <p className="px-4 py-3 text-sm text-faint">None</p>
      ) : (
        <ul className="divide-y divide-line">
          {relations.map((relation) => {
            const node = graph?.nodes.find((one) => one.id === relation.id);
            return (
              <li key={`${relation.kind} ${relation.id}`} className="flex min-h-11 items-center gap-2.5 px-4 py-1 text-sm">
                <Arrow size={14} aria-hidden className="shrink-0 text-faint" />
                <span className="shrink-0 text-soft">{relation.kind}</span>
                {node && <TypeIcon type={node.type} />}
                <Link to={`/contexts/${relation.id}`} data-row className="min-w-0 flex-1 truncate font-medium hover:text-accent">
                  {node ? node.title || "Untitled" : shortCid(relation.id)}
                </Link>
                {onRemove && (
                  <Button variant="ghost" size="icon-sm" aria-label={`Remove the relation ${relation.kind} ${node?.title ?? relation.id}`} onClick={() => onRemove(relation)}>
                    <X size={13} />
                  </Button>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}

export function Relations({ context }: { context: Context }) {
  const [depth, setDepth] = useState(1);
  const [adding, setAdding] = useState(false);
  const may = useMay("writer");
  const client = useQueryClient();
  const toast = useToast();
  const graph = useQuery({ ...queries.graph(context.id, depth), placeholderData: (before) => before });
  const remove = useMutation({
    mutationFn: (relation: Relation) => change(context, { remove_relations: [relation] }),
    onError: (error) => toast.failed("Removing the relation", error),
    onSettled: () => client.invalidateQueries({ queryKey: ["context", context.id] }),
  });
  const any = context.relations.length + context.incoming.length > 0;
  return (
    <div className="space-y-4">
      <Card className="overflow-hidden">
        <CardTitle
          aside={
            <span className="flex items-center gap-2">
              {any && (
                <Select aria-label="How far" value={depth} onChange={(event) => setDepth(Number(event.target.value))} className="h-7! w-auto!">
                  <option value={1}>1 step</option>
                  <option value={2}>2 steps</option>
                  <option value={3}>3 steps</option>
                </Select>
              )}
              {may && (
                <Button size="sm" onClick={() => setAdding(true)}>
                  <Link2 size={13} /> Add
                </Button>
              )}
            </span>
          }
        >
          Graph
        </CardTitle>
        {graph.isError ? (
          <Problem className="m-4" error={graph.error} doing="Reading the graph" retry={() => void graph.refetch()} />
        ) : !any ? (
          <Empty icon={Waypoints} title="Not related to anything yet">
            A relation says that a context refines, answers or depends on another.
          </Empty>
        ) : graph.data ? (
          <Suspense fallback={<Skeleton />}>
            <RelationGraph graph={graph.data} center={context.id} />
          </Suspense>
        ) : (
          <Skeleton />
        )}
      </Card>
      {any && (
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <List title="This context" relations={context.relations} graph={graph.data} onRemove={may ? (relation) => remove.mutate(relation) : undefined} />
          <List title="Others say of it" relations={context.incoming} graph={graph.data} incoming />
        </div>
      )}
      <Add context={context} open={adding} onOpenChange={setAdding} />
    </div>
  );
}
