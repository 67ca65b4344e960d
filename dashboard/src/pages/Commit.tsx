import { useQuery, useQueryClient } from "@tanstack/react-query";
import { cx } from "class-variance-authority";
import { FileUp, Save } from "lucide-react";
import { useDeferredValue, useEffect, useId, useMemo, useRef, useState, type DragEvent, type FormEvent } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { onMac, typesHere } from "../app/keys.ts";
import { useMay } from "../app/session.tsx";
import { useTitle } from "../app/title.ts";
import { ContentView } from "../content/ContentView.tsx";
import { quoted, request } from "../lib/api.ts";
import { isConflict } from "../lib/conflict.ts";
import { bytes, count } from "../lib/format.ts";
import { checkMetadata } from "../lib/metadata.ts";
import { queries } from "../lib/queries.ts";
import { measure } from "../lib/tokens.ts";
import type { CommitResult, Context } from "../lib/types.ts";
import { Card, Kbd, PageHead, Skeleton } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { Field, Input, Textarea } from "../ui/field.tsx";
import { MetadataEditor } from "../ui/metadata-editor.tsx";
import { Notice, Problem } from "../ui/notice.tsx";
import { TagInput } from "../ui/tag-input.tsx";
import { useToast } from "../ui/toast.tsx";

interface Draft {
  title: string;
  type: string;
  tags: string[];
  content: string;
  metadata: string;
  message: string;
}

const empty: Draft = { title: "", type: "documentation", tags: [], content: "", metadata: "", message: "" };
const draftKey = "openmcp.draft";
const largest = 16 << 20; // bytes that are edited in a page

function kept(): Draft {
  try {
    return { ...empty, ...(JSON.parse(sessionStorage.getItem(draftKey) ?? "{}") as Partial<Draft>) };
  } catch {
    return empty;
  }
}

function keep(draft: Draft | null) {
  try {
    if (draft) sessionStorage.setItem(draftKey, JSON.stringify(draft));
    else sessionStorage.removeItem(draftKey);
  } catch {
    // No storage, or a draft larger than it: it lives as long as the page.
  }
}

function fromContext(context: Context): Draft {
  const metadata = context.metadata && Object.keys(context.metadata).length ? JSON.stringify(context.metadata, null, 2) : "";
  return { title: context.title, type: context.type, tags: context.tags, content: context.content ?? "", metadata, message: "" };
}

const typeHints: Record<string, string> = {
  code: "Shown with colours and line numbers",
  documentation: "Shown as Markdown",
  conversation: "One turn a line: JSON with role and content, or “Name: text”",
  decision: "What was decided and why, in Markdown",
  other: "Shown as it looks best",
};

function typeOfFile(name: string): string {
  if (/\.(md|markdown|rst|adoc|txt)$/i.test(name)) return "documentation";
  if (/\.(jsonl|ndjson)$/i.test(name)) return "conversation";
  return /\.\w+$/.test(name) ? "code" : "other";
}

