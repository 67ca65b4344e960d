import { cx } from "class-variance-authority";
import { useQuery } from "@tanstack/react-query";
import { CircleHelp, LogOut, Menu as MenuIcon, Monitor, Moon, Search, Sun } from "lucide-react";
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { NavLink, useLocation, useNavigate } from "react-router";
import { queries } from "../lib/queries.ts";
import { Button } from "../ui/button.tsx";
import { Kbd } from "../ui/bits.tsx";
import { Sheet } from "../ui/dialog.tsx";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "../ui/menu.tsx";
import { Tip } from "../ui/tip.tsx";
import { useToast } from "../ui/toast.tsx";
import { CommandPalette } from "./CommandPalette.tsx";
import { useLive } from "./live.tsx";
import { Logo } from "./Logo.tsx";
import { pages, type Page } from "./pages.ts";
import { useMay, useSession } from "./session.tsx";
import { Shortcuts } from "./Shortcuts.tsx";
import { isDark, setTheme, useTheme } from "./theme.ts";
import { onMac, useKeys } from "./keys.ts";

function LiveDot() {
  const { state } = useLive();
  const [text, colour] = {
    live: ["Live: changes appear by themselves", "bg-good"] as const,
    connecting: ["Connecting…", "bg-line-strong"] as const,
    lost: ["No connection to the server; trying again", "bg-bad"] as const,
  }[state];
  return (
    <span role="status" className="inline-flex items-center gap-1.5 text-xs text-soft">
      <span aria-hidden className={cx("size-1.5 rounded-full", colour)} />
      <span className="sr-only">{text}</span>
      <span aria-hidden>{state === "live" ? "Live" : state === "lost" ? "Reconnecting" : "…"}</span>
    </span>
  );
}

function ThemeMenu() {
  const theme = useTheme();
  const Icon = theme === "system" ? Monitor : theme === "dark" ? Moon : Sun;
  return (
    <Menu
      align="start"
      trigger={
        <Button variant="ghost" size="icon-sm" aria-label={`Theme: ${theme}`}>
          <Icon size={15} />
        </Button>
      }
    >
      <MenuItem onSelect={() => setTheme("system")}>
        <Monitor size={14} /> As the system
      </MenuItem>
      <MenuItem onSelect={() => setTheme("light")}>
        <Sun size={14} /> Light
      </MenuItem>
      <MenuItem onSelect={() => setTheme("dark")}>
        <Moon size={14} /> Dark
      </MenuItem>
    </Menu>
  );
}

function NavItem({ page, onGo }: { page: Page; onGo: () => void }) {
  const may = useMay(page.needs);
  if (!may) return null;
  const Icon = page.icon;
  return (
    <li>
      <NavLink
        to={page.path}
        end={page.path === "/"}
        onClick={onGo}
        className={({ isActive }) =>
          cx(
            "flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm",
            isActive ? "bg-hover font-medium text-ink" : "text-soft hover:bg-hover hover:text-ink",
          )
        }
      >
        {({ isActive }) => (
          <>
            <Icon size={15} aria-hidden className={isActive ? "text-accent" : "text-faint"} />
            {page.name}
          </>
        )}
      </NavLink>
    </li>
  );
}

interface SidebarProps {
  onSearch: () => void;
  onHelp: () => void;
  onGo: () => void;
}

