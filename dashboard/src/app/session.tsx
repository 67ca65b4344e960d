import { useQueryClient } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { ApiError, rememberSession, request, whenSignedOut } from "../lib/api.ts";
import type { Role, Session } from "../lib/types.ts";

interface Held {
  session: Session | null;
  /** "asking": nobody knows yet whether there is a session. */
  state: "asking" | "in" | "out" | "unreachable";
  /** Why the sign-in form is shown when there was a session or a token before. */
  reason: string;
  signIn: (secret: string) => Promise<void>;
  signOut: () => Promise<void>;
  ask: () => void;
}

const Context = createContext<Held | null>(null);

export function useSession(): Held {
  const held = useContext(Context);
  if (!held) throw new Error("useSession outside SessionProvider");
  return held;
}

const order: Role[] = ["reader", "writer", "admin"];

/** Whether the session's role includes this one. */
export function useMay(role: Role): boolean {
  const { session } = useSession();
  return session !== null && order.indexOf(session.role) >= order.indexOf(role);
}

/** "/#token=<secret>" signs in. The secret leaves the address bar and the history before anything else happens. */
function takeToken(): string | null {
  const given = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (!given) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  try {
    return decodeURIComponent(given);
  } catch {
    return given;
  }
}
const opened = takeToken();

export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session | null>(null);
  const [state, setState] = useState<Held["state"]>("asking");
  const [reason, setReason] = useState("");
  const client = useQueryClient();
  const first = useRef(opened);
  const known = useRef(false);

  const accept = useCallback((given: Session) => {
    rememberSession(given);
    known.current = true;
    setSession(given);
    setReason("");
    setState("in");
  }, []);

  const leave = useCallback(
    (why: string) => {
      rememberSession(null);
      known.current = false;
      setSession(null);
      setReason(why);
      setState("out");
      client.clear();
    },
    [client],
  );

  const signIn = useCallback(
    async (given: string) => accept(await request<Session>("/session", { method: "POST", body: { token: given }, quiet: true })),
    [accept],
  );

  const ask = useCallback(() => {
    const token = first.current;
    first.current = null;
    setState("asking");
    const answer = token ? signIn(token) : request<Session>("/session", { quiet: true }).then(accept);
    answer.catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401) leave(token ? `The token in the link was refused: ${error.message}` : "");
      else if (error instanceof ApiError && error.status === 0) setState("unreachable");
      else leave(error instanceof Error ? error.message : String(error));
    });
  }, [accept, leave, signIn]);

  useEffect(() => {
    whenSignedOut(() => {
      if (known.current) leave("Your session has ended: the server was started again, or the token expired or was revoked.");
    });
    ask();
    // The link opened in a tab that has the page already: only the fragment changes.
    const changed = () => {
      const token = takeToken();
      if (!token) return;
      first.current = token;
      ask();
    };
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, [ask, leave]);

  const signOut = useCallback(async () => {
    await request("/session", { method: "DELETE", quiet: true }).catch((error: unknown) => {
      // Already over is what was wanted.
      if (!(error instanceof ApiError && error.status === 401)) throw error;
    });
    leave("");
  }, [leave]);

  const held = useMemo(() => ({ session, state, reason, signIn, signOut, ask }), [session, state, reason, signIn, signOut, ask]);
  return <Context.Provider value={held}>{children}</Context.Provider>;
}
