/* Tables as files for spreadsheets (RFC 4180). */

export type Cell = string | number | null;

/* Labels are untrusted: a spreadsheet must not read one as a formula. */
const harmless = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

function showCell(cell: Cell): string {
  if (cell === null || (typeof cell === 'number' && !Number.isFinite(cell)))
    return '';
  const text = typeof cell === 'number' ? String(cell) : harmless(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export const writeCsv = (rows: readonly (readonly Cell[])[]): string =>
  rows.map((row) => `${row.map(showCell).join(',')}\r\n`).join('');

/* Downloads the rows as a file. */
export function download(name: string, rows: readonly (readonly Cell[])[]): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([writeCsv(rows)], { type: 'text/csv;charset=utf-8' }));
  link.download = `${name}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
