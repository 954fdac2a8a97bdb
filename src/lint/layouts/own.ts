import { type PlacedFile, placeFiles } from '../../sql/index.ts';
import type { FolderView, NameFinding, Placement } from './layout.ts';
import { orderInRelease, padNumber } from './order.ts';

/** Reads both of Onward's own layouts, with the words that the migration engine has for what is wrong. */
export function placeOwn(folder: FolderView): {
  readonly placements: readonly Placement[];
  readonly findings: readonly NameFinding[];
} {
  const entries = folder.paths.map((path) => ({ path, kind: 'file' as const, executable: false, bytes: 0 }));
  const { files, findings } = placeFiles(entries);
  // Double numbers are looked for in all layouts alike.
  const told = findings.filter(({ code }) => code !== 'migrate.duplicate-number');
  return {
    placements: files.map(toPlacement),
    findings: told.map(({ code, severity, message, position, hint }) => ({
      rule: code.slice('migrate.'.length),
      severity: severity === 'error' ? 'error' : 'warning',
      path: position?.file ?? '',
      message,
      help: hint ?? 'Remove it, or say what it does in a new migration.',
    })),
  };
}

function toPlacement(file: PlacedFile): Placement {
  const { path, database = '', version: release, phase, sequence, isNotx } = file;
  const order = phase === undefined ? padNumber(String(sequence)) : orderInRelease(release, phase, sequence);
  return { path, database, release, phase, order, isNotx };
}
