import { stageArtifact } from '../../deploy/index.ts';
import { configure } from '../configuration/apply-revision.ts';
import { createPerformer, type RunContext } from '../run-context.ts';

/**
 * Fetches every artifact that is going to run, by identity, and verifies the copy; then makes the release's changes to the configuration files,
 * which only the new instances see. A failure here leaves cached folders, and files that the end of the run takes back.
 */
export async function runStage(context: RunContext): Promise<void> {
  const { system, installation } = context;
  const perform = createPerformer(context, 'stage');
  const identities = new Set(context.before.rolls.map((roll) => roll.identity));
  for (const identity of identities) {
    context.signal.throwIfAborted();
    await perform(`stage:${identity}`, { identity }, async () => {
      await stageArtifact(system, {
        from: installation.source.artifactFolder(identity),
        identity,
        stateDirectory: installation.deployment.stateDirectory,
      });
    });
  }
  await configure(context);
}
