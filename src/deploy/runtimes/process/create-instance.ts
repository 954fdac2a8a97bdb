import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { specConflict, unusableSpec } from '../errors.ts';
import type { InstanceSpec } from '../runtime.ts';
import { instancesFolder, locateInstance, pathsOf } from './instance-folder.ts';
import { encodeSpec } from './instance-spec.ts';
import { loadInstanceToChange } from './load-instance.ts';
import type { ProcessContext } from './process-context.ts';

/** Writes the specification into a folder that appears whole or not at all. */
export async function createInstance({ system, stateDirectory }: ProcessContext, spec: InstanceSpec): Promise<void> {
  const text = encode(spec);
  const existing = await locateInstance(system, stateDirectory, spec.id);
  if (existing !== undefined) return assertSame(existing);
  const folder = join(instancesFolder(stateDirectory), spec.service, spec.id);
  const temporary = system.files.temporaryBeside(join(dirname(folder), `.creating-${spec.id}`));
  await system.files.makeFolder(temporary, 0o700);
  try {
    await system.files.writeAtomic(pathsOf(temporary).spec, text);
    await system.files.rename(temporary, folder);
  } catch (error) {
    await system.files.remove(temporary);
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    await assertSame(folder);
  }

  async function assertSame(found: string): Promise<void> {
    const { spec: earlier } = await loadInstanceToChange(system, found);
    if (encodeSpec(earlier) !== text) throw specConflict(spec.id);
  }
}

function encode(spec: InstanceSpec): string {
  try {
    return encodeSpec(spec);
  } catch (error) {
    if (!(error instanceof z.core.$ZodError)) throw error;
    throw unusableSpec(spec.id, error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join(', '));
  }
}
