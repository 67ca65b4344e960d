import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { GitMerge } from "lucide-react";
import { useState, type FormEvent } from "react";
import { request } from "../../lib/api.ts";
import { authorName, bytes } from "../../lib/format.ts";
import { queries } from "../../lib/queries.ts";
import type { CommitResult, Context } from "../../lib/types.ts";
import { Time } from "../../ui/bits.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Problem } from "../../ui/notice.tsx";
import { useToast } from "../../ui/toast.tsx";

interface MergeProps {
  context: Context;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function Merge({ context, open, onOpenChange }: MergeProps) {
  const [prefer, setPrefer] = useState("");
  const [message, setMessage] = useState("");
  const versions = useQuery({ ...queries.versions(context.id), enabled: open });
  const client = useQueryClient();
  const toast = useToast();
  const merge = useMutation({
    mutationFn: () =>
      request<CommitResult>(`/contexts/${context.id}/merge`, {
        method: "POST",
        body: { prefer: prefer || context.heads[0], message: message.trim() || undefined },
      }),
    onSuccess: (done) => {
      const decided = done.conflicts?.length ? `The chosen side decided: ${done.conflicts.join(", ")}.` : "";
      toast.done(`Merged as version ${done.number}`, decided);
      onOpenChange(false);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["context", context.id] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    merge.mutate();
  };
  const heads = context.heads.map((cid) => versions.data?.find((one) => one.version === cid)).filter((one) => one !== undefined);
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Merge the newest versions"
      description="Tags and relations of all are joined, and fields that only one changed keep that change. Where they differ, the one you choose decides."
    >
      <form onSubmit={submit} className="space-y-4 overflow-y-auto px-5 pt-3 pb-5">
        <fieldset>
          <legend className="mb-1 text-xs font-medium text-soft">Where they differ, take</legend>
          <div className="divide-y divide-line rounded-lg border border-line">
            {heads.map((head, at) => (
              <label key={head.version} className="flex cursor-pointer items-start gap-2.5 px-3 py-2 text-sm">
                <input
                  type="radio"
                  name="prefer"
                  className="mt-1 accent-accent-fill"
                  checked={prefer ? prefer === head.version : at === 0}
                  onChange={() => setPrefer(head.version)}
                />
                <span className="min-w-0">
                  <span className="font-medium">
                    Version {head.number}: {head.title || "Untitled"}
                  </span>
                  <span className="block text-xs text-faint">
                    <Time value={head.time} /> by {authorName(head.author)}, {bytes(head.size)}
                    {head.message && <> “{head.message}”</>}
                  </span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        <Field label="Message" id="merge-message">
          <Input id="merge-message" value={message} onChange={(event) => setMessage(event.target.value)} />
        </Field>
        {merge.isError && <Problem error={merge.error} doing="Merging" />}
        <div className="flex justify-end gap-2">
          <Button variant="ghost" onClick={() => onOpenChange(false)}>
            Cancel
          </Button>
          <Button type="submit" variant="primary" disabled={merge.isPending || heads.length < 2}>
            <GitMerge size={14} /> Merge
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
