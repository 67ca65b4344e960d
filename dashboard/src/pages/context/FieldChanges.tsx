import { fieldRows } from "../../lib/fields.ts";
import { Card } from "../../ui/bits.tsx";

export function FieldChanges({ fields }: { fields: Record<string, unknown> }) {
  const rows = fieldRows(fields);
  if (rows.length === 0) return null;
  return (
    <Card className="overflow-x-auto">
      <table aria-label="Fields that differ" className="w-full text-sm">
        <tbody>
          {rows.map((row) => (
            <tr key={row.name} className="border-b border-line align-top last:border-0">
              <th scope="row" className="w-40 px-4 py-2 text-left text-xs font-medium text-faint">
                {row.name.replace("_", " ")}
              </th>
              <td className="clip-words px-4 py-2">
                {row.before && <del className="rounded-xs bg-cut-mark px-1 no-underline">{row.before}</del>}{" "}
                {row.after && <ins className="rounded-xs bg-add-mark px-1 no-underline">{row.after}</ins>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
