import { ExitCode, OnwardError } from '../model/index.ts';

/** All of them leave every batch before as it is. */
function refusal(code: string, message: string, hint: string): OnwardError {
  return new OnwardError({ code, message, hint, state: 'resumable', exit: ExitCode.findings });
}

export function wrongDefinition(id: string, what: string): OnwardError {
  return refusal(
    'service.wrong-definition',
    `Could not define data migration ${id}: ${what}.`,
    'Correct its definition in the service.',
  );
}

export function wrongArguments(what: string): OnwardError {
  return refusal(
    'service.wrong-arguments',
    `Could not tell what to do: ${what}.`,
    'Say list, or one of status, run, verify, pause and resume with the id of a data migration.',
  );
}

export function unknownId(id: string, known: readonly string[]): OnwardError {
  return refusal(
    'service.unknown-id',
    `Could not find data migration ${id}: this service has ${known.length === 0 ? 'none' : known.join(', ')}.`,
    'Name one that "list" shows.',
  );
}

export function notOnward(id: string, missing: readonly string[]): OnwardError {
  return refusal(
    'service.not-onward',
    `Could not run data migration ${id}: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set, so nothing fences it.`,
    `Run "onward data-migrate run ${id}", which sets what a run needs.`,
  );
}

export function otherDatabase(id: string, named: string, asked: string): OnwardError {
  return refusal(
    'service.other-database',
    `Could not run data migration ${id}: the release says that it is of database ${asked}, and the service that it is of ${named}.`,
    'Name the same database in both.',
  );
}

export function missingRight(role: string, missing: readonly string[]): OnwardError {
  const name = `"${role.replaceAll('"', '""')}"`;
  const grants = missing.map((right) => `GRANT ${right} TO ${name};`).join(' ');
  return refusal(
    'service.missing-right',
    `Could not use the ledger: role ${role} of this service lacks ${missing.length} of the rights that it needs.`,
    `Run as the owner of the ledger: ${grants}`,
  );
}

export function noLedger(): OnwardError {
  return refusal(
    'service.no-ledger',
    'Could not use the ledger: this database has no schema "onward" with its tables.',
    'Run "onward upgrade", or connect to the database that the release names.',
  );
}

export function staleEpoch(id: string, epoch: number): OnwardError {
  return refusal(
    'service.fenced',
    `Could not go on with data migration ${id}: epoch ${epoch} is stale, another run has taken over. Every batch before is kept.`,
    'Run "onward status" to see what the other run does.',
  );
}

export function takenOver(id: string): OnwardError {
  return refusal(
    'service.taken-over',
    `Could not go on with data migration ${id}: its row in this database belongs to another worker. Every batch before is kept.`,
    `Run "onward data-migrate status ${id}" to see how far it is.`,
  );
}

export function noKey(id: string, table: string, key: readonly string[]): OnwardError {
  return refusal(
    'service.no-key',
    `Could not run data migration ${id}: there is no table ${table} with a valid unique index on exactly (${key.join(', ')}) whose columns are all not null.`,
    `Name the columns of the primary key of ${table} in the service.`,
  );
}

export function noCount(id: string): OnwardError {
  return refusal(
    'service.no-count',
    `Could not verify data migration ${id}: its verification gives something else than one count.`,
    'Have it count the rows in the old shape.',
  );
}
