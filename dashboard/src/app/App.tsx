import { LoaderCircle, ServerOff } from "lucide-react";
import { lazy, Suspense } from "react";
import { Route, Routes } from "react-router";
import { Empty, Skeleton } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { LiveProvider } from "./live.tsx";
import { useSession } from "./session.tsx";
import { Shell } from "./Shell.tsx";
import { SignIn } from "./SignIn.tsx";

const Overview = lazy(() => import("../pages/Overview.tsx"));
const Search = lazy(() => import("../pages/Search.tsx"));
const Commit = lazy(() => import("../pages/Commit.tsx"));
const ContextPage = lazy(() => import("../pages/context/Context.tsx"));
const History = lazy(() => import("../pages/History.tsx"));
const Tags = lazy(() => import("../pages/Tags.tsx"));
const Connect = lazy(() => import("../pages/Connect.tsx"));
const Tokens = lazy(() => import("../pages/Tokens.tsx"));
const Audit = lazy(() => import("../pages/Audit.tsx"));
const Health = lazy(() => import("../pages/Health.tsx"));
const NotFound = lazy(() => import("../pages/NotFound.tsx"));

export function App() {
  const { state, ask } = useSession();
  if (state === "asking") {
    return (
      <main className="flex h-full items-center justify-center text-faint">
        <h1 className="sr-only">OpenMCP</h1>
        <LoaderCircle size={20} aria-label="Loading" role="status" className="animate-spin" />
      </main>
    );
  }
  if (state === "unreachable") {
    return (
      <main className="flex h-full items-center justify-center">
        <div>
          <h1 className="sr-only">OpenMCP</h1>
          <Empty icon={ServerOff} title="The server does not answer">
            <p>
              Check that <code className="font-mono">openmcp serve</code> is running on this address, then try again.
            </p>
            <Button className="mt-4" onClick={ask}>
              Try again
            </Button>
          </Empty>
        </div>
      </main>
    );
  }
  if (state === "out") return <SignIn />;
  return (
    <LiveProvider>
      <Shell>
        <Suspense fallback={<Skeleton />}>
          <Routes>
            <Route path="/" element={<Overview />} />
            <Route path="/search" element={<Search />} />
            <Route path="/commit" element={<Commit />} />
            <Route path="/contexts/:id" element={<ContextPage />} />
            <Route path="/history" element={<History />} />
            <Route path="/tags" element={<Tags />} />
            <Route path="/connect" element={<Connect />} />
            <Route path="/tokens" element={<Tokens />} />
            <Route path="/audit" element={<Audit />} />
            <Route path="/health" element={<Health />} />
            <Route path="*" element={<NotFound />} />
          </Routes>
        </Suspense>
      </Shell>
    </LiveProvider>
  );
}
