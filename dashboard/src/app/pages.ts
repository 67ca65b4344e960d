// The pages, once: for the router, the navigation, the command palette and the shortcuts. The server answers the same
// paths with this page (src/api/web/web.cpp).
import {
  Activity, FilePlus2, History, KeyRound, LayoutDashboard, Plug, ScrollText, Search, Tags,
} from "lucide-react"; // prettier-ignore
import type { Role } from "../lib/types.ts";

export interface Page {
  path: string;
  name: string;
  icon: typeof Activity;
  /** The second key behind "g". */
  go: string;
  needs: Role;
  group: "work" | "server";
}

export const pages: Page[] = [
  { path: "/", name: "Overview", icon: LayoutDashboard, go: "o", needs: "reader", group: "work" },
  { path: "/search", name: "Search", icon: Search, go: "s", needs: "reader", group: "work" },
  { path: "/commit", name: "New context", icon: FilePlus2, go: "n", needs: "writer", group: "work" },
  { path: "/history", name: "History", icon: History, go: "h", needs: "reader", group: "work" },
  { path: "/tags", name: "Tags", icon: Tags, go: "t", needs: "reader", group: "work" },
  { path: "/connect", name: "Connect a client", icon: Plug, go: "c", needs: "reader", group: "server" },
  { path: "/tokens", name: "Tokens", icon: KeyRound, go: "k", needs: "admin", group: "server" },
  { path: "/audit", name: "Audit log", icon: ScrollText, go: "a", needs: "admin", group: "server" },
  { path: "/health", name: "Health", icon: Activity, go: "e", needs: "reader", group: "server" },
];
