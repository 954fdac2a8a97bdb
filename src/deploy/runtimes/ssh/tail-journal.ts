import { findInstance } from './find-instance.ts';
import { TAIL } from './scripts/tail.ts';
import { baseVariables, configOf, type SshContext } from './ssh-context.ts';

/** The last lines that an instance's processes wrote, as the journal of its host has them, with known secrets redacted. */
export async function tailJournal(context: SshContext, id: string, lines: number): Promise<readonly string[]> {
  const place = await findInstance(context, id);
  if (!place || lines <= 0) return [];
  const { unit } = configOf(context, place.service);
  const script = {
    action: `read what ${id} wrote`,
    variables: { ...baseVariables(context), ID: id, UNIT: unit, LINES: lines },
    text: TAIL,
  };
  const { stdout } = await context.connections.run(place.host, script, { patience: 'none' });
  const all = context.system.redaction.apply(stdout).split('\n');
  if (all.at(-1) === '') all.pop();
  return all.slice(-lines);
}
