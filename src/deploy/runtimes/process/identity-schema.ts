import * as z from 'zod/mini';

/** `ProcessIdentity` as it is kept in files. */
export const processIdentity = z.strictObject({
  pid: z.int(),
  startTicks: z.string(),
  boot: z.string(),
  namespace: z.string(),
});
