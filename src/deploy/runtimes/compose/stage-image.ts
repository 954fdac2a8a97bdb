import type { StageRequest } from '../runtime.ts';
import { composeArgv, tryCompose } from './compose-cli.ts';
import { type ComposeContext, findService } from './compose-context.ts';
import { wrongArtifact, wrongConfiguration } from './errors.ts';
import { requireProjectService } from './project.ts';
import { pullImage } from './pull-image.ts';
import { assertWritable, loadOverride, withSection } from './write-override.ts';

/** Fetches the image, and has Compose read the operator's files with it in the place of the old one. Changes nothing but the engine's images. */
export async function stageImage(context: ComposeContext, { service, component }: StageRequest): Promise<void> {
  const { own } = findService(context, service);
  if (component.kind !== 'image') throw wrongArtifact(service, component.kind);
  requireProjectService(await context.project(), own);
  await assertWritable(context);
  await pullImage(context, component);
  const now = (await loadOverride(context))[own];
  const section = { ...now, image: `${component.image}@${component.identity}` };
  await withSection(context, { own, section }, async (files) => {
    const { exitCode, stderr } = await tryCompose(
      context,
      composeArgv(context, { files, args: ['config', '--quiet'] }),
    );
    if (exitCode !== 0) throw wrongConfiguration(service, stderr);
  });
}
