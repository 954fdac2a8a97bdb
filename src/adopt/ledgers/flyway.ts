import { crc32 } from 'node:zlib';
import { compareVersions, type Finding, isVersion, type MigrationRef } from '../../model/index.ts';
import {
  type ForeignEntry,
  type ForeignFile,
  hasColumns,
  type LedgerLine,
  type LedgerTool,
  lockOf,
  quoteTable,
  safeName,
  textOf,
} from './ledger-tool.ts';

const TEXT = ['character varying'];

/**
 * Flyway's schema history: a row for every run of a script, by rank. A repeatable script has no version, and its last row counts; an undo,
 * and a deletion, take a version back. A baseline row says that everything up to its version was there before Flyway.
 */
export const flyway: LedgerTool = {
  name: 'flyway',
  title: 'Flyway',
  tables: ['flyway_schema_history'],
  // The letters of its name, and a hash of its table's.
  lock: lockOf('77429560795513', '77433855762808'),
  fits: (table) =>
    hasColumns(table, {
      installed_rank: ['integer'],
      version: TEXT,
      description: TEXT,
      type: TEXT,
      script: TEXT,
      checksum: ['integer'],
      installed_by: TEXT,
      installed_on: ['timestamp without time zone'],
      execution_time: ['integer'],
      success: ['boolean'],
    }),
  query: (table) => `
    select pg_catalog.to_jsonb(t) || pg_catalog.jsonb_build_object(
             'installed_on', pg_catalog.timezone(pg_catalog.current_setting('TimeZone'), t.installed_on)) as line
    from ${quoteTable(table)} t order by t.installed_rank`,
  accepts: () => true,
  read: (lines) => {
    const entries = new Map<string, ForeignEntry>();
    const findings: Finding[] = [];
    let baseline: string | undefined;
    for (const line of lines) {
      const key = keyOfLine(line);
      const type = textOf(line, 'type');
      if (line.success !== true) findings.push(failed(line));
      else if (type === 'SCHEMA') continue;
      // Before version 3 it was called `INIT`.
      else if (type === 'BASELINE' || type === 'INIT') baseline = textOf(line, 'version');
      else {
        entries.delete(key);
        if (type !== 'DELETE' && !type.startsWith('UNDO')) entries.set(key, toEntry(key, line));
      }
    }
    const bornWith = baseline === undefined ? {} : { bornWith: readBaseline(baseline) };
    return { entries: [...entries.values()], ...bornWith, findings };
  },
  keyOf: (file) => (file.path.includes('/') ? undefined : String(file.sequence)),
  nameOf: ({ line }) => safeName(textOf(line, 'description')),
  placeFile,
  placeholders: /\$\{[\w.:-]+\}/,
  checksumsOf: ({ text }) => {
    const lines = text.split(/\r\n|\r|\n/);
    // Since version 4 without the ends of lines; some versions before and after it counted them.
    return [lines.join(''), text, lines.join('\n')].map((one) => String(crc32(Buffer.from(one)) | 0));
  },
};

function toEntry(key: string, line: LedgerLine): ForeignEntry {
  const checksum = textOf(line, 'checksum');
  return {
    key,
    label: textOf(line, 'script'),
    ...(checksum === '' ? {} : { checksum }),
    appliedAt: textOf(line, 'installed_on'),
    durationMs: Number(textOf(line, 'execution_time')),
    line,
  };
}

function keyOfLine(line: LedgerLine): string {
  const version = textOf(line, 'version');
  return version === '' ? `repeatable ${textOf(line, 'description')}` : plainVersion(version);
}

/** `01.2.0` and `1.2` are the same version to Flyway. */
function plainVersion(version: string): string {
  const parts = version
    .replaceAll('_', '.')
    .split('.')
    .map((part) => part.replace(/^0+(?=.)/, ''));
  while (parts.length > 1 && parts.at(-1) === '0') parts.pop();
  return parts.join('.');
}

/** `V1.2__add_x.sql`, `B5__squashed.sql`, `R__views.sql`, in any folder; `U1.2__…` is the way back. */
function placeFile(path: string): ForeignFile | 'ignored' | undefined {
  const [, prefix, version = '', name = ''] = /^([VBUR])([\d._]*)__(.+)\.sql$/.exec(path.split('/').at(-1) ?? '') ?? [];
  if (prefix === undefined || (prefix === 'R') !== (version === '')) return undefined;
  if (prefix === 'U') return 'ignored';
  const kind = prefix === 'B' ? 'baseline' : prefix === 'R' ? 'repeatable' : 'versioned';
  return { kind, version: version === '' ? [] : plainVersion(version).split('.'), name: safeName(name) };
}

function readBaseline(version: string) {
  const plain = plainVersion(version);
  return {
    label: `everything up to its baseline version ${version}`,
    includes: (file: MigrationRef): boolean | undefined => {
      if (!file.path.includes('/')) return /^\d+$/.test(plain) ? file.sequence <= Number(plain) : undefined;
      return isVersion(version) && file.version !== '' ? compareVersions(file.version, version) <= 0 : undefined;
    },
  };
}

function failed(line: LedgerLine): Finding {
  return {
    code: 'adopt.failed',
    severity: 'error',
    message: `Flyway says that ${textOf(line, 'script')} failed`,
    hint: 'Mend the schema, take the failed row away with "flyway repair", then run the same command again.',
  };
}
