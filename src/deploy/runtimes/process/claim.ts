import { join } from 'node:path';
import * as z from 'zod/mini';
import type { ProcessIdentity, System } from '../../../system/index.ts';
import { processIdentity } from './identity-schema.ts';

/**
 * The right to change one instance. Claims are numbered files; only the highest one counts, and it is never removed, so that of
 * several that see a claim whose holder has ended and all want the next number, one gets it, whatever their timing.
 */
export interface Claim {
  readonly generation: number;
  /** `supervisor` answers on the control socket; `tool` is a command that changes an instance which has no supervisor. */
  readonly kind: 'supervisor' | 'tool';
  readonly holder: ProcessIdentity;
  readonly isReleased: boolean;
}

const document = z.strictObject({
  schema: z.literal('onward/instance-claim/v1'),
  kind: z.enum(['supervisor', 'tool']),
  holder: processIdentity,
  isReleased: z.boolean(),
});

const PREFIX = 'claim.';

/** The claim that counts; `undefined` when nobody ever had one. */
export async function loadClaim(system: System, folder: string): Promise<Claim | undefined> {
  for (;;) {
    const generation = (await generations(system, folder)).at(-1);
    if (generation === undefined) return undefined;
    const text = await system.files.readTextIfPresent(pathOf(folder, generation));
    // A higher claim was taken meanwhile, and this one was removed.
    if (text === undefined) continue;
    const { schema: _schema, ...claim } = document.parse(JSON.parse(text));
    return { generation, ...claim };
  }
}

/** Takes the claim with this number for this process. False when somebody has it, or a higher one, already. */
export async function takeClaim(
  system: System,
  folder: string,
  wanted: { readonly generation: number; readonly kind: Claim['kind'] },
): Promise<boolean> {
  const path = pathOf(folder, wanted.generation);
  if (!(await system.files.createOnce(path, encode(system, wanted.kind, { isReleased: false })))) return false;
  const all = await generations(system, folder);
  // A claim was removed because a higher one exists; whoever takes the removed number comes too late.
  if (all.at(-1) !== wanted.generation) {
    await system.files.remove(path);
    return false;
  }
  for (const older of all.slice(0, -1)) await system.files.remove(pathOf(folder, older));
  return true;
}

/** Gives a claim of this process up before the process ends. */
export async function releaseClaim(
  system: System,
  folder: string,
  claim: Pick<Claim, 'generation' | 'kind'>,
): Promise<void> {
  await system.files.writeAtomic(pathOf(folder, claim.generation), encode(system, claim.kind, { isReleased: true }));
}

/** Whether somebody holds the claim now. `unknown`: its holder lives where it cannot be seen from here. */
export function claimState(system: System, claim: Claim | undefined): 'held' | 'free' | 'unknown' {
  if (!claim || claim.isReleased) return 'free';
  const state = system.processes.state(claim.holder);
  return state === 'alive' ? 'held' : state === 'dead' ? 'free' : 'unknown';
}

function encode(system: System, kind: Claim['kind'], { isReleased }: Pick<Claim, 'isReleased'>): string {
  const holder = system.processes.self();
  return `${JSON.stringify({ schema: 'onward/instance-claim/v1', kind, holder, isReleased })}\n`;
}

async function generations(system: System, folder: string): Promise<readonly number[]> {
  const names = await system.files.names(folder);
  return names
    .filter((name) => /^claim\.\d+$/.test(name))
    .map((name) => Number(name.slice(PREFIX.length)))
    .sort((a, b) => a - b);
}

function pathOf(folder: string, generation: number): string {
  return join(folder, `${PREFIX}${generation}`);
}
