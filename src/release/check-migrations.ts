import { compareVersions, type Finding, type MigrationRef, parseVersion, type Release } from '../model/index.ts';
import { bytesOf } from './document.ts';
import type { Product } from './product.ts';
import type { ReleaseDetails } from './release-details.ts';
import type { MigrationFile } from './source.ts';

export interface MigrationCheck {
  readonly version: string;
  readonly product: Pick<Product, 'databases'>;
  /** Earlier releases, the predecessor first. */
  readonly history: readonly Release[];
  /** The published release that deployments of this one go to next, when this one is a fix for an older line. */
  readonly successor?: Release | undefined;
  readonly details: Pick<ReleaseDetails, 'lateMigrations'>;
  readonly files: readonly MigrationFile[];
}

/**
 * The migrations that a release lists, and what speaks against them. A release lists every file of the releases below it: what was
 * shipped stays, with the same meaning, and a new file comes behind it unless the release declares it as late.
 */
export function checkMigrations(check: MigrationCheck): {
  readonly refs: readonly MigrationRef[];
  readonly findings: readonly Finding[];
} {
  const shipped = listShipped(check.history);
  const findings: Finding[] = [];
  const refs = check.files.map((file) => {
    findings.push(...checkFile(check, file));
    const before = shipped.get(keyOf(file));
    if (before) findings.push(...checkShipped(file, before));
    else findings.push(...checkNew(check, file, shipped), ...checkSuccessor(check, file));
    return toRef(check, file, before);
  });
  const listed = new Set(check.files.map(keyOf));
  for (const [key, before] of shipped) if (!listed.has(key)) findings.push(vanished(before));
  for (const path of check.details.lateMigrations) {
    if (!check.files.some((file) => file.path === path)) findings.push(unknownLate(path, check.version));
  }
  return { refs, findings };
}

interface Shipped extends MigrationRef {
  /** The newest release known to list it. */
  readonly shippedIn: string;
}

function listShipped(history: readonly Release[]): ReadonlyMap<string, Shipped> {
  const shipped = new Map<string, Shipped>();
  for (const release of history) {
    for (const ref of release.migrations) {
      if (!shipped.has(keyOf(ref))) shipped.set(keyOf(ref), { ...ref, shippedIn: release.version });
    }
  }
  return shipped;
}

function keyOf({ database, path }: Pick<MigrationRef, 'database' | 'path'>): string {
  return `${database}\n${path}`;
}

function toRef({ version, details }: MigrationCheck, file: MigrationFile, before: Shipped | undefined): MigrationRef {
  const { text: _, late: _late, ...ref } = file;
  const isLate = before?.late ?? details.lateMigrations.includes(file.path);
  return { ...ref, version: file.version || before?.version || version, ...(isLate ? { late: true } : {}) };
}

function checkFile({ product }: MigrationCheck, file: MigrationFile): readonly Finding[] {
  const findings: Finding[] = [];
  const names = product.databases.map((database) => database.name);
  if (!names.includes(file.database)) {
    findings.push(
      refuse('release.unknown-database', file.path, {
        message: `it is for database "${file.database}", which product.yaml does not have`,
        hint: `Add ${file.database} under \`databases\` in product.yaml, or move the file.`,
      }),
    );
  }
  if (!bytesOf(file.text, file.checksum)) {
    findings.push(
      refuse('release.not-text', file.path, {
        message: 'it is not UTF-8 text, or it changed while it was read',
        hint: 'Save it as UTF-8, then build again.',
      }),
    );
  }
  return findings;
}

function checkShipped(file: MigrationFile, before: Shipped): readonly Finding[] {
  if (file.fingerprint !== before.fingerprint || file.phase !== before.phase) {
    const change = file.phase === before.phase ? 'other SQL' : `phase ${file.phase} instead of ${before.phase}`;
    return [
      refuse('release.edited-migration', file.path, {
        message: `${before.shippedIn} shipped it, and now it has ${change}; databases that applied it would differ from new ones`,
        hint: 'Restore the file as it was shipped, and make the change in a new migration.',
      }),
    ];
  }
  if (file.checksum === before.checksum) return [];
  const message = `its text differs from what ${before.shippedIn} shipped, but not its meaning; the new text is listed`;
  return [{ code: 'release.cosmetic-edit', severity: 'info', message, position: { file: file.path } }];
}

function checkNew(
  check: MigrationCheck,
  file: MigrationFile,
  shipped: ReadonlyMap<string, Shipped>,
): readonly Finding[] {
  const { version, history, details } = check;
  if (file.version !== '' && compareVersions(file.version, finalOf(version)) > 0) {
    return [
      refuse('release.newer-migration', file.path, {
        message: `it stands in the folder of ${file.version}, which is newer than ${version}`,
        hint: `Build ${file.version}, or move the file to the folder of ${version}.`,
      }),
    ];
  }
  if (details.lateMigrations.includes(file.path)) return [];
  const [predecessor] = history;
  const next = [...shipped.values()].find((before) => sortsBefore(file, before));
  const isFolderClosed = predecessor && file.version !== '' && compareVersions(file.version, predecessor.version) <= 0;
  if (!next && !isFolderClosed) return [];
  const why = next
    ? `it sorts before ${next.path}, which ${next.shippedIn} shipped`
    : `it stands in the folder of ${file.version}, and ${predecessor?.version} was published without it`;
  return [
    refuse('release.late-migration', file.path, {
      message: `${why}; databases that are past it would apply it late`,
      hint: `Move it to the folder of ${version} with a higher number, or list it under \`lateMigrations\` in ${version}.yaml.`,
    }),
  ];
}

function checkSuccessor({ version, successor }: MigrationCheck, file: MigrationFile): readonly Finding[] {
  if (!successor || successor.migrations.some((ref) => keyOf(ref) === keyOf(file))) return [];
  const message = `${successor.version} was published without it: a database that has it from ${version} is ahead of ${successor.version}`;
  const hint = `Publish a release above ${successor.version} that has it too, and set its \`upgradeFrom\` and \`lateMigrations\`.`;
  return [{ code: 'release.not-in-newer', severity: 'warning', message, position: { file: file.path }, hint }];
}

/** A prerelease may carry the migrations of the version that it leads up to. */
function finalOf(version: string): string {
  const parts = parseVersion(version);
  return parts?.isPrerelease ? `${parts.major}.${parts.minor}.${parts.patch}` : version;
}

/** Numbers of the flat layout run through all releases; those in version folders count within their version. */
function sortsBefore(file: MigrationFile, before: MigrationRef): boolean {
  if (file.database !== before.database || file.phase !== before.phase) return false;
  const byVersion = file.version === '' ? 0 : compareVersions(file.version, before.version);
  return (byVersion || file.sequence - before.sequence || (file.path < before.path ? -1 : 1)) < 0;
}

function vanished(before: Shipped): Finding {
  return refuse('release.vanished-migration', before.path, {
    message: `${before.shippedIn} shipped it, and it is no longer there`,
    hint: 'Restore the file; to undo what it does, add a new migration.',
  });
}

function unknownLate(path: string, version: string): Finding {
  return refuse('release.unknown-late', path, {
    message: `${version}.yaml declares it as late, and there is no such migration`,
    hint: 'Name it as it stands below the migrations folder, with forward slashes.',
  });
}

function refuse(code: string, file: string, text: { readonly message: string; readonly hint: string }): Finding {
  return { code, severity: 'error', position: { file }, ...text };
}