function Sidebar({ onSearch, onHelp, onGo }: SidebarProps) {
  const { session, signOut } = useSession();
  const status = useQuery(queries.status());
  const toast = useToast();
  const leave = () => void signOut().catch((error: unknown) => toast.failed("Signing out", error));
  return (
    <div className="flex h-full flex-col">
      <div className="flex h-14 items-center gap-2.5 px-4">
        <Logo />
        <div className="min-w-0 flex-1 leading-tight">
          <p className="font-semibold tracking-tight">OpenMCP</p>
          <p className="truncate text-xs text-faint">{status.data?.workspace ?? "\u00a0"}</p>
        </div>
        <LiveDot />
      </div>
      <div className="px-3 pb-3">
        <button
          type="button"
          onClick={onSearch}
          className="flex h-8 w-full items-center gap-2 rounded-md border border-line-strong/70 bg-raised px-2.5 text-sm text-faint hover:border-line-strong"
        >
          <Search size={14} aria-hidden /> Find or do…
          <span aria-hidden className="ml-auto flex gap-0.5">
            <Kbd>{onMac ? "⌘" : "Ctrl"}</Kbd>
            <Kbd>K</Kbd>
          </span>
        </button>
      </div>
      <nav aria-label="Pages" className="flex-1 overflow-y-auto px-3 pb-3">
        <ul className="space-y-px">
          {pages.filter((page) => page.group === "work").map((page) => <NavItem key={page.path} page={page} onGo={onGo} />)}
        </ul>
        <p id="nav-server" className="mt-5 mb-1 px-2.5 text-xs font-medium text-faint">
          Server
        </p>
        <ul aria-labelledby="nav-server" className="space-y-px">
          {pages.filter((page) => page.group === "server").map((page) => <NavItem key={page.path} page={page} onGo={onGo} />)}
        </ul>
      </nav>
      <div className="flex items-center gap-0.5 border-t border-line p-2">
        <Menu
          align="start"
          trigger={
            <Button variant="ghost" className="min-w-0 flex-1 justify-start px-2">
              <span aria-hidden className="flex size-5 items-center justify-center rounded-full bg-accent-wash text-2xs font-semibold text-accent">
                {(session?.name ?? "?").slice(0, 1).toUpperCase()}
              </span>
              <span className="truncate">{session?.name}</span>
              <span className="text-xs font-normal text-faint">{session?.role}</span>
            </Button>
          }
        >
          <MenuLabel>Signed in with the token “{session?.name}”</MenuLabel>
          <MenuSeparator />
          <MenuItem onSelect={leave}>
            <LogOut size={14} /> Sign out
          </MenuItem>
        </Menu>
        <ThemeMenu />
        <Tip text="Keyboard shortcuts" keys="?">
          <Button variant="ghost" size="icon-sm" aria-label="Keyboard shortcuts" onClick={onHelp}>
            <CircleHelp size={15} />
          </Button>
        </Tip>
      </div>
    </div>
  );
}

export function Shell({ children }: { children: ReactNode }) {
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const [nav, setNav] = useState(false);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const came = useRef(false);
  const mayWrite = useMay("writer");
  const mayAdmin = useMay("admin");

  // A new page: to its top, and the reader to its heading. Not on the first, where the browser does it.
  useEffect(() => {
    main.current?.scrollTo(0, 0);
    if (!came.current) {
      came.current = true;
      return;
    }
    let tries = 0;
    const focus = () => {
      const heading = main.current?.querySelector("h1");
      const active = document.activeElement;
      // A page that puts the focus into its own field knows better.
      if (heading && active !== main.current && main.current?.contains(active)) return;
      if (heading) heading.focus({ preventScroll: true });
      else if (++tries < 40) timer = setTimeout(focus, 25);
    };
    let timer = setTimeout(focus, 0);
    return () => clearTimeout(timer);
  }, [pathname]);

  const go = useCallback(
    (second: string) => {
      const page = pages.find((one) => one.go === second);
      if (!page || (page.needs === "writer" && !mayWrite) || (page.needs === "admin" && !mayAdmin)) return;
      void navigate(page.path);
    },
    [navigate, mayWrite, mayAdmin],
  );
  useKeys({
    palette: () => setPalette(true),
    help: () => setHelp(true),
    create: () => go("n"),
    theme: () => setTheme(isDark() ? "light" : "dark"),
    go,
    row: (step) => {
      const rows = [...(main.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
      const at = rows.findIndex((row) => row === document.activeElement);
      rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)]?.focus();
    },
  });

  const sidebar = (
    <Sidebar
      onSearch={() => {
        setNav(false);
        setPalette(true);
      }}
      onHelp={() => {
        setNav(false);
        setHelp(true);
      }}
      onGo={() => setNav(false)}
    />
  );
  return (
    <div className="flex h-full flex-col md:flex-row">
      <a
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-accent-fill focus:px-3 focus:py-2 focus:text-white"
      >
        Skip to the content
      </a>
      <aside aria-label="Navigation" className="hidden w-60 shrink-0 border-r border-line bg-panel md:block">
        {sidebar}
      </aside>
      <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line bg-panel px-2 md:hidden">
        <Button variant="ghost" size="icon" aria-label="Navigation" onClick={() => setNav(true)}>
          <MenuIcon size={18} />
        </Button>
        <Logo size={22} />
        <span className="font-semibold tracking-tight">OpenMCP</span>
        <Button variant="ghost" size="icon" aria-label="Find or do" onClick={() => setPalette(true)} className="ml-auto">
          <Search size={17} />
        </Button>
      </header>
      <Sheet open={nav} onOpenChange={setNav} title="Navigation">
        {sidebar}
      </Sheet>
      <main id="main" ref={main} tabIndex={-1} data-quiet-focus className="min-h-0 min-w-0 flex-1 overflow-y-auto outline-none">
        <div className="mx-auto max-w-6xl px-4 py-5 sm:px-6 sm:py-7">{children}</div>
      </main>
      <CommandPalette open={palette} onOpenChange={setPalette} onHelp={() => setHelp(true)} />
      <Shortcuts open={help} onOpenChange={setHelp} />
    </div>
  );
}
