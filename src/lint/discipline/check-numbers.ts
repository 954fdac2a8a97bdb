import type { LintFinding } from '../finding.ts';
import { fileFinding } from '../layouts/findings.ts';
import { type NumberedFile, seriesOf } from './series.ts';
import { isRepeatable } from './shipped.ts';

/**
 * Numbers that are taken twice, new files that sort before a shipped one, and new files of a version that has shipped. A gap is fine.
 * `files` are marked as shipped already, and hold the shipped ones
 * that were not read as well.
 */
export function checkNumbers(files: readonly NumberedFile[]): readonly LintFinding[] {
  const series = new Map<string, NumberedFile[]>();
  for (const file of files) {
    const key = seriesOf(file);
    const members = series.get(key);
    if (members) members.push(file);
    else series.set(key, [file]);
  }
  return [...series.values()].flatMap((members) => [...checkDuplicates(members), ...checkOrder(members)]);
}

function checkDuplicates(files: readonly NumberedFile[]): readonly LintFinding[] {
  const first = new Map<string, NumberedFile>();
  const findings: LintFinding[] = [];
  // What has shipped was there first.
  for (const file of [...files].sort((a, b) => Number(b.isShipped) - Number(a.isShipped))) {
    const other = first.get(file.order);
    if (other) findings.push(duplicate(file, other));
    else first.set(file.order, file);
  }
  return findings;
}

function checkOrder(files: readonly NumberedFile[]): readonly LintFinding[] {
  const shipped = files.filter(({ isShipped, layout }) => isShipped && layout !== 'plain');
  const releases = new Set(shipped.map(({ release }) => release).filter((release) => release !== ''));
  let last: NumberedFile | undefined;
  for (const file of shipped) if (!isRepeatable(file) && (!last || file.order > last.order)) last = file;
  const newest = last;
  if (!newest) return [];
  return files
    .filter((file) => !file.isShipped && !isRepeatable(file))
    .flatMap((file) => {
      if (releases.has(file.release)) return [inShippedVersion(file)];
      return file.order < newest.order ? [outOfOrder(file, newest)] : [];
    });
}

function duplicate(file: NumberedFile, other: NumberedFile): LintFinding {
  return fileFinding(file.path, {
    rule: 'duplicate-number',
    class: 'discipline',
    message: `its number ${numberOf(file)} is taken by ${other.path}: which of them runs first is left to chance, and many tools run only one`,
    help: 'Give one of them the next free number.',
  });
}

function outOfOrder(file: NumberedFile, newest: NumberedFile): LintFinding {
  return fileFinding(file.path, {
    rule: 'out-of-order',
    class: 'discipline',
    message: `it sorts before ${newest.path}, which has shipped: databases that have that one would run it late or never`,
    help: `Give it a number behind ${numberOf(newest)}${newest.release === '' ? '' : `, in a version behind ${newest.release}`}.`,
  });
}

function inShippedVersion(file: NumberedFile): LintFinding {
  return fileFinding(file.path, {
    rule: 'shipped-version',
    class: 'discipline',
    message: `${file.release} has shipped without it: databases that are on ${file.release} would lack it`,
    help: 'Move it to the folder of the next version.',
  });
}

function numberOf({ path, layout, order }: NumberedFile): string {
  const parts = path.split('/');
  const name = parts.at(layout === 'prisma' || layout === 'diesel' ? -2 : -1) ?? '';
  return /\d+(?:[._-]\d+)*/.exec(name)?.[0] ?? order;
}