/** The form, for a new context or the next version of `context`. */
function Editor({ context }: { context: Context | null }) {
  const [draft, setDraft] = useState<Draft>(() => (context ? fromContext(context) : kept()));
  const [base, setBase] = useState(context?.version ?? "");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [touched, setTouched] = useState(false);
  const [preview, setPreview] = useState(false);
  const [over, setOver] = useState(false);
  const types = useId();
  const file = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const client = useQueryClient();
  const toast = useToast();
  const tags = useQuery(queries.tags());
  const status = useQuery(queries.status());

  const change = (to: Partial<Draft>) => {
    setTouched(true);
    setDraft((now) => ({ ...now, ...to }));
  };
  useEffect(() => {
    if (!touched) return;
    if (!context) keep(draft);
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    if (context) addEventListener("beforeunload", stay);
    return () => removeEventListener("beforeunload", stay);
  }, [draft, touched, context]);

  const content = useDeferredValue(draft.content);
  const size = useMemo(() => measure(content), [content]);
  const metadata = useMemo(() => checkMetadata(draft.metadata), [draft.metadata]);
  const shown = useMemo(
    () => ({ type: draft.type, mediaType: draft.type === context?.type ? context.media_type : "", source: "", content, size: size.bytes }),
    [draft.type, context, content, size.bytes],
  );

  const save = async () => {
    if (!draft.content) return setError(new Error("there is no content yet."));
    if (!draft.type.trim()) return setError(new Error("a type is needed, for example documentation."));
    if (!metadata.ok) return setError(new Error(`the metadata is not right: line ${metadata.problem.line}, ${metadata.problem.message}.`));
    setBusy(true);
    setError(null);
    const body = {
      type: draft.type.trim(), title: draft.title.trim() || undefined, tags: draft.tags, content: draft.content,
      metadata: metadata.value, message: draft.message.trim() || undefined,
    }; // prettier-ignore
    try {
      const done = context
        ? await request<CommitResult>(`/contexts/${context.id}`, { method: "PUT", body, headers: { "If-Match": quoted(base) } })
        : await request<CommitResult>("/contexts/", { method: "POST", body, headers: { "Idempotency-Key": crypto.randomUUID?.() ?? String(Math.random()) } });
      if (!context) keep(null);
      setTouched(false);
      void client.invalidateQueries({ queryKey: ["context", done.id] });
      void client.invalidateQueries({ queryKey: ["contexts"] });
      toast.done(done.unchanged ? "Nothing changed: this version is there already" : context ? `Saved as version ${done.number}` : "Committed");
      void navigate(`/contexts/${done.id}`);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save();
  };

  const take = async (files: FileList | null) => {
    const one = files?.[0];
    if (!one) return;
    if (one.size > largest) {
      return setError(new Error(`“${one.name}” has ${bytes(one.size)}; for more than 16 MiB use openmcp commit FILE.`));
    }
    const buffer = await one.arrayBuffer();
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(buffer);
      setError(null);
      change({ content: text, title: draft.title || one.name, ...(context ? {} : { type: typeOfFile(one.name) }) });
    } catch {
      setError(new Error(`“${one.name}” is not text in UTF-8; commit such files with openmcp commit FILE.`));
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files);
  };

  const theirs = context && isConflict(error);
  return (
    <form
      onSubmit={submit}
      onKeyDown={(event) => {
        if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
          event.preventDefault();
          void save();
        }
      }}
    >
      <PageHead
        title={context ? `Edit “${context.title || "Untitled"}”` : "New context"}
        note={context ? `Becomes version ${context.versions + 1}; the ones before stay` : "Kept with its whole history from now on"}
        actions={
          <>
            {context && (
              <Button asChild variant="ghost">
                <Link to={`/contexts/${context.id}`}>Cancel</Link>
              </Button>
            )}
            <Button type="submit" variant="primary" disabled={busy}>
              <Save size={14} /> {busy ? "Saving…" : context ? "Save version" : "Commit"}
            </Button>
          </>
        }
      />
      {theirs ? (
        <Notice
          tone="warn"
          className="mb-4"
          title="Somebody saved another version while you were editing"
          actions={
            <>
              <Button asChild size="sm">
                <a href={`/contexts/${context.id}`} target="_blank" rel="noopener">
                  Look at theirs (new tab)
                </a>
              </Button>
              <Button
                size="sm"
                onClick={() => {
                  void client.fetchQuery({ ...queries.context(context.id), staleTime: 0 }).then(
                    (now) => {
                      setBase(now.version);
                      setError(null);
                      toast.done("Your text now stands on their version", "Save again: theirs stays in the history.");
                    },
                    (failure: unknown) => setError(failure),
                  );
                }}
              >
                Keep mine on top of theirs
              </Button>
            </>
          }
        >
          Nothing was overwritten and your text is still here. Look at their version first; if yours should follow it, put it on top: theirs
          stays in the history, where the two can be compared.
        </Notice>
      ) : error instanceof Error && error.constructor === Error ? (
        <Notice tone="bad" className="mb-4" title={`Not saved: ${error.message}`} />
      ) : (
        error !== null && <Problem className="mb-4" error={error} doing="Saving" retry={() => void save()} />
      )}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <Card
          className={cx("overflow-hidden", over && "outline-2 outline-accent")}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <div className="flex min-h-10 flex-wrap items-center justify-between gap-x-3 border-b border-line px-2">
            <div role="group" aria-label="Write or preview" className="flex">
              <Button variant="ghost" size="sm" aria-pressed={!preview} onClick={() => setPreview(false)}>
                Write
              </Button>
              <Button variant="ghost" size="sm" aria-pressed={preview} onClick={() => setPreview(true)}>
                Preview
              </Button>
            </div>
            <p id="size" className="tnum flex items-center gap-3 px-1 text-xs text-faint">
              <span>{bytes(size.bytes)}</span>
              <span title="An estimate on the safe side for common models">≈ {count(size.tokens)} tokens</span>
              <span className="max-sm:hidden">{count(size.lines)} lines</span>
            </p>
          </div>
          {preview ? (
            <div className="min-h-[24rem]">
              <ContentView shown={shown} />
            </div>
          ) : (
            <>
              <label htmlFor="content" className="sr-only">
                Content
              </label>
              <Textarea
                id="content"
                value={draft.content}
                onChange={(event) => change({ content: event.target.value })}
                rows={22}
                spellCheck={draft.type !== "code"}
                aria-describedby="size"
                placeholder="Write, paste, or drop a file here"
                className="min-h-[24rem] resize-y rounded-none border-0 bg-transparent px-4 py-3 focus-visible:outline-none"
              />
            </>
          )}
        </Card>
        <div className="space-y-4">
          <Card className="space-y-4 p-4">
            <Field label="Title" id="title" hint="Empty: the first line of the content">
              <Input id="title" value={draft.title} maxLength={4096} autoFocus={!context && typesHere} aria-describedby="title-note" onChange={(event) => change({ title: event.target.value })} />
            </Field>
            <Field label="Type" id="type" hint={typeHints[draft.type] ?? "A type of your own"}>
              <Input
                id="type"
                list={types}
                value={draft.type}
                maxLength={128}
                required
                aria-describedby="type-note"
                onChange={(event) => change({ type: event.target.value })}
              />
              <datalist id={types}>
                {[...new Set([...Object.keys(typeHints), ...Object.keys(status.data?.by_type ?? {})])].map((type) => (
                  <option key={type} value={type} />
                ))}
              </datalist>
            </Field>
            <Field label="Tags" id="commit-tags" hint="Enter or a comma after each">
              <TagInput
                id="commit-tags"
                value={draft.tags}
                onChange={(value) => change({ tags: value })}
                suggestions={tags.data?.map((one) => one.tag) ?? []}
                placeholder="none"
                describedBy="commit-tags-note"
              />
            </Field>
            <MetadataEditor id="metadata" value={draft.metadata} onChange={(text) => change({ metadata: text })} />
            <Field label="Message" id="message" hint={context ? "Why it changed; shown in the history" : "Why it is kept; optional"}>
              <Input id="message" value={draft.message} maxLength={1000} aria-describedby="message-note" onChange={(event) => change({ message: event.target.value })} />
            </Field>
          </Card>
          <div className="flex flex-wrap items-center justify-between gap-2 px-1">
            <input
              ref={file}
              type="file"
              hidden
              aria-label="File"
              onChange={(event) => {
                void take(event.target.files);
                event.target.value = "";
              }}
            />
            <Button variant="ghost" size="sm" onClick={() => file.current?.click()}>
              <FileUp size={13} /> Take a file
            </Button>
            <span className="flex items-center gap-1 text-xs text-faint max-md:hidden">
              <Kbd>{onMac ? "⌘" : "Ctrl"}</Kbd>
              <Kbd>Enter</Kbd> saves
            </span>
          </div>
        </div>
      </div>
    </form>
  );
}

