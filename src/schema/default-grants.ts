import type { Grant } from './grant.ts';

/** What everyone may do with objects whose privileges were never touched. */
export const EVERYONE = {
  type: { grantee: 'PUBLIC', privileges: ['USAGE'], grantable: [] },
  routine: { grantee: 'PUBLIC', privileges: ['EXECUTE'], grantable: [] },
} as const satisfies { readonly [kind: string]: Grant };
