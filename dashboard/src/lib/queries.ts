// What the pages ask, by name: one place for keys, so that an event knows what it makes stale.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { query, request } from "./api.ts";
import type {
  AuditPage, Context, ContextPage, Graph, Health, SearchPage, Status, TagCount, Token, Version, VersionDiff,
} from "./types.ts"; // prettier-ignore

export interface SearchFilters {
  q: string;
  type: string[];
  tag: string[];
  author: string;
  since: string;
  until: string;
}

export interface ListFilters {
  type: string[];
  diverged: boolean;
}

const id = encodeURIComponent;

export const queries = {
  status: () => queryOptions({ queryKey: ["status"], queryFn: ({ signal }) => request<Status>("/server/status", { signal }) }),
  health: () =>
    queryOptions({ queryKey: ["health"], queryFn: ({ signal }) => request<Health>("/server/health", { signal }), refetchInterval: 10_000 }),
  context: (of: string) =>
    queryOptions({ queryKey: ["context", of], queryFn: ({ signal }) => request<Context>(`/contexts/${id(of)}`, { signal }) }),
  versions: (of: string) =>
    queryOptions({
      queryKey: ["context", of, "versions"],
      queryFn: async ({ signal }) => (await request<{ versions: Version[] }>(`/contexts/${id(of)}/versions?limit=1000`, { signal })).versions,
    }),
  version: (of: string, version: string) =>
    queryOptions({
      queryKey: ["version", of, version],
      queryFn: ({ signal }) =>
        request<Version & { content: string | null; content_omitted?: string }>(`/contexts/${id(of)}/versions/${id(version)}`, { signal }),
      staleTime: Infinity,
    }),
  diff: (of: string, from: string, to: string) =>
    queryOptions({
      queryKey: ["diff", of, from, to],
      queryFn: ({ signal }) => request<VersionDiff>(`/contexts/${id(of)}/diff${query({ from, to })}`, { signal }),
      staleTime: Infinity, // Versions do not change.
    }),
  graph: (of: string, depth: number) =>
    queryOptions({
      queryKey: ["context", of, "graph", depth],
      queryFn: ({ signal }) => request<Graph>(`/contexts/${id(of)}/graph?depth=${depth}`, { signal }),
    }),
  tags: () =>
    queryOptions({ queryKey: ["tags"], queryFn: async ({ signal }) => (await request<{ tags: TagCount[] }>("/tags", { signal })).tags }),
  tokens: () =>
    queryOptions({ queryKey: ["tokens"], queryFn: async ({ signal }) => (await request<{ tokens: Token[] }>("/tokens", { signal })).tokens }),
  list: (filters: ListFilters) =>
    infiniteQueryOptions({
      queryKey: ["contexts", "list", filters],
      queryFn: ({ pageParam, signal }) =>
        request<ContextPage>(
          `/contexts${query({ limit: 100, cursor: pageParam, type: filters.type, diverged: filters.diverged || undefined })}`,
          { signal },
        ),
      initialPageParam: "",
      getNextPageParam: (page) => page.next || undefined,
    }),
  recent: () =>
    queryOptions({ queryKey: ["contexts", "recent"], queryFn: ({ signal }) => request<ContextPage>("/contexts?limit=12", { signal }) }),
  search: (filters: SearchFilters) =>
    infiniteQueryOptions({
      queryKey: ["contexts", "search", filters],
      queryFn: ({ pageParam, signal }) =>
        request<SearchPage>(
          `/search${query({
            q: filters.q, type: filters.type, tag: filters.tag, author: filters.author, since: filters.since, until: filters.until,
            limit: 20, cursor: pageParam, explain: true,
          })}`, // prettier-ignore
          { signal },
        ),
      initialPageParam: "",
      getNextPageParam: (page) => page.next || undefined,
    }),
  audit: () =>
    infiniteQueryOptions({
      queryKey: ["audit"],
      queryFn: ({ pageParam, signal }) => request<AuditPage>(`/audit${query({ before: pageParam || undefined, limit: 100 })}`, { signal }),
      initialPageParam: 0,
      getNextPageParam: (page) => page.next || undefined,
    }),
};