export default function Commit() {
  const [params] = useSearchParams();
  const id = params.get("id") ?? "";
  const may = useMay("writer");
  const old = useQuery({ ...queries.context(id), enabled: id !== "", refetchOnWindowFocus: false });
  // What is edited is what was there when the form opened; later changes are found when it is saved.
  const opened = useRef<Context | null>(null);
  if (old.data && opened.current?.id !== id) opened.current = old.data;
  useTitle(id ? `Edit ${opened.current?.title ?? ""}` : "New context");
  if (!may) {
    return (
      <>
        <PageHead title="New context" />
        <Notice tone="warn" title="Your token may only read">
          Sign in with a token of the role writer or admin. An admin makes one in Tokens, or with <code className="font-mono">openmcp token create</code>.
        </Notice>
      </>
    );
  }
  if (id && old.isError) {
    return (
      <>
        <PageHead title="Edit a context" />
        <Problem error={old.error} doing="Reading the context" retry={() => void old.refetch()} />
      </>
    );
  }
  if (id && opened.current?.id !== id) return <Skeleton rows={8} />;
  if (id && opened.current?.content === null) {
    return (
      <>
        <PageHead title={`Edit “${opened.current.title}”`} />
        <Notice tone="warn" title="This content cannot be edited as text">
          {opened.current.content_omitted ?? "It is not text"}. A new version of it is committed with <code className="font-mono">openmcp commit FILE</code>.
        </Notice>
      </>
    );
  }
  return <Editor key={id} context={id ? opened.current : null} />;
}
