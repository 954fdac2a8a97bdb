import {
  digestRevision,
  loadConfiguration,
  loadRevision,
  locateRevision,
  writeOperatorFile,
} from '../../configuration/index.ts';
import { createPerformer, type RunContext } from '../run-context.ts';
import { type FrozenFile, freezeConfiguration, readFrozen } from './freeze.ts';
import { storeOf } from './observe-configuration.ts';

/** Writes what the release changes into the operator's files. A file that the operator has changed meanwhile is left, and said. */
export async function configure(context: RunContext): Promise<void> {
  const frozen = await freezeConfiguration(context);
  await apply(context, { frozen, step: 'stage', verb: 'configure', turn: ({ before, after }) => [before, after] });
}

/** Gives the operator's files the text of before the run, where they still say what the run has written. */
export async function restoreConfiguration(context: RunContext): Promise<void> {
  const frozen = readFrozen(context.journal.records) ?? {};
  await apply(context, { frozen, step: 'back', verb: 'restore', turn: ({ before, after }) => [after, before] });
}

interface Turn {
  readonly frozen: { readonly [name: string]: FrozenFile };
  readonly step: 'stage' | 'back';
  readonly verb: 'configure' | 'restore';
  /** The revision that must be there, and the one to write. */
  readonly turn: (file: FrozenFile) => readonly [from: FrozenFile['before'], to: FrozenFile['before']];
}

/** Looks at each file first, so that a turn which was cut off anywhere is taken again. */
async function apply(context: RunContext, { frozen, step, verb, turn }: Turn): Promise<void> {
  const { system, installation, journal } = context;
  const store = storeOf(installation);
  const perform = createPerformer(context, step);
  for (const { file, text, editPath } of await loadConfiguration(system, installation.deployment)) {
    const entry = frozen[file.name];
    if (!entry || entry.before === entry.after) continue;
    const [from, to] = turn(entry);
    const now = text === undefined ? undefined : digestRevision(store, file, text);
    if (now === to) continue;
    const kept = locateRevision(store, file, to);
    if (text === undefined || editPath === undefined || now !== from) {
      await journal.append({ step, key: `${verb}:${file.name}:left`, kind: 'note', data: { file: file.path, kept } });
      system.log.emit({ type: 'configuration.left', run: journal.run, step, file: file.path, kept });
      continue;
    }
    const after = await loadRevision(system, store, { file, digest: to });
    await perform(`${verb}:${file.name}`, { file: file.path, from, to }, async (epoch) => {
      await installation.fence.assertCurrent(epoch);
      await writeOperatorFile(system, { editPath, before: text, after });
    });
    const old = locateRevision(store, file, from);
    system.log.emit({ type: `configuration.${verb}d`, run: journal.run, step, file: file.path, kept: old });
  }
}
