// Tables of a few hundred rows: TanStack Table has the model (columns, order), this has the markup. On a phone the columns
// that matter less are hidden by their class.
import { cx } from "class-variance-authority";
import {
  createColumnHelper, createSortedRowModel, rowSortingFeature, sortFn_alphanumeric, sortFn_basic, tableFeatures, useTable,
  type ColumnDef, type SortingState,
} from "@tanstack/react-table"; // prettier-ignore
import { ArrowDown, ArrowUp } from "lucide-react";

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
});

export const columnsOf = <Row extends object>() => createColumnHelper<typeof features, Row>();
// The helper's columns differ in the type of their values.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Columns<Row extends object> = ColumnDef<typeof features, Row, any>[];

interface DataTableProps<Row extends object> {
  label: string;
  data: Row[];
  columns: Columns<Row>;
  rowId: (row: Row) => string;
  /** Classes of a column's cells, by its id. */
  looks?: Record<string, string>;
  initialOrder?: SortingState;
}

const noOrder: SortingState = [];

export function DataTable<Row extends object>({ label, data, columns, rowId, looks = {}, initialOrder }: DataTableProps<Row>) {
  const table = useTable({
    features, data, columns, getRowId: rowId,
    initialState: { sorting: initialOrder ?? noOrder },
  }); // prettier-ignore
  return (
    <table aria-label={label} className="w-full border-collapse text-sm">
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id} className="border-b border-line">
            {group.headers.map((header) => {
              const order = header.column.getCanSort() ? header.column.getIsSorted() : false;
              const title = header.isPlaceholder ? null : <table.FlexRender header={header} />;
              return (
                <th
                  key={header.id}
                  scope="col"
                  aria-sort={order === "asc" ? "ascending" : order === "desc" ? "descending" : undefined}
                  className={cx("h-9 px-4 text-left text-xs font-medium text-faint", looks[header.column.id])}
                >
                  {header.column.getCanSort() ? (
                    <button type="button" onClick={header.column.getToggleSortingHandler()} className="inline-flex items-center gap-1 hover:text-ink">
                      {title}
                      {order === "asc" && <ArrowUp size={11} aria-hidden />}
                      {order === "desc" && <ArrowDown size={11} aria-hidden />}
                    </button>
                  ) : (
                    title
                  )}
                </th>
              );
            })}
          </tr>
        ))}
      </thead>
      <tbody>
        {table.getRowModel().rows.map((row) => (
          <tr key={row.id} className="border-b border-line last:border-0 hover:bg-hover/50">
            {row.getAllCells().map((cell) => (
              <td key={cell.id} className={cx("h-11 px-4 py-1.5", looks[cell.column.id])}>
                <table.FlexRender cell={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
