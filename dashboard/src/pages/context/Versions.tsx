import { useQuery } from "@tanstack/react-query";
import { GitCompare, RotateCcw, ShieldAlert, ShieldCheck, ShieldQuestion } from "lucide-react";
import { useState } from "react";
import { useMay } from "../../app/session.tsx";
import { authorName, bytes } from "../../lib/format.ts";
import { queries } from "../../lib/queries.ts";
import type { Context, Proof } from "../../lib/types.ts";
import { Badge, Card, Cid, Skeleton, Time } from "../../ui/bits.tsx";
import { Button } from "../../ui/button.tsx";
import { Problem } from "../../ui/notice.tsx";
import { Tip } from "../../ui/tip.tsx";

const proofs: Record<Proof, { icon: typeof ShieldCheck; colour: string; text: string }> = {
  valid: { icon: ShieldCheck, colour: "text-good", text: "Signed, and the signature holds" },
  invalid: { icon: ShieldAlert, colour: "text-bad", text: "The signature does not hold" },
  missing: { icon: ShieldQuestion, colour: "text-warn", text: "Not signed" },
};

export function ProofIcon({ proof }: { proof: Proof }) {
  const { icon: Icon, colour, text } = proofs[proof];
  return (
    <Tip text={text}>
      <span tabIndex={0} role="img" aria-label={text} className={colour}>
        <Icon size={14} aria-hidden />
      </span>
    </Tip>
  );
}

interface VersionsProps {
  context: Context;
  onShow: (version: string) => void;
  onRestore: (version: string) => void;
  onCompare: (from: string, to: string) => void;
}

export function Versions({ context, onShow, onRestore, onCompare }: VersionsProps) {
  const versions = useQuery(queries.versions(context.id));
  const [chosen, setChosen] = useState<string[]>([]);
  const may = useMay("writer");
  if (versions.isPending) return <Skeleton />;
  if (versions.isError) return <Problem error={versions.error} doing="Reading the versions" retry={() => void versions.refetch()} />;
  const number = (cid: string) => versions.data.find((one) => one.version === cid)?.number ?? 0;
  const pair = [...chosen].sort((a, b) => number(a) - number(b));
  return (
    <>
      <div className="mb-3 flex min-h-8 items-center justify-between gap-3">
        <p className="text-xs text-faint">Newest first. Mark two to compare them.</p>
        <Button size="sm" disabled={chosen.length !== 2} onClick={() => onCompare(pair[0]!, pair[1]!)}>
          <GitCompare size={13} /> Compare{chosen.length === 2 && ` v${number(pair[0]!)} with v${number(pair[1]!)}`}
        </Button>
      </div>
      <Card className="overflow-hidden">
        <ol aria-label="Versions" className="divide-y divide-line">
          {versions.data.map((version) => (
            <li key={version.version} className="flex items-center gap-3 px-4 py-2.5 hover:bg-hover/50">
              <input
                type="checkbox"
                aria-label={`Mark version ${version.number}`}
                checked={chosen.includes(version.version)}
                onChange={(event) =>
                  setChosen((all) => (event.target.checked ? [...all, version.version].slice(-2) : all.filter((one) => one !== version.version)))
                }
                className="size-3.5 accent-accent-fill"
              />
              <div className="min-w-0 flex-1">
                <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
                  <button type="button" data-row onClick={() => onShow(version.version)} className="font-medium hover:text-accent">
                    Version {version.number}
                  </button>
                  {version.head && <Badge tone="accent">{context.heads.length > 1 ? "head" : "current"}</Badge>}
                  {version.parents.length > 1 && <Badge>merge</Badge>}
                  <ProofIcon proof={version.proof} />
                </p>
                {version.message && <p className="clip-words text-sm text-soft">{version.message}</p>}
                <p className="flex flex-wrap items-center gap-x-2 text-xs text-faint">
                  <Time value={version.time} /> <span>{authorName(version.author)}</span> <span>{bytes(version.size)}</span>
                  <Cid value={version.version} label={`the CID of version ${version.number}`} />
                </p>
              </div>
              {may && !version.head && (
                <Button variant="ghost" size="sm" onClick={() => onRestore(version.version)}>
                  <RotateCcw size={13} /> <span className="max-sm:sr-only">Restore</span>
                </Button>
              )}
            </li>
          ))}
        </ol>
      </Card>
    </>
  );
}
