// What happens in the workspace, as it happens. An event makes the answers stale that it could have changed.
import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { request } from "../lib/api.ts";
import type { ServerEvent } from "../lib/types.ts";

export type LiveState = "connecting" | "live" | "lost";

interface Live {
  state: LiveState;
  /** Newest first, of this visit. */
  events: ServerEvent[];
}

const Context = createContext<Live>({ state: "connecting", events: [] });
export const useLive = () => useContext(Context);

const kinds = ["committed", "forgotten", "imported", "pins"];
const kept = 50;

export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>("connecting");
  const [events, setEvents] = useState<ServerEvent[]>([]);

  useEffect(() => {
    let source: EventSource | null = null;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let settle: ReturnType<typeof setTimeout> | undefined;
    let wasLost = false;
    const stale = new Set<string>();

    // Many events at once (an import) ask the server once.
    const refresh = () => {
      settle = undefined;
      const ids = [...stale];
      stale.clear();
      for (const key of ["status", "contexts", "tags"]) void client.invalidateQueries({ queryKey: [key] });
      for (const id of ids) void client.invalidateQueries({ queryKey: ["context", id] });
    };
    const arrived = (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as ServerEvent;
      setEvents((all) => [event, ...all.filter((one) => one.seq !== event.seq)].slice(0, kept));
      if (event.id) stale.add(event.id);
      settle ??= setTimeout(refresh, 250);
    };
    const connect = () => {
      source = new EventSource("/api/v1/events");
      source.onopen = () => {
        setState("live");
        // What happened meanwhile was not heard.
        if (wasLost) void client.invalidateQueries();
        wasLost = false;
      };
      source.onerror = () => {
        setState("lost");
        wasLost = true;
        if (source?.readyState !== EventSource.CLOSED) return; // It tries again by itself.
        retry = setTimeout(() => {
          // Refused, not cut: when the session is over this request says so, and the sign-in form comes.
          request("/session").then(connect, () => {
            retry = setTimeout(connect, 5000);
          });
        }, 2000);
      };
      for (const kind of kinds) source.addEventListener(kind, arrived);
    };
    connect();
    return () => {
      source?.close();
      clearTimeout(retry);
      clearTimeout(settle);
    };
  }, [client]);

  const live = useMemo(() => ({ state, events }), [state, events]);
  return <Context.Provider value={live}>{children}</Context.Provider>;
}
