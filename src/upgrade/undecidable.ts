import { OnwardError } from '../model/index.ts';

const CODES: readonly string[] = [
  'upgrade.journal-unwritable',
  'upgrade.lease-unconfirmed',
  'upgrade.lease-lost',
  'deploy.fenced',
  'compose.no-engine',
  'migrate.fenced',
];

/** The journal or the lease cannot be relied on any more, or what runs cannot be seen: nothing may be decided, forward or back, before they are again. */
export function isUndecidable(error: unknown): boolean {
  return error instanceof OnwardError && CODES.includes(error.code);
}
