import { ExitCode, type Finding, OnwardError, renderFinding } from '../model/index.ts';
import type { FoundLedger } from './ledgers/find-ledgers.ts';
import type { LedgerTable } from './ledgers/ledger-tool.ts';
import { LEDGER_TOOLS } from './ledgers/tools.ts';

export function noLedger(database: string, strangers: readonly LedgerTable[]): OnwardError {
  const titles = LEDGER_TOOLS.map(({ title }) => title).join(', ');
  const seen = strangers.map(
    ({ schema, name, columns }) =>
      `${schema}.${name} is called like a ledger and has other columns or rows: ${[...columns].map(([column, type]) => `${column} ${type}`).join(', ')}`,
  );
  return new OnwardError({
    code: 'adopt.no-ledger',
    message: `Could not find a ledger of another migration tool in database ${database}: no table is certainly that of ${titles}.`,
    hint: 'Name the table and its tool, --table <schema.table> --ledger <tool>; or, without any ledger, the file that the schema was made from: --baseline <file>, and --leave-out <schema.table> for a table that is not of the product.',
    state: 'unchanged',
    exit: ExitCode.findings,
    ...(seen.length === 0 ? {} : { detail: seen.join('\n') }),
  });
}

export function severalLedgers(database: string, found: readonly FoundLedger[]): OnwardError {
  const lines = found.map(
    ({ tool, table }) =>
      `${table.schema}.${table.name}: ${tool.title}, --ledger ${tool.name} --table ${table.schema}.${table.name}`,
  );
  return new OnwardError({
    code: 'adopt.several-ledgers',
    message: `Could not tell which ledger of database ${database} is the product's: there are ${found.length}.`,
    hint: 'Say which one, with --ledger and --table as shown.',
    state: 'unchanged',
    exit: ExitCode.findings,
    detail: lines.join('\n'),
  });
}

export function refusedLedger(source: string, findings: readonly Finding[]): OnwardError {
  const errors = findings.filter(({ severity }) => severity === 'error');
  return new OnwardError({
    code: 'adopt.refused',
    message: `Could not take over ${source}: ${errors.length === 1 ? 'one thing is' : `${errors.length} things are`} in the way.`,
    hint: 'Mend what is listed, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.findings,
    findings,
    detail: errors.map(renderFinding).join('\n'),
  });
}

export function schemaDiffers(
  database: string,
  { files, difference }: { readonly files: number; readonly difference: string },
): OnwardError {
  return new OnwardError({
    code: 'adopt.schema-differs',
    message: `Could not take over the ledger of database ${database}: its schema is not what ${files === 1 ? 'the file makes' : `the ${files} files make`} of an empty database.`,
    hint: 'Bring the two together (+ only the database has it, - only the files make it), then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.findings,
    detail: difference,
  });
}

/** A file that the server refuses, as the error of whoever built it tells. */
export function unbuildableFiles({ message, hint, detail, cause }: OnwardError): OnwardError {
  const isForOther = hint?.includes('--on') === true;
  return new OnwardError({
    code: 'adopt.unbuildable-files',
    message: message.replace('Could not make the schema:', 'Could not prove the schema, which the files do not make:'),
    hint: isForOther
      ? hint
      : 'Bring the file back as it was applied; or name a squashed one that runs on an empty database, with --baseline.',
    state: 'unchanged',
    exit: ExitCode.findings,
    ...(detail === undefined ? {} : { detail }),
    cause,
  });
}

export function changedMeanwhile(source: string): OnwardError {
  return new OnwardError({
    code: 'adopt.changed-meanwhile',
    message: `Could not take over ${source}: it changed after it was read.`,
    hint: 'Stop the tool that it belongs to, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function toolAtWork(source: string, who: string): OnwardError {
  return new OnwardError({
    code: 'adopt.tool-at-work',
    message: `Could not take over ${source}: ${who} is writing to it.`,
    hint: 'Wait until the tool that it belongs to is done, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function unreadableLedger(source: string, says: string): OnwardError {
  return new OnwardError({
    code: 'adopt.unreadable-ledger',
    message: `Could not read ${source}: the server says "${says}".`,
    hint: `Grant the role what it lacks, such as with "grant select on ${source} to <role>", then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function unknownBaseline(wanted: string, paths: readonly string[]): OnwardError {
  const some = paths.slice(0, 5).join(', ');
  return new OnwardError({
    code: 'adopt.unknown-baseline',
    message: `Could not use ${wanted} as the baseline: it is neither a version nor one of the files (${some}${paths.length > 5 ? ', …' : ''}).`,
    hint: 'Name a file as it stands below the folder of migrations, or the version up to which the schema was born.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function severalDatabases(names: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'adopt.several-databases',
    message: `Could not tell which ledger to take over: onward.yaml has the databases ${names.join(', ')}.`,
    hint: 'Say which one with --database; take over one after the other.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function unknownDatabase(name: string, names: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'adopt.unknown-database',
    message: `Could not take over a ledger in ${name}: onward.yaml has no such database (it has ${names.join(', ')}).`,
    hint: 'Name one of these databases with --database.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function nothingToConvert(title: string, folder: string): OnwardError {
  return new OnwardError({
    code: 'adopt.nothing-to-convert',
    message: `Could not find migrations of ${title} in ${folder}: no file has a name that it gives to one.`,
    hint: 'Name the right folder with --source, and the right tool with --from.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function unusableFolder(folder: string, findings: readonly Finding[]): OnwardError {
  const errors = findings.filter(({ severity }) => severity === 'error');
  return new OnwardError({
    code: 'adopt.unusable-folder',
    message: `Could not convert ${folder}: ${errors.length === 1 ? 'one file stands' : `${errors.length} files stand`} in the way, and none was written.`,
    hint: 'Mend what is listed, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.usage,
    findings,
    detail: errors.map(renderFinding).join('\n'),
  });
}

export function folderTaken(folder: string): OnwardError {
  return new OnwardError({
    code: 'adopt.folder-taken',
    message: `Could not write into ${folder}: there is something already.`,
    hint: 'Name a new folder with --to.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

/** The folder that was named is another tool's. */
export function foreignLayout(
  title: string,
  { tool, folder }: { readonly tool: string; readonly folder: string },
): OnwardError {
  return new OnwardError({
    code: 'adopt.foreign-layout',
    message: `Could not read ${folder}: it is laid out as ${title} does it, and Onward has another layout.`,
    hint: `Run: onward adopt files --from ${tool} --source ${folder} --to <new folder>`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}
