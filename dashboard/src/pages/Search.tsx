import { cx } from "class-variance-authority";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ChevronRight, LoaderCircle, Search as SearchIcon, SearchX, SlidersHorizontal, X } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type FormEvent } from "react";
import { Link, useSearchParams } from "react-router";
import { typesHere } from "../app/keys.ts";
import { useTitle } from "../app/title.ts";
import { count, plural } from "../lib/format.ts";
import { queries, type SearchFilters } from "../lib/queries.ts";
import { pieces } from "../lib/ranges.ts";
import type { Explanation, Hit } from "../lib/types.ts";
import { Badge, Card, Empty, PageHead, Skeleton, TagChip, Time, TypeBadge } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { Field, Input } from "../ui/field.tsx";
import { Problem } from "../ui/notice.tsx";
import { TagInput } from "../ui/tag-input.tsx";

const number = (value: number, digits = 2) => value.toFixed(digits);

/** Where the score comes from: the formula with this hit's numbers, then word by word. */
function Why({ explain, score }: { explain: Explanation; score: number }) {
  const words = explain.bm25_max > 0 ? explain.bm25 / explain.bm25_max : 0;
  const meaning = explain.cosine === null ? null : explain.embedding_weight * explain.cosine;
  const parts = [
    { name: "words", value: words, how: `${number(explain.bm25)} of ${number(explain.bm25_max)}`, colour: "bg-accent-fill" },
    ...(meaning === null
      ? []
      : [{ name: "meaning", value: meaning, how: `${number(explain.embedding_weight)} × cosine ${number(explain.cosine ?? 0)}`, colour: "bg-good" }]),
    ...(explain.recency_weight > 0
      ? [{ name: "recency", value: explain.recency_weight * explain.recency, how: `${number(explain.recency_weight)} × ${number(explain.recency)}`, colour: "bg-warn" }]
      : []),
  ];
  const whole = Math.max(parts.reduce((sum, part) => sum + Math.max(part.value, 0), 0), 0.001);
  const places = ["body", "title", "tags", "speaker", "date", "nearby"] as const;
  return (
    <div className="mt-2 rounded-lg border border-line bg-sunken p-3 text-xs">
      <div aria-hidden className="mb-2 flex h-1.5 overflow-hidden rounded-full bg-line">
        {parts.map((part) => (
          <span key={part.name} className={part.colour} style={{ width: `${(Math.max(part.value, 0) / whole) * 100}%` }} />
        ))}
      </div>
      <p className="tnum flex flex-wrap gap-x-4 gap-y-1">
        <span className="font-semibold">score {number(score, 3)}</span>
        {parts.map((part) => (
          <span key={part.name} className="inline-flex items-center gap-1.5">
            <span aria-hidden className={cx("size-2 rounded-sm", part.colour)} />
            {part.name} {number(part.value)} <span className="text-faint">({part.how})</span>
          </span>
        ))}
        {explain.cosine === null && <span className="text-faint">no embeddings: words only</span>}
      </p>
      {explain.terms.length > 0 && (
        <div className="mt-2.5 overflow-x-auto" tabIndex={0} role="region" aria-label="Words of the query">
          <table className="tnum w-full min-w-md">
            <thead className="text-faint">
              <tr className="[&>th]:pr-3 [&>th]:pb-1 [&>th]:text-left [&>th]:font-medium">
                <th scope="col">word</th>
                <th scope="col">score</th>
                <th scope="col">rarity (idf)</th>
                <th scope="col">found in</th>
              </tr>
            </thead>
            <tbody>
              {explain.terms.map((term) => (
                <tr key={term.term} className="[&>td]:py-0.5 [&>td]:pr-3">
                  <td className="font-mono">{term.term}</td>
                  <td>{number(term.score)}</td>
                  <td>
                    {number(term.idf)} <span className="text-faint">in {plural(term.rows, "passage")}</span>
                  </td>
                  <td className="text-soft">
                    {places.filter((place) => term[place] > 0).map((place) => `${place} ${term[place]}×`).join(", ") || "not here"}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function Result({ hit, best }: { hit: Hit; best: number }) {
  const [open, setOpen] = useState(false);
  const share = best > 0 ? Math.max(hit.score / best, 0) : 0;
  return (
    <li className="px-4 py-3.5">
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <Link to={`/contexts/${hit.id}`} data-row className="min-w-0 truncate font-medium text-ink hover:text-accent">
              {hit.title || "Untitled"}
            </Link>
            <TypeBadge type={hit.type} />
            {hit.tags.slice(0, 4).map((tag) => (
              <TagChip key={tag} tag={tag} />
            ))}
          </div>
          {hit.snippet && (
            <p className="clip-words mt-1 line-clamp-3 text-sm text-soft">
              {hit.speaker && <span className="font-medium text-ink">{hit.speaker}: </span>}
              {pieces(hit.snippet, hit.highlights).map((piece, at) =>
                piece.marked ? (
                  <mark key={at} className="rounded-xs bg-mark px-px text-ink">
                    {piece.text}
                  </mark>
                ) : (
                  <span key={at}>{piece.text}</span>
                ),
              )}
            </p>
          )}
          <p className="mt-1 flex flex-wrap items-center gap-x-3 text-xs text-faint">
            <Time value={hit.time} />
            {hit.author && <span>{hit.author}</span>}
            {hit.passages > 1 && (
              <span>
                passage {hit.passage + 1} of {count(hit.passages)}
              </span>
            )}
            {hit.explain && hit.score > 0 && (
              <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="inline-flex items-center gap-0.5 hover:text-ink">
                <ChevronRight size={12} aria-hidden className={cx("transition-transform", open && "rotate-90")} /> why here
              </button>
            )}
          </p>
          {open && hit.explain && <Why explain={hit.explain} score={hit.score} />}
        </div>
        {hit.score > 0 && (
          <div className="hidden w-16 shrink-0 pt-1.5 sm:block" title={`score ${number(hit.score, 3)}`}>
            <div aria-hidden className="h-1 overflow-hidden rounded-full bg-line">
              <div className="h-full rounded-full bg-accent-fill" style={{ width: `${share * 100}%` }} />
            </div>
            <p className="tnum mt-1 text-right text-xs text-faint">{number(hit.score)}</p>
          </div>
        )}
      </div>
    </li>
  );
}

const known = ["code", "documentation", "conversation", "decision", "other"];

export default function Search() {
  const [params, setParams] = useSearchParams();
  const filters = useMemo<SearchFilters>(
    () => ({
      q: params.get("q") ?? "",
      type: params.getAll("type"),
      tag: params.getAll("tag"),
      author: params.get("author") ?? "",
      since: params.get("since") ?? "",
      until: params.get("until") ?? "",
    }),
    [params],
  );
  useTitle(filters.q ? `${filters.q} · Search` : "Search");
  const active = filters.type.length + filters.tag.length + [filters.author, filters.since, filters.until].filter(Boolean).length;
  const [more, setMore] = useState(active > 0);
  const [text, setText] = useState(filters.q);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setText(filters.q), [filters.q]);

  const status = useQuery(queries.status());
  const tags = useQuery(queries.tags());
  const found = useInfiniteQuery({ ...queries.search(filters), placeholderData: (before) => before });
  const change = (to: Partial<SearchFilters>) => {
    const next = { ...filters, ...to };
    const out = new URLSearchParams();
    for (const [name, value] of Object.entries(next)) {
      for (const item of Array.isArray(value) ? value : [value]) if (item) out.append(name, item);
    }
    setParams(out, { replace: to.q === undefined });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change({ q: text.trim() });
  };

  const types = [...new Set([...Object.keys(status.data?.by_type ?? {}), ...filters.type])];
  types.sort((a, b) => (known.indexOf(a) + 1 || 99) - (known.indexOf(b) + 1 || 99) || a.localeCompare(b));
  const first = found.data?.pages[0];
  const hits = found.data?.pages.flatMap((page) => page.contexts) ?? [];
  const best = hits[0]?.score ?? 0;

  return (
    <>
      <PageHead title="Search" />
      <form role="search" onSubmit={submit} className="mb-3 flex gap-2">
        <div className="relative min-w-0 flex-1">
          <SearchIcon size={16} aria-hidden className="absolute top-3 left-3 text-faint" />
          <Input
            ref={field}
            type="text"
            enterKeyHint="search"
            aria-label="Search for"
            autoFocus={typesHere}
            placeholder={'Words, "a phrase", -without'}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className="h-10 pr-9 pl-9 text-base"
          />
          {text && (
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label="Empty the field"
              className="absolute top-1.5 right-1.5"
              onClick={() => {
                change({ q: "" });
                setText("");
                field.current?.focus();
              }}
            >
              <X size={14} />
            </Button>
          )}
        </div>
        <Button type="submit" variant="primary" className="h-10 px-4">
          Search
        </Button>
        <Button className="h-10" aria-expanded={more} aria-controls="filters" onClick={() => setMore(!more)}>
          <SlidersHorizontal size={14} /> <span className="max-sm:sr-only">Filters</span>
          {active > 0 && <Badge tone="accent">{active}</Badge>}
        </Button>
      </form>
      {more && (
        <Card id="filters" className="mb-3 grid gap-4 p-4 sm:grid-cols-2 lg:grid-cols-4">
          <fieldset className="sm:col-span-2 lg:col-span-4">
            <legend className="mb-1 text-xs font-medium text-soft">Type</legend>
            <div className="flex flex-wrap gap-1.5">
              {types.map((type) => {
                const on = filters.type.includes(type);
                return (
                  <Button
                    key={type}
                    size="sm"
                    aria-pressed={on}
                    className="aria-pressed:border-accent aria-pressed:bg-accent-wash aria-pressed:text-accent"
                    onClick={() => change({ type: on ? filters.type.filter((one) => one !== type) : [...filters.type, type] })}
                  >
                    {type}
                  </Button>
                );
              })}
              {types.length === 0 && <span className="text-sm text-faint">No types yet.</span>}
            </div>
          </fieldset>
          <Field label="Tags (all of them)" id="tags">
            <TagInput
              id="tags"
              value={filters.tag}
              onChange={(tag) => change({ tag })}
              suggestions={tags.data?.map((one) => one.tag) ?? []}
              placeholder="any"
            />
          </Field>
          <Field label="Author" id="author">
            <Input id="author" placeholder="anybody" defaultValue={filters.author} key={filters.author} onBlur={(event) => change({ author: event.target.value.trim() })} />
          </Field>
          <Field label="From" id="since">
            <Input id="since" type="date" value={filters.since.slice(0, 10)} onChange={(event) => change({ since: event.target.value })} />
          </Field>
          <Field label="Before" id="until">
            <Input id="until" type="date" value={filters.until.slice(0, 10)} onChange={(event) => change({ until: event.target.value })} />
          </Field>
          {active > 0 && (
            <div className="sm:col-span-2 lg:col-span-4">
              <Button size="sm" variant="ghost" onClick={() => change({ type: [], tag: [], author: "", since: "", until: "" })}>
                <X size={13} /> Clear the filters
              </Button>
            </div>
          )}
        </Card>
      )}
      {found.isError && <Problem error={found.error} doing="The search" retry={() => void found.refetch()} />}
      {!found.isError && (
        <>
          <p role="status" className="mb-2 flex min-h-5 flex-wrap items-center gap-x-2 text-xs text-faint">
            {first && (filters.q ? `${plural(first.total, "context")}${first.more ? " ranked, more match" : ""}, best first` : `${plural(first.total, "context")}, newest first`)}
            {first?.notes.map((note) => <span key={note}>({note})</span>)}
            {found.isFetching && <LoaderCircle size={12} aria-hidden className="animate-spin" />}
          </p>
          <Card className={cx("overflow-hidden transition-opacity", found.isPlaceholderData && "opacity-60")}>
            {found.isPending ? (
              <Skeleton rows={9} />
            ) : hits.length === 0 ? (
              <Empty icon={SearchX} title="Nothing matches">
                {active > 0 ? "Fewer filters find more." : "Other words may find it; all words count, and any of them is enough."}
              </Empty>
            ) : (
              <ol aria-label="Results" className="divide-y divide-line">
                {hits.map((hit) => (
                  <Result key={`${hit.id} ${hit.passage}`} hit={hit} best={best} />
                ))}
              </ol>
            )}
          </Card>
          {found.hasNextPage && (
            <div className="mt-4 text-center">
              <Button disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                {found.isFetchingNextPage ? "Loading…" : "Show more"}
              </Button>
            </div>
          )}
        </>
      )}
    </>
  );
}
