import { type Json, OnwardError } from '../../../model/index.ts';
import { DESCRIBE_UNIT } from './scripts/describe-unit.ts';
import { baseVariables, configOf, type SshContext } from './ssh-context.ts';

const LOOK_LIMIT_MS = 10_000;

/**
 * The operator's unit file and drop-ins, as the first host of the service that answers has them. `observe` says when they differ from host to
 * host, and when a host does not answer.
 */
export async function describeUnit(context: SshContext, service: string): Promise<Json | undefined> {
  for (const host of configOf(context, service).hosts) {
    const text = await readUnit(context, { host, service });
    if (text !== undefined) return { unit: text };
  }
  return undefined;
}

/** Empty when the host has no such unit; `undefined` when it cannot be told. */
export async function readUnit(
  context: SshContext,
  { host, service }: { readonly host: string; readonly service: string },
): Promise<string | undefined> {
  const { unit } = configOf(context, service);
  const variables = { ...baseVariables(context), UNIT: unit };
  const script = { action: `read ${unit}`, variables, text: DESCRIBE_UNIT };
  try {
    const { stdout } = await context.connections.run(host, script, { limitMs: LOOK_LIMIT_MS, patience: 'none' });
    return stdout;
  } catch (error) {
    if (error instanceof OnwardError) return undefined;
    throw error;
  }
}
