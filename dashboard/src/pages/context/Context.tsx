import { useQuery } from "@tanstack/react-query";
import { Ellipsis, FileDown, GitMerge, Pencil, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { useMay } from "../../app/session.tsx";
import { useTitle } from "../../app/title.ts";
import { ContentView } from "../../content/ContentView.tsx";
import { ApiError } from "../../lib/api.ts";
import { authorName, bytes, plural } from "../../lib/format.ts";
import { queries } from "../../lib/queries.ts";
import type { Context } from "../../lib/types.ts";
import { Badge, Card, PageHead, Skeleton, Time, TypeBadge } from "../../ui/bits.tsx";
import { Button } from "../../ui/button.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import { Notice, Problem } from "../../ui/notice.tsx";
import { Tab, TabList, TabPanel, Tabs } from "../../ui/tabs.tsx";
import { Changes } from "./Changes.tsx";
import { Details } from "./Details.tsx";
import { Forget } from "./Forget.tsx";
import { Merge } from "./Merge.tsx";
import { Relations } from "./Relations.tsx";
import { Restore } from "./Restore.tsx";
import { Versions } from "./Versions.tsx";

const contentUrl = (id: string, version = "") =>
  `/api/v1/contexts/${encodeURIComponent(id)}/content${version ? `?version=${encodeURIComponent(version)}` : ""}`;

function Current({ context }: { context: Context }) {
  return (
    <ContentView
      shown={{
        type: context.type, mediaType: context.media_type, source: context.source || context.title, content: context.content,
        omitted: context.content_omitted, size: context.size, url: contentUrl(context.id),
      }} // prettier-ignore
    />
  );
}

/** An older version, in the place of the current one. */
function Old({ context, version, onRestore, onBack }: { context: Context; version: string; onRestore: () => void; onBack: () => void }) {
  const old = useQuery(queries.version(context.id, version));
  const may = useMay("writer");
  if (old.isPending) return <Skeleton rows={8} />;
  if (old.isError) return <Problem className="m-4" error={old.error} doing="Reading the version" retry={() => void old.refetch()} />;
  const was = old.data;
  return (
    <>
      <Notice
        className="m-3"
        title={`Version ${was.number} of ${context.versions}`}
        actions={
          <>
            <Button size="sm" onClick={onBack}>
              Show the current one
            </Button>
            {may && (
              <Button size="sm" onClick={onRestore}>
                <RotateCcw size={13} /> Restore this one
              </Button>
            )}
          </>
        }
      >
        <Time value={was.time} /> by {authorName(was.author)}
        {was.message && <>: “{was.message}”</>}
      </Notice>
      <ContentView
        key={was.version}
        shown={{
          type: was.type, mediaType: was.media_type, source: was.source || was.title, content: was.content,
          omitted: was.content_omitted, size: was.size, url: contentUrl(context.id, was.version),
        }} // prettier-ignore
      />
    </>
  );
}

function Page({ context }: { context: Context }) {
  const [params, setParams] = useSearchParams();
  const [forget, setForget] = useState(false);
  const [merge, setMerge] = useState(false);
  const [restore, setRestore] = useState("");
  const may = useMay("writer");
  const tab = params.get("tab") ?? "content";
  const version = params.get("version") ?? "";
  useTitle(context.title || "Untitled");
  const go = (to: Record<string, string>) => setParams(to, { replace: false });
  const show = (of: string) => go(of && of !== context.version ? { version: of } : {});

  return (
    <>
      <PageHead
        title={context.title || "Untitled"}
        note={
          <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <TypeBadge type={context.type} />
            {context.proof === "invalid" && <Badge tone="bad">signature does not hold</Badge>}
            {context.proof === "missing" && <Badge tone="warn">not signed</Badge>}
            <span>{plural(context.versions, "version")}</span>
            <span>{bytes(context.size)}</span>
            <span>
              changed <Time value={context.changed} /> by {authorName(context.author)}
            </span>
          </span>
        }
        actions={
          <>
            {may && context.heads.length < 2 && (
              <Button asChild variant="primary">
                <Link to={`/commit?id=${context.id}`}>
                  <Pencil size={13} /> Edit
                </Link>
              </Button>
            )}
            <Menu
              trigger={
                <Button size="icon" aria-label="More actions">
                  <Ellipsis size={15} />
                </Button>
              }
            >
              <MenuItem asChild>
                <a href={contentUrl(context.id)} download={context.title || context.id}>
                  <FileDown size={14} /> Save the content
                </a>
              </MenuItem>
              {may && (
                <>
                  <MenuSeparator />
                  <MenuItem danger onSelect={() => setForget(true)}>
                    <Trash2 size={14} /> Forget…
                  </MenuItem>
                </>
              )}
            </Menu>
          </>
        }
      />
      {context.heads.length > 1 && (
        <Notice
          tone="warn"
          className="mb-4"
          title={`This context has ${context.heads.length} newest versions`}
          actions={
            may && (
              <Button size="sm" onClick={() => setMerge(true)}>
                <GitMerge size={13} /> Merge…
              </Button>
            )
          }
        >
          It was changed in two places at once. Nothing is lost: both are in the history. A merge makes one version that follows both.
        </Notice>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_19rem]">
        <Tabs value={tab} onValueChange={(to) => go(to === "content" ? {} : { tab: to })} className="min-w-0">
          <TabList aria-label="Parts of the context">
            <Tab value="content">Content</Tab>
            <Tab value="versions">
              Versions <span className="tnum text-xs text-faint">{context.versions}</span>
            </Tab>
            <Tab value="changes">Changes</Tab>
            <Tab value="relations">
              Relations <span className="tnum text-xs text-faint">{context.relations.length + context.incoming.length}</span>
            </Tab>
            <Tab value="metadata">Metadata</Tab>
          </TabList>
          <TabPanel value="content">
            <Card className="overflow-hidden">
              {version ? (
                <Old context={context} version={version} onRestore={() => setRestore(version)} onBack={() => show("")} />
              ) : (
                <Current context={context} />
              )}
            </Card>
          </TabPanel>
          <TabPanel value="versions">
            <Versions context={context} onShow={show} onRestore={setRestore} onCompare={(from, to) => go({ tab: "changes", from, to })} />
          </TabPanel>
          <TabPanel value="changes">
            <Changes context={context} from={params.get("from") ?? ""} to={params.get("to") ?? ""} onChange={(from, to) => go({ tab: "changes", from, to })} />
          </TabPanel>
          <TabPanel value="relations">
            <Relations context={context} />
          </TabPanel>
          <TabPanel value="metadata">
            <Card className="overflow-hidden">
              {context.metadata && Object.keys(context.metadata).length ? (
                <ContentView
                  shown={{ type: "code", mediaType: "application/json", source: "metadata.json", content: JSON.stringify(context.metadata, null, 2), size: 0 }}
                />
              ) : (
                <p className="p-5 text-sm text-faint">No metadata. It can be given when a version is saved.</p>
              )}
            </Card>
          </TabPanel>
        </Tabs>
        <Details context={context} />
      </div>
      <Forget context={context} open={forget} onOpenChange={setForget} />
      <Merge context={context} open={merge} onOpenChange={setMerge} />
      <Restore context={context} version={restore} onClose={() => setRestore("")} />
    </>
  );
}

export default function ContextPage() {
  const { id = "" } = useParams();
  const context = useQuery(queries.context(id));
  useTitle("Context");
  if (context.isPending) return <Skeleton rows={8} />;
  if (context.isError) {
    const gone = context.error instanceof ApiError && (context.error.status === 404 || context.error.status === 410 || context.error.status === 422);
    return (
      <>
        <PageHead title={gone ? "No such context" : "Context"} />
        {gone ? (
          <Notice tone="warn" title="This store has no context with this id">
            It may have been forgotten, or the address is cut off. <Link to="/search" className="text-accent underline">Search for it</Link>.
          </Notice>
        ) : (
          <Problem error={context.error} doing="Reading the context" retry={() => void context.refetch()} />
        )}
      </>
    );
  }
  return <Page key={id} context={context.data} />;
}
